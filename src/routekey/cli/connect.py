"""`routekey connect URL`: a small WebSocket client, by hand or in a pipe.

On a terminal each line typed is a message, and what comes is shown above the line being typed. In a
pipe, lines go out as messages and messages come out as lines, so it fits into scripts:

    echo '{"action":"echoMessage","message":"hello"}' | routekey connect ws://127.0.0.1:8080/dev
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Final

import typer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
)
from websockets.typing import Subprotocol

from routekey.adapters.console import make_visible
from routekey.errors import InputError
from routekey.tasks import spawn

_LINES_AHEAD: Final = 100
"""Lines read from a pipe before the connection has taken them; then the pipe waits."""
_MESSAGE_BYTES_MAX: Final = 16 * 1024 * 1024
"""What we take from a server; this gateway sends 128 KiB at most, others may send more."""


def connect_verb(
    url: Annotated[str, typer.Argument(help="ws:// or wss://, as `routekey run` prints it.")],
    header: Annotated[
        list[str] | None,
        typer.Option("--header", "-H", help="'Name: value', for the handshake. Repeatable."),
    ] = None,
    subprotocol: Annotated[
        list[str] | None, typer.Option(help="For Sec-WebSocket-Protocol. Repeatable.")
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for answers when the input has ended.")
    ] = 2.0,
) -> None:
    r"""Talk to a WebSocket API: each line of input is a message.

    \b
    Examples:
      routekey connect ws://127.0.0.1:8080/dev
      routekey connect ws://127.0.0.1:8080/dev -H 'Authorization: secret'
      echo '{"action":"hello"}' | routekey connect ws://127.0.0.1:8080/dev
    """
    headers = [_parse_header(text) for text in header or ()]
    subprotocols = [Subprotocol(name) for name in subprotocol or ()]
    try:
        code = asyncio.run(_talk(url, headers, subprotocols, wait))
    except KeyboardInterrupt:
        code = 0
    raise typer.Exit(code)


async def _talk(
    url: str, headers: list[tuple[str, str]], subprotocols: list[Subprotocol], wait: float
) -> int:
    """Connect, pass messages both ways, and tell how it ended.

    Returns:
        The exit code: 0 when we closed, or the server did so normally.
    """
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    async with await _open(url, headers, subprotocols) as connection:
        if is_terminal:
            _tell(f"connected to {url}; each line is a message, Ctrl-D or Ctrl-C leaves")
            _show_prompt()
        receiving = spawn(_print_messages(connection, is_terminal=is_terminal), "receiving")
        sending = spawn(_send_lines(connection, wait, is_terminal=is_terminal), "sending")
        await asyncio.wait([receiving, sending], return_when=asyncio.FIRST_COMPLETED)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        is_ours = not receiving.done()
        await connection.close()
        await receiving
    if is_ours:
        return 0
    _tell(f"closed by the server: {connection.close_code} {connection.close_reason}".rstrip())
    return 0 if connection.close_code in {1000, 1001} else 1


async def _open(
    url: str, headers: list[tuple[str, str]], subprotocols: list[Subprotocol]
) -> ClientConnection:
    try:
        return await connect(
            url,
            additional_headers=headers,
            subprotocols=subprotocols or None,
            compression=None,
            max_size=_MESSAGE_BYTES_MAX,
            ping_interval=None,  # the idle limit of the gateway is what one wants to see
        )
    except InvalidURI as error:
        raise InputError(
            f"{url} is no WebSocket URL", remedy="It begins with ws:// or wss://."
        ) from error
    except InvalidStatus as error:
        body = (error.response.body or b"").decode("utf-8", "replace")
        raise InputError(
            f"the handshake was refused: {error.response.status_code} {body}".rstrip()
        ) from error
    except (InvalidHandshake, InvalidMessage) as error:
        raise InputError(f"{url} does not speak WebSocket: {error}") from error
    except (OSError, TimeoutError) as error:
        raise InputError(
            f"cannot connect to {url}: {error.strerror or error}",
            remedy="Is the gateway running? `routekey run` prints its URL.",
        ) from error


async def _print_messages(connection: ClientConnection, *, is_terminal: bool) -> None:
    try:
        async for message in connection:
            text = message if isinstance(message, str) else repr(message)
            if is_terminal:
                _print_above(make_visible(text))
            else:
                print(text, flush=True)  # noqa: T201  # this is the program's output
    except ConnectionClosed:
        return


async def _send_lines(connection: ClientConnection, wait: float, *, is_terminal: bool) -> None:
    async for line in _read_lines():
        if line:
            with suppress(ConnectionClosed):  # told by whoever receives
                await connection.send(line)
        if is_terminal:
            _show_prompt()
    if not is_terminal:
        await asyncio.sleep(wait)


async def _read_lines() -> AsyncIterator[str]:
    """Read the input in a thread: a terminal, a pipe and a file have no other way in common."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue(_LINES_AHEAD)

    def read() -> None:
        try:
            for line in sys.stdin:
                asyncio.run_coroutine_threadsafe(lines.put(line.rstrip("\r\n")), loop).result()
            asyncio.run_coroutine_threadsafe(lines.put(None), loop).result()
        except (RuntimeError, asyncio.CancelledError):
            return  # the loop has ended before the input

    threading.Thread(target=read, name="input", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line


def _parse_header(text: str) -> tuple[str, str]:
    name, separator, value = text.partition(":")
    if not separator or not name.strip():
        raise InputError(f"{text!r} is no header", remedy="Write it as 'Name: value'.")
    return name.strip(), value.strip()


def _show_prompt() -> None:
    sys.stdout.write("> ")
    sys.stdout.flush()


def _print_above(text: str) -> None:
    """Print above the line being typed: save the cursor, open a line, print, go back."""
    sys.stdout.write(f"\x1b7\n\x1b[A\x1b[L< {text}\x1b8\x1b[B")
    sys.stdout.flush()


def _tell(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201  # for the person, not for the pipe
