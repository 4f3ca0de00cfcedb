"""The HTTP Runtime API, spoken by hand."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from routekey.adapters.functions.channel import Event, Kind
from routekey.adapters.functions.runtime_api import CLIENTS_MAX, RuntimeApi
from scenarios.running import WAIT_SECONDS_MAX, wait_until

EVENT = Event(
    request_id="id-1",
    deadline_ms=1_795_383_000_123,
    trace_id="Root=1-a-b",
    function_arn="arn:f",
    payload=b'{"a":1}',
)
NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST /2018-06-01/runtime/{path} HTTP/1.1", "Host: 127.0.0.1", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


class Runtime:
    """A runtime that speaks HTTP by hand, and the gateway's side that listens."""

    def __init__(self) -> None:
        self.told: list[tuple[Kind, bytes]] = []
        self.answered: list[str] = []
        self.quiet = 0
        self.api = RuntimeApi(self)
        self.address = ""
        self.connections: list[Connection] = []

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes, request_id: str) -> None:
        assert peak_kb == 0
        self.told.append((kind, payload))
        if request_id:
            self.answered.append(request_id)

    def take_broken(self) -> None:
        raise AssertionError("HTTP connections come and go")

    def take_quiet(self) -> None:
        self.quiet += 1

    async def connect(self) -> "Connection":
        host, _, port = self.address.partition(":")
        connection = Connection(*await asyncio.open_connection(host, int(port)))
        self.connections.append(connection)
        return connection


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await self.reader.readexactly(int(headers["content-length"]))
        return int(head[0].split()[1]), headers, body


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    made = Runtime()
    made.address = await made.api.listen()
    yield made
    made.api.close()
    for connection in made.connections:
        connection.writer.close()
        with contextlib.suppress(ConnectionError):
            await connection.writer.wait_closed()


@pytest.mark.rule("LAM-RAPI-01", "LAM-RAPI-02", "LAM-RAPI-03", "LAM-RIC-01")
@pytest.mark.parametrize("is_early", [True, False])
async def test_an_event_goes_to_whoever_asks_next(runtime: Runtime, is_early: bool) -> None:
    if is_early:
        runtime.api.send(EVENT)
    connection = await runtime.connect()
    if not is_early:
        asyncio.get_running_loop().call_later(0.01, runtime.api.send, EVENT)
    status, headers, body = await connection.ask(NEXT)
    assert (status, body) == (200, b'{"a":1}')
    assert {name: text for name, text in headers.items() if name != "content-length"} == {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": "id-1",
        "lambda-runtime-deadline-ms": "1795383000123",
        "lambda-runtime-invoked-function-arn": "arn:f",
        "lambda-runtime-trace-id": "root=1-a-b",
    }
    status, headers, body = await connection.ask(post("invocation/id-1/response", b'"ok"'))
    assert (status, body) == (202, b'{"status":"OK"}')
    assert headers["content-type"] == "application/json"
    assert runtime.told == [(Kind.READY, b""), (Kind.RESULT, b'"ok"')]
    connection.writer.close()
    await wait_until(lambda: runtime.quiet == 1, "the end of the connection")


@pytest.mark.rule("LAM-RAPI-04", "LAM-RAPI-05", "LAM-RIC-02")
async def test_errors_are_passed_on_as_they_are(runtime: Runtime) -> None:
    connection = await runtime.connect()
    status, _, _ = await connection.ask(
        post("init/error", b'{"a":1}', "Lambda-Runtime-Function-Error-Type: Runtime.X")
    )
    assert status == 202
    runtime.api.send(EVENT)
    await connection.ask(NEXT)
    xray = f"Lambda-Runtime-Function-XRay-Error-Cause: {'x' * 100_000}"
    status, _, _ = await connection.ask(post("invocation/id-1/error", b'{"b":2}', xray))
    assert status == 202
    assert runtime.told == [
        (Kind.INIT_ERROR, b'{"a":1}'),
        (Kind.READY, b""),
        (Kind.ERROR, b'{"b":2}'),
    ]


@pytest.mark.rule("LAM-RAPI-07")
async def test_calls_out_of_turn_are_refused(runtime: Runtime) -> None:
    connection = await runtime.connect()
    status, _, body = await connection.ask(post("invocation/other/response", b"1"))
    assert (status, json.loads(body)["errorType"]) == (400, "InvalidRequestID")
    runtime.api.send(EVENT)
    status, _, body = await connection.ask(post("invocation/id-1/response", b"1"))
    assert (status, json.loads(body)["errorType"]) == (403, "InvalidStateTransition")
    await connection.ask(NEXT)
    await connection.ask(post("invocation/id-1/response", b"1"))
    status, _, _ = await connection.ask(post("invocation/id-1/response", b"2"))
    assert status == 400
    assert runtime.told == [(Kind.READY, b""), (Kind.RESULT, b"1")]


@pytest.mark.rule("LAM-RAPI-07", "LAM-RAPI-08")
async def test_a_result_over_the_limit_is_refused(runtime: Runtime) -> None:
    connection = await runtime.connect()
    runtime.api.send(EVENT)
    await connection.ask(NEXT)
    status, _, body = await connection.ask(
        post("invocation/id-1/response", b"x" * (6 * 1024 * 1024 + 101))
    )
    assert status == 413
    assert json.loads(body) == {
        "errorMessage": "Exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "RequestEntityTooLarge",
    }
    assert runtime.told[-1] == (Kind.TOO_LARGE, b"")


