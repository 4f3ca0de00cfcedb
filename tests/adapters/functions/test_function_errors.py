"""docs/reference/function-errors.md: each row of its first table is provoked, and holds."""

import re
from pathlib import Path
from typing import Final

import pytest

from adapters.functions.laboratory import Lab
from routekey.resources.function import Function

_PAGE: Final = Path(__file__).parents[3] / "docs/reference/function-errors.md"
_PYTHON: Final = {
    "The process ended with status 0": ("import os; os._exit(0)", "app.handler"),
    "The process ended with another status": ("import os; os._exit(3)", "app.handler"),
    "A signal ended the process, as when it takes too much memory": (
        "import os; os.kill(os.getpid(), 9)",
        "app.handler",
    ),
    "The function used up its time": ("while True: pass", "app.handler"),
    "The result is over 6 MB": ("return 'x' * 7_000_000", "app.handler"),
    "Python: the handler raised": ("raise ValueError('bad thing')", "app.handler"),
    "Python: the result is not JSON": ("return {1}", "app.handler"),
    "Python: the module has no such function": ("pass", "app.nope"),
    "Python: the handler has no dot": ("pass", "app"),
}
_PYTHON_MODULES: Final = {
    "Python: the module does not import": "import nomod",
    "Python: the module does not parse": "def",
}
_NODE: Final = {
    "Node: the handler threw an error": (
        "exports.handler = async () => { throw new TypeError('bad') }"
    ),
    "Node: the handler threw a text": "exports.handler = async () => { throw 'the text' }",
    "Node: the result cannot be written as JSON": "exports.handler = async () => 1n",
    "Node: a promise was rejected, and nobody caught it": (
        "exports.handler = () => { Promise.reject(new Error('its reason')) }"
    ),
    "Node: the module does not import": "require('nomod')",
    "Node: the module does not parse": "}",
    "Node: the module has no such function": "exports.other = 1",
    "Node: the handler has no dot": "exports.handler = 1",
}
_NODE_HANDLERS: Final = {
    "Node: the module has no such function": "app.nope",
    "Node: the handler has no dot": "app",
}
_ELSEWHERE: Final = {
    "No process could be started": "test_environment.py",
    "Python: the event is not JSON": "test_environment.py",
}
_OWN_WORDS: Final = {
    "Python: the handler raised": ("ValueError", "bad thing"),
    "Node: the handler threw an error": ("TypeError", "bad"),
    "Node: the handler threw a text": ("string", "the text"),
    "Node: a promise was rejected, and nobody caught it": (
        "Runtime.UnhandledPromiseRejection",
        "Error: its reason",
    ),
}
"""Where the page describes the words, and does not quote them."""


def rows() -> dict[str, tuple[str, str]]:
    table = _PAGE.read_text("utf-8").split("## What Lambda answers")[1].split("\n\n")[1]
    cells = [row.strip("| ").split(" | ") for row in table.splitlines()[2:]]
    return {what: (kind, text) for what, kind, text in cells}


def write_function(lab: Lab, what: str) -> Function:
    if what in _NODE:
        return lab.node(_NODE[what], handler=_NODE_HANDLERS.get(what, "app.handler"))
    if what in _PYTHON_MODULES:
        return lab.python(_PYTHON_MODULES[what])
    statement, handler = _PYTHON[what]
    source = f"def handler(event, context):\n    {statement}"
    return lab.python(source, handler=handler, timeout=1 if "time" in what else 20)


def test_every_row_is_provoked_by_a_test() -> None:
    provoked = _PYTHON.keys() | _PYTHON_MODULES.keys() | _NODE.keys() | _ELSEWHERE.keys()
    assert rows().keys() == provoked


@pytest.mark.parametrize("what", [*_PYTHON, *_PYTHON_MODULES, *_NODE])
async def test_a_failure_is_told_as_the_page_says(lab: Lab, what: str) -> None:
    await lab.serve(write_function(lab, what))
    error = await lab.fail()
    if what in _OWN_WORDS:
        assert (error["errorType"], error["errorMessage"]) == _OWN_WORDS[what]
        return
    kind, text = rows()[what]
    assert f"`{error['errorType']}`" == kind
    quoted = re.fullmatch(r"`([^`]+)`(.*)", text)
    assert quoted is not None
    pattern = re.escape(quoted[1]).replace("ID", r"[0-9a-f-]{36}")
    match = re.match if quoted[2] else re.fullmatch
    assert match(pattern, error["errorMessage"]), error["errorMessage"]
