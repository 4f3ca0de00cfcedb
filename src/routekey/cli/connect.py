"""`routekey connect URL`: a small WebSocket client, by hand or in a pipe."""

import re
from typing import Annotated, Final

import typer

from routekey.errors import InputError

EXAMPLES: Final = """\b
Examples:
  routekey connect ws://127.0.0.1:8080/dev
  routekey connect ws://127.0.0.1:8080/dev -H 'Authorization: secret'
  echo '{"action":"hello"}' | routekey connect ws://127.0.0.1:8080/dev"""

_TOKEN: Final = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")


def connect_verb(
    url: Annotated[str, typer.Argument(help="ws:// or wss://, as `routekey run` prints it.")],
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header", "-H", metavar="'NAME: VALUE'", help="For the handshake. Repeatable."
        ),
    ] = None,
    subprotocol: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="For Sec-WebSocket-Protocol. Repeatable."),
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for answers when the input has ended.")
    ] = 2.0,
) -> None:
    """Talk to a WebSocket API: each line of input is a message.

    On a terminal, what comes is shown above the line that you type. In a pipe, each line that goes
    in is a message, and each message that comes is a line that goes out.
    """
    from routekey.cli.client import talk  # noqa: PLC0415  # the other verbs need no client

    headers = [_parse_header(text) for text in header or ()]
    subprotocols = [_parse_subprotocol(text) for text in subprotocol or ()]
    code = talk(url, headers=headers, subprotocols=subprotocols, wait_seconds=wait)
    raise typer.Exit(code)


def _parse_header(text: str) -> tuple[str, str]:
    name, _, value = (part.strip() for part in text.partition(":"))
    if ":" not in text or not _TOKEN.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
        raise InputError(
            f"{text!r} is no header", remedy="Write it as 'Name: value', in ASCII and one line."
        )
    return name, value


def _parse_subprotocol(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise InputError(
            f"{text!r} is no subprotocol",
            remedy="It is one word; repeat --subprotocol for further ones.",
        )
    return text
