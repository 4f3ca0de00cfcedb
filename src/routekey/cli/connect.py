"""`routekey connect URL`: a small WebSocket client, by hand or in a pipe."""

from typing import Annotated, Final

import typer

from routekey.errors import InputError

EXAMPLES: Final = """\b
Examples:
  routekey connect ws://127.0.0.1:8080/dev
  routekey connect ws://127.0.0.1:8080/dev -H 'Authorization: secret'
  echo '{"action":"hello"}' | routekey connect ws://127.0.0.1:8080/dev"""


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
    code = talk(url, headers=headers, subprotocols=subprotocol or [], wait_seconds=wait)
    raise typer.Exit(code)


def _parse_header(text: str) -> tuple[str, str]:
    name, separator, value = text.partition(":")
    if not separator or not name.strip():
        raise InputError(f"{text!r} is no header", remedy="Write it as 'Name: value'.")
    return name.strip(), value.strip()
