"""docs/reference/errors.md: every error of errors.py, and what it looks like outside."""

import inspect
from collections.abc import Iterator
from typing import TypeVar

from reference.markdown import page, table
from routekey import errors
from routekey.errors import AwsException, FunctionInvokeError, GatewayResponse, InputError

Family = TypeVar("Family", bound=Exception)

_AWS = """\
## Answers of AWS's APIs

`@connections` and the admin APIs answer with these, in the header `x-amzn-ErrorType`, as AWS does.
"""
_GATEWAY = """\
## What the gateway says to a WebSocket client

On a handshake it is an HTTP answer, on a message an error frame.
An error never closes a connection.
"""
_FUNCTION = """\
## When a function cannot be called

The client sees `Internal server error`; the reason stands in the log.
"""
_INPUT = """\
## When something that you gave us is wrong

`routekey` prints one line that names the file, the line, the resource and the remedy.
It ends with exit code 2.
"""


def render() -> str:
    """Render the page."""
    aws = [[f"`{cls.__name__}`", str(cls.status), _meaning(cls)] for cls in _heirs(AwsException)]
    gateway = [
        [f"`{cls.response_type}`", _status(cls), _meaning(cls)] for cls in _heirs(GatewayResponse)
    ]
    return page(
        "Errors",
        "src/routekey/errors.py",
        _AWS,
        table(["error", "status", "when"], aws),
        _GATEWAY,
        table(["response type", "status", "when"], gateway),
        _FUNCTION,
        table(["error", "when"], _names_and_meanings(FunctionInvokeError)),
        _INPUT,
        table(["error", "what is wrong"], _names_and_meanings(InputError)),
    )


def names() -> list[str]:
    """Name every error class, as a reader would look for it."""
    families = (AwsException, GatewayResponse, FunctionInvokeError, InputError)
    return [
        cls.response_type if issubclass(cls, GatewayResponse) else cls.__name__
        for family in families
        for cls in _heirs(family)
    ]


def _heirs(family: type[Family]) -> Iterator[type[Family]]:
    for _, cls in inspect.getmembers(errors, inspect.isclass):
        if issubclass(cls, family) and cls is not family:
            yield cls


def _names_and_meanings(family: type[Exception]) -> list[list[str]]:
    return [[f"`{cls.__name__}`", _meaning(cls)] for cls in _heirs(family)]


def _status(response: type[GatewayResponse]) -> str:
    return str(getattr(response, "status", "500, 502 or 504, by the cause"))


def _meaning(cls: type[Exception]) -> str:
    return (cls.__doc__ or "").partition("\n")[0]
