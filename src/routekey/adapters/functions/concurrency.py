"""How many calls a function's environment takes at once, as its variables say.

awslambdaric starts so many workers where `AWS_LAMBDA_MAX_CONCURRENCY` is set, and each of them asks
for events by itself; programs for custom runtimes may read it too. Source: LAM-ENV-09, LAM-ENV-10.
"""

from typing import Final

from routekey.adapters.functions.interpreters import Choice
from routekey.resources.function import Function

_VARIABLE: Final = "AWS_LAMBDA_MAX_CONCURRENCY"
CONCURRENCY_MAX: Final = 64
"""Each is a process of its own in Python; what needs more has environments for it."""


def read_concurrency(function: Function, choice: Choice | None) -> int:
    """Tell how many calls an environment takes at once; 1 where nothing valid is said."""
    text = function.environment.get(_VARIABLE)
    is_refused = bool(find_refused_concurrency(function, choice))
    return 1 if text is None or is_refused else int(text)


def find_refused_concurrency(function: Function, choice: Choice | None) -> str:
    """Say why what is asked for has no effect; empty where it has, or nothing is asked for."""
    text = function.environment.get(_VARIABLE)
    if text is None:
        return ""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= CONCURRENCY_MAX):
        return f"{_VARIABLE} is {text!r}, and no number from 1 to {CONCURRENCY_MAX}: it is ignored"
    if choice is not None and choice.interpreter.language == "nodejs":
        return f"{_VARIABLE} is ignored: Node functions take one call at a time here"
    return ""
