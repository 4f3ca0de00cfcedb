"""One connection: when it may be used, and when it closes itself."""

import asyncio

import pytest

from adapters.integrations.conftest import Backend, answer
from routekey.adapters.integrations.http_answer import AnswerError
from routekey.adapters.integrations.http_connection import HttpConnection

REQUEST = b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"


async def connect(backend: Backend) -> HttpConnection:
    _, connection = await asyncio.get_running_loop().create_connection(
        HttpConnection, "127.0.0.1", backend.port
    )
    return connection


async def test_it_stays_open_between_requests(backend: Backend) -> None:
    connection = await connect(backend)
    for _ in range(2):
        outcome = await connection.exchange(REQUEST, is_bodiless=False)
        assert outcome.body == b"ok"
        assert connection.is_open
    connection.close()
    assert not connection.is_open
    await backend.wait_closed()


async def test_it_closes_after_an_answer_that_ends_with_the_connection(backend: Backend) -> None:
    backend.behave = answer(b"HTTP/1.1 200 OK\r\n\r\nall", then_close=True)
    connection = await connect(backend)
    outcome = await connection.exchange(REQUEST, is_bodiless=False)
    assert outcome.body == b"all"
    assert not connection.is_open
    await backend.wait_closed()


async def test_it_closes_when_the_backend_speaks_unasked(backend: Backend) -> None:
    more = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    backend.behave = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", more, more)
    connection = await connect(backend)
    await connection.exchange(REQUEST, is_bodiless=False)
    await backend.wait_closed()
    assert not connection.is_open


async def test_a_closed_one_takes_no_request(backend: Backend) -> None:
    connection = await connect(backend)
    connection.close()
    with pytest.raises(AnswerError, match="closed the connection"):
        await connection.exchange(REQUEST, is_bodiless=False)
    assert not HttpConnection().is_open
    HttpConnection().close()


async def test_a_connection_that_is_reset_says_so(backend: Backend) -> None:
    async def reset(
        backend: Backend, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await backend.read_body(head, reader)
        writer.transport.abort()
        raise ConnectionResetError

    backend.behave = reset
    connection = await connect(backend)
    with pytest.raises(AnswerError):
        await connection.exchange(REQUEST, is_bodiless=False)


async def test_an_error_of_the_network_is_told() -> None:
    connection = HttpConnection()
    near, far = asyncio.Event(), asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        near.set()
        await far.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await asyncio.get_running_loop().create_connection(lambda: connection, "127.0.0.1", port)
    await near.wait()
    running = asyncio.get_running_loop().create_task(
        connection.exchange(REQUEST, is_bodiless=False)
    )
    await asyncio.sleep(0)
    connection.connection_lost(OSError("no route"))
    with pytest.raises(AnswerError, match="no route"):
        await running
    far.set()
    server.close()
