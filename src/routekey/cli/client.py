"""A WebSocket client for people and pipes: lines go out as messages, messages come out as lines."""

import asyncio
import os
import ssl
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

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


def talk(
    url: str, *, headers: list[tuple[str, str]], subprotocols: list[str], wait_seconds: float
) -> int:
    """Connect, and pass messages both ways until the input ends or the server closes.

    Args:
        url: `ws://` or `wss://`.
        headers: for the handshake.
        subprotocols: for the handshake, most wanted first.
        wait_seconds: how long to wait for answers when the input of a pipe has ended.

    Returns:
        The exit code: 0 when we closed, or the server did so normally.

    Raises:
        InputError: there is no WebSocket at the URL, or it refused us.
    """
    try:
        return asyncio.run(_talk(url, headers, subprotocols, wait_seconds))
    except KeyboardInterrupt:
        return 0


async def _talk(
    url: str, headers: list[tuple[str, str]], subprotocols: list[str], wait: float
) -> int:
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    async with await _open(url, headers, subprotocols) as connection:
        if is_terminal:
            _tell(f"connected to {url}; each line is a message, Ctrl-D or Ctrl-C leaves")
            _show_prompt()
        has_left = asyncio.Event()
        sending = spawn(_send_lines(connection, wait, has_left, is_terminal=is_terminal), "sending")
        try:
            await _print_messages(connection, is_terminal=is_terminal)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    if has_left.is_set():
        return 0
    _tell(f"closed by the server: {connection.close_code} {connection.close_reason}".rstrip())
    return 0 if connection.close_code in {1000, 1001} else 1


async def _open(
    url: str, headers: list[tuple[str, str]], subprotocols: list[str]
) -> ClientConnection:
    try:
        return await connect(
            url,
            additional_headers=headers,
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            compression=None,
            max_size=_MESSAGE_BYTES_MAX,
            ping_interval=None,  # the idle limit of the gateway is what one wants to see
        )
    except ssl.SSLCertVerificationError as error:  # a ValueError too
        raise InputError(
            f"the certificate of {url} is not trusted: {error.verify_message}",
            remedy="Where it is Routekey's own, name its authority, which is in its data folder: "
            "SSL_CERT_FILE=~/.local/share/routekey/certificates/bundle.pem.",
        ) from error
    except (InvalidURI, ValueError) as error:  # a port that is none, a name that cannot be one
        raise InputError(
            f"{url} is no WebSocket URL", remedy="It reads ws://HOST:PORT/STAGE, or wss://…."
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


async def _send_lines(
    connection: ClientConnection, wait: float, has_left: asyncio.Event, *, is_terminal: bool
) -> None:
    """Send line by line, and close the connection when the input has ended."""
    try:
        async for line in _read_lines():
            if line:
                await _send(connection, line)
            if is_terminal:
                _show_prompt()
        if not is_terminal:
            await asyncio.sleep(wait)
        has_left.set()
    finally:
        await connection.close()


async def _send(connection: ClientConnection, line: bytes) -> None:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        _tell(f"not sent, as it is not UTF-8 text: {line!r} ({error.reason})")
        return
    with suppress(ConnectionClosed):  # told by whoever receives
        await connection.send(text)


async def _read_lines() -> AsyncIterator[bytes]:
    """Read the input in a thread: a terminal, a pipe and a file have no other way in common."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes | None] = asyncio.Queue()
    ahead = threading.Semaphore(_LINES_AHEAD)

    def read() -> None:
        # A file of this thread's own: Python's end waits for whoever holds that of `sys`.
        file = os.fdopen(sys.stdin.fileno(), "rb", closefd=False)
        with suppress(RuntimeError):  # the loop has ended before the input
            with suppress(OSError):  # a terminal that hung up
                for line in file:
                    ahead.acquire()
                    loop.call_soon_threadsafe(lines.put_nowait, line.rstrip(b"\r\n"))
            loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, name="input", daemon=True).start()
    while (line := await lines.get()) is not None:
        ahead.release()
        yield line


def _show_prompt() -> None:
    sys.stdout.write("> ")
    sys.stdout.flush()


def _print_above(text: str) -> None:
    """Print above the line being typed: save the cursor, open a line, print, go back."""
    sys.stdout.write(f"\x1b7\n\x1b[A\x1b[L< {text}\x1b8\x1b[B")
    sys.stdout.flush()


def _tell(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201  # for the person, not for the pipe