@pytest.mark.rule("LAM-RAPI-09")
async def test_a_chunked_response_is_put_together(runtime: Runtime) -> None:
    connection = await runtime.connect()
    runtime.api.send(EVENT)
    await connection.ask(NEXT)
    status, _, _ = await connection.ask(
        b"POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b'Transfer-Encoding: chunked\r\n\r\n3\r\n"ab\r\n2\r\nc"\r\n0\r\n\r\n'
    )
    assert status == 202
    assert runtime.told[-1] == (Kind.RESULT, b'"abc"')


@pytest.mark.rule("LAM-RAPI-06", "LAM-RAPI-11")
async def test_what_is_not_served_is_not_found(runtime: Runtime) -> None:
    connection = await runtime.connect()
    for request in (
        b"GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /2018-06-01/runtime/restore/next HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        post("invocation/next", b""),
    ):
        assert (await connection.ask(request))[0] == 404


async def test_what_is_not_http_is_cut_off(runtime: Runtime) -> None:
    connection = await runtime.connect()
    connection.writer.write(b"\x00\x01nonsense\r\n\r\n")
    assert await connection.reader.read() == b""


@pytest.mark.parametrize(
    "header",
    ["Origin: http://attacker.example", "Origin: null", "Sec-Fetch-Site: cross-site", "Host: a.b"],
)
async def test_a_web_page_takes_no_event_and_ends_no_process(runtime: Runtime, header: str) -> None:
    """A browser on this machine reaches every port of it."""
    runtime.api.send(EVENT)
    host = b"Host: 127.0.0.1"
    for request in (NEXT, post("init/error", b"{}")):
        connection = await runtime.connect()
        name, line = header.partition(":")[0], header.encode()
        marked = line if name == "Host" else host + b"\r\n" + line
        connection.writer.write(request.replace(host, marked))
        with contextlib.suppress(ConnectionError):
            assert await connection.reader.read() == b""
    assert runtime.told == []
    _, headers, _ = await (await runtime.connect()).ask(NEXT)
    assert headers["lambda-runtime-aws-request-id"] == "id-1"


async def test_a_runtime_that_leaves_while_it_asks_misses_nothing(runtime: Runtime) -> None:
    gone, there = await runtime.connect(), await runtime.connect()
    gone.writer.write(NEXT)
    await wait_until(lambda: len(runtime.told) == 1, "its question")
    gone.writer.transport.abort()
    there.writer.write(NEXT)
    await wait_until(lambda: len(runtime.told) == 2, "the other question")
    await wait_until(lambda: len(runtime.api._clients) == 1, "its leave")
    runtime.api.send(EVENT)
    assert (await there.reader.readline()) == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("part", [b"X: ", b"x"], ids=["in a header", "in its name"])
async def test_a_head_without_an_end_is_not_kept(runtime: Runtime, part: bytes) -> None:
    connection = await runtime.connect()
    connection.writer.write(NEXT[:-2] + part)
    with contextlib.suppress(ConnectionError):
        for _ in range(1000):
            connection.writer.write(b"x" * 64 * 1024)
            await connection.writer.drain()
        pytest.fail("64 MB were taken")


async def test_who_asks_on_without_an_answer_is_cut_off(runtime: Runtime) -> None:
    connection = await runtime.connect()
    connection.writer.write(NEXT * 2)
    with contextlib.suppress(ConnectionError):
        assert await connection.reader.read() == b""
    await wait_until(lambda: not runtime.api.is_open, "its end")


async def test_too_many_connections_are_cut_off(runtime: Runtime) -> None:
    connections = [await runtime.connect() for _ in range(CLIENTS_MAX + 1)]
    assert await connections[-1].reader.read() == b""


@pytest.mark.rule("LAM-ENV-10", "LAM-RAPI-07")
async def test_events_go_to_as_many_as_ask_and_answers_may_come_in_any_order(
    runtime: Runtime,
) -> None:
    events = [replace(EVENT, request_id=f"id-{number}") for number in range(3)]
    for event in events:
        runtime.api.send(event)
    one, other = await runtime.connect(), await runtime.connect()
    for connection, number in ((one, 0), (other, 1)):
        _, headers, _ = await connection.ask(NEXT)
        assert headers["lambda-runtime-aws-request-id"] == f"id-{number}"
    statuses = [
        (await one.ask(post(f"invocation/id-{number}/response", b"1")))[0]
        for number in (1, 2, 0, 0)
    ]
    assert statuses == [202, 403, 202, 400]
    assert runtime.answered == ["id-1", "id-0"]


async def test_a_client_may_close_after_each_request(runtime: Runtime) -> None:
    connection = await runtime.connect()
    await connection.ask(post("init/error", b"{}", "Connection: close"))
    assert await connection.reader.read() == b""
    await wait_until(lambda: runtime.quiet == 1, "the end of the connection")


# At 2, asyncio's own server fails over what it has accepted, and closes it with the garbage.
@pytest.mark.parametrize("turns", [0, 1, 3, 4])
async def test_a_connection_that_comes_while_the_port_closes_is_closed(
    runtime: Runtime, turns: int
) -> None:
    """Between its acceptance and its first callback it is nobody's."""
    host, _, port = runtime.address.partition(":")
    with socket.create_connection((host, int(port))) as late:
        late.setblocking(False)
        for _ in range(turns):
            await asyncio.sleep(0)
        runtime.api.close()
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                assert await asyncio.get_running_loop().sock_recv(late, 1) == b""
