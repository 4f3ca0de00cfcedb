"""`routekey connect`, as a process, against a real WebSocket server."""

import asyncio
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from routekey.adapters.certificates import CertificateAuthority
from routekey.adapters.system import SystemClock

SECONDS_MAX = 120


async def answer(connection: ServerConnection) -> None:
    """Send every message back, with what the handshake carried; obey two of them."""
    request = connection.request
    assert request is not None
    async for message in connection:
        if message == "close":
            await connection.close(4000, "as you wish")
        elif message == "close normally":
            await connection.close()
        elif message == "binary":
            await connection.send(b"\x00\x01")
        elif message == "control":
            await connection.send("\x1b]0;title\x07")
        elif message == "handshake":
            await connection.send(f"{request.headers.get('X-Token')} {connection.subprotocol}")
        else:
            await connection.send(message)


def refuse(connection: ServerConnection, request: Request) -> Response | None:
    if request.path == "/refused":
        return connection.respond(403, '{"message":"Forbidden"}')
    return None


def choose(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serve(
        answer, "127.0.0.1", 0, process_request=refuse, select_subprotocol=choose
    ) as server:
        yield server


def url(server: Server, path: str = "/dev") -> str:
    port = next(iter(server.sockets)).getsockname()[1]
    return f"ws://127.0.0.1:{port}{path}"


def run_client(
    arguments: Sequence[str],
    typed: str,
    stdin: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "routekey", "connect", *arguments]
    if stdin is not None:
        with stdin.open() as file:
            return subprocess.run(
                command,
                stdin=file,
                capture_output=True,
                text=True,
                timeout=SECONDS_MAX,
                check=False,
            )
    return subprocess.run(
        command,
        input=typed,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        env=environ,
        check=False,
    )


async def talk(server: Server, typed: str, *flags: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(run_client, [url(server), *flags], typed)


async def test_lines_go_out_as_messages_and_come_back_as_lines(server: Server) -> None:
    done = await talk(server, "one\n\ntwo\nclose normally\n", "--wait", "30")
    assert (done.stdout, done.returncode) == ("one\ntwo\n", 0)


async def test_when_the_input_has_ended_it_leaves_after_a_while(server: Server) -> None:
    done = await talk(server, "", "--wait", "0.1")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


async def test_the_input_may_be_a_file(server: Server, tmp_path: Path) -> None:
    lines = [f"line {number}" for number in range(500)]
    (tmp_path / "input.txt").write_text("\n".join([*lines, "close normally"]))
    done = await asyncio.to_thread(
        run_client, [url(server), "--wait", "30"], "", tmp_path / "input.txt"
    )
    assert done.stdout.splitlines() == lines


async def test_the_handshake_carries_headers_and_subprotocols(server: Server) -> None:
    flags = ("-H", "X-Token:  secret ", "--subprotocol", "chat", "--wait", "30")
    done = await talk(server, "handshake\nclose normally\n", *flags)
    assert done.stdout == "secret chat\n"


async def test_binary_messages_are_shown_as_bytes(server: Server) -> None:
    done = await talk(server, "binary\nclose normally\n", "--wait", "30")
    assert done.stdout == "b'\\x00\\x01'\n"


async def test_a_close_by_the_server_is_told_and_fails(server: Server) -> None:
    done = await talk(server, "close\n", "--wait", "30")
    assert done.stderr == "closed by the server: 4000 as you wish\n"
    assert done.returncode == 1


async def test_a_normal_close_by_the_server_is_no_failure(server: Server) -> None:
    done = await talk(server, "close normally\n", "--wait", "30")
    assert done.stderr == "closed by the server: 1000\n"
    assert done.returncode == 0


def read_one_line(url: str) -> tuple[bytes, bytes]:
    """Read one line that it prints and hang up, as `head -1` does; give what it says of that."""
    command = [sys.executable, "-m", "routekey", "connect", url, "--wait", "60"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stderr is not None
        client.stdin.write(b"one\n")
        client.stdin.flush()
        line = client.stdout.readline()
        client.stdout.close()
        client.stdin.write(b"two\nthree\n")
        client.stdin.flush()
        return line, client.stderr.read()


async def test_a_reader_that_has_enough_ends_it_without_a_word(server: Server) -> None:
    assert await asyncio.to_thread(read_one_line, url(server)) == (b"one\n", b"")


async def test_a_line_that_is_not_utf_8_is_told_and_not_sent(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "input.txt").write_bytes(b"one\n\xff\ntwo\nclose normally\n")
    flags = [url(server), "--wait", "30"]
    done = await asyncio.to_thread(run_client, flags, "", tmp_path / "input.txt")
    assert done.stdout == "one\ntwo\n"
    assert done.stderr.startswith(
        "not sent, as it is not UTF-8 text: b'\\xff' (invalid start byte)"
    )


async def test_without_an_input_it_leaves_after_a_while(server: Server) -> None:
    line = f"{sys.executable} -m routekey connect {url(server)} --wait 0.1 <&-"
    client = await asyncio.create_subprocess_shell(line, stderr=subprocess.PIPE)
    _, said = await client.communicate()
    assert (said, client.returncode) == (b"", 0)


async def test_a_certificate_that_is_not_trusted_is_one_error_with_the_remedy(
    tmp_path: Path,
) -> None:
    clock = SystemClock()
    authority = CertificateAuthority(tmp_path, clock)
    async with serve(answer, "127.0.0.1", 0, ssl=authority.server_context()) as server:
        secure = url(server).replace("ws://", "wss://")
        done = await asyncio.to_thread(run_client, [secure], "")
        assert done.returncode == 2
        assert "is not trusted" in done.stderr
        assert "bundle.pem" in done.stderr
        trusting = os.environ | {"SSL_CERT_FILE": str(authority.write_bundle())}
        done = await asyncio.to_thread(
            run_client, [secure], "one\nclose normally\n", environ=trusting
        )
        assert done.stdout == "one\n"


async def test_a_refused_handshake_shows_status_and_body(server: Server) -> None:
    done = await asyncio.to_thread(run_client, [url(server, "/refused")], "")
    assert done.stderr == 'error: the handshake was refused: 403 {"message":"Forbidden"}\n'
    assert done.returncode == 2


async def test_a_server_that_does_not_speak_websocket_is_one_error() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        done = await asyncio.to_thread(run_client, [f"ws://127.0.0.1:{port}/"], "")
    assert done.stderr.startswith(f"error: ws://127.0.0.1:{port}/ does not speak WebSocket")
    assert done.stderr.count("\n") == 1


class Terminal:
    """A terminal with the client in it."""

    def __init__(self, *arguments: str) -> None:
        self._near, far = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "routekey", "connect", *arguments],
            stdin=far,
            stdout=far,
            stderr=far,
            start_new_session=True,
        )
        os.close(far)
        self.shown = b""

    async def wait_for(self, text: bytes) -> None:
        """Wait until a text has been shown."""
        while text not in self.shown:
            self.shown += await asyncio.to_thread(os.read, self._near, 65536)

    def close(self) -> None:
        """Hang up."""
        self.process.kill()
        self.process.wait()
        os.close(self._near)

    def type(self, keys: bytes) -> None:
        """Type keys."""
        os.write(self._near, keys)

    async def wait_ended(self) -> int:
        """Wait for the client's end, and give its exit code."""
        return await asyncio.to_thread(self.process.wait, SECONDS_MAX)


@pytest.fixture
def terminal(server: Server) -> Iterator[Terminal]:
    terminal = Terminal(url(server))
    yield terminal
    terminal.close()


@pytest.mark.timeout(SECONDS_MAX)
async def test_on_a_terminal_there_is_a_prompt_and_answers_come_above_it(
    terminal: Terminal,
) -> None:
    await terminal.wait_for(b"each line is a message")
    await terminal.wait_for(b"> ")
    terminal.type(b"hello\r")
    await terminal.wait_for(b"\x1b[L< hello\x1b8")
    terminal.type(b"\x04")
    assert await terminal.wait_ended() == 0


@pytest.mark.timeout(SECONDS_MAX)
async def test_a_server_cannot_steer_the_terminal(terminal: Terminal) -> None:
    await terminal.wait_for(b"> ")
    terminal.type(b"control\r")
    await terminal.wait_for("< ␛]0;title␇".encode())
    terminal.type(b"\x04")
    assert await terminal.wait_ended() == 0


@pytest.mark.timeout(SECONDS_MAX)
async def test_ctrl_c_leaves(terminal: Terminal) -> None:
    await terminal.wait_for(b"> ")
    terminal.process.send_signal(2)
    assert await terminal.wait_ended() == 0
