"""Debuggers, attached over their real ports."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.functions.laboratory import Lab
from routekey.adapters.functions.debugging import DebugPorts, is_attached
from routekey.errors import ProjectError
from routekey.resources.function import Function
from scenarios.running import wait_until

PYTHON = """
import os, time
def handler(seconds, context):
    if seconds < 0:
        os._exit(1)
    time.sleep(seconds)
    return "done"
"""
NODE = """
exports.handler = async (seconds) => {
  if (seconds < 0) process.exit(1);
  await new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
  return 'done';
};
"""


PORTS = range(20_000, 32_000, 2)
"""Below those that the kernel gives to whoever asks for any."""


@pytest.fixture
def port() -> int:
    """Find a port that is free, as the next one is."""
    start = os.getpid() * 16 % len(PORTS)
    numbers: list[int] = [*PORTS[start:], *PORTS]
    return next(number for number in numbers if is_free(number) and is_free(number + 1))


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what ended is no hindrance
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture
async def debugged(lab: Lab, port: int) -> Lab:
    await lab.pools.close()
    lab.pools = lab.make_pools(debug_port=port)
    return lab


def write_function(lab: Lab, language: str, timeout: int = 1) -> Function:
    if language == "python":
        return lab.python(PYTHON, timeout=timeout)
    return lab.node(NODE, timeout=timeout)


@asynccontextmanager
async def attach(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("is_http", [False, True])
@pytest.mark.parametrize("language", ["python", "node"])
async def test_no_time_runs_out_while_a_debugger_is_attached(
    debugged: Lab, port: int, language: str
) -> None:
    await debugged.serve(write_function(debugged, language))
    assert await debugged.call(0) == "done"
    async with attach(port):
        await wait_until(lambda: is_attached(port), "the connection")
        assert await debugged.call(2.5) == "done"
    await wait_until(lambda: not is_attached(port), "its end")
    assert (await debugged.fail(30))["errorType"] == "Sandbox.Timedout"


async def test_debugpy_answers_an_editor(debugged: Lab, port: int) -> None:
    await debugged.serve(write_function(debugged, "python"))
    await debugged.call(0)
    request = {
        "seq": 1,
        "type": "request",
        "command": "initialize",
        "arguments": {"adapterID": "x"},
    }
    async with attach(port) as (reader, writer):
        body = json.dumps(request).encode()
        writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        async with asyncio.timeout(60):
            answer = await reader.readuntil(b'"command": "initialize"')
        assert b'"success": true' in answer + await reader.read(1000)


async def test_the_inspector_answers_an_editor(debugged: Lab, port: int) -> None:
    await debugged.serve(write_function(debugged, "node"))
    await debugged.call(0)
    async with attach(port) as (reader, writer):
        writer.write(b"GET /json/version HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(60):
            assert b"node.js/v" in await reader.readuntil(b"}")


@pytest.mark.parametrize("language", ["python", "node"])
async def test_the_next_process_listens_at_the_same_port(
    debugged: Lab, port: int, language: str
) -> None:
    """It has to start within the call's own time, as after any reset."""
    await debugged.serve(write_function(debugged, language, timeout=20))
    assert (await debugged.fail(-1))["errorType"] == "Runtime.ExitError"
    assert await debugged.call(0) == "done"
    async with attach(port):
        await wait_until(lambda: is_attached(port), "the connection")
    assert not [line for line in debugged.output() if "no debugger" in line or "failed" in line]


async def test_a_function_that_is_debugged_has_one_process_and_each_has_its_port(
    debugged: Lab, port: int
) -> None:
    source = (
        "import os, time\ndef handler(event, context):\n    time.sleep(0.1)\n    return os.getpid()"
    )
    await debugged.serve(debugged.python(source, "one"), debugged.python(source, "two"))
    numbers = [await asyncio.gather(*(debugged.call(0, "one") for _ in range(3)))]
    assert len(set(*numbers)) == 1
    assert debugged.pools.notices == (
        f"one: a debugger can attach at 127.0.0.1:{port}",
        f"two: a debugger can attach at 127.0.0.1:{port + 1}",
    )


async def test_a_port_that_is_taken_is_told_and_the_function_runs(debugged: Lab, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        await debugged.serve(write_function(debugged, "python"))
        assert await debugged.call(0) == "done"
    assert any(f"no debugger at port {port}" in line for line in debugged.output())


def test_a_function_keeps_its_port_and_other_languages_have_none() -> None:
    ports = DebugPorts(5000)
    assert [ports.assign(name, "python") for name in ("a", "b", "a")] == [5000, 5001, 5000]
    assert ports.assign("c", "") is None
    assert DebugPorts(0).assign("a", "python") is None


def test_without_debugpy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routekey.adapters.functions.debugging.find_spec", lambda _name: None)
    with pytest.raises(ProjectError, match=r"debugpy is not installed.*routekey\[debug\]"):
        DebugPorts(5000).assign("a", "python")
