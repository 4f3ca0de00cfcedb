"""The listener: its port, its end, and strangers."""

import asyncio
import random
import socket
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect as connect_websocket

from endpoints.wire.support import (
    PATIENT,
    QUICK,
    UPGRADE,
    FixedClock,
    Site,
    all_gone,
    answer_with_body,
    close,
    connect,
    frame,
    listen,
    open_websocket,
    text,
    until,
)
from routekey.endpoints.wire import Exchange, Listener, Settings

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def keep(_: Exchange) -> None:
    """Leave the request unanswered."""


async def test_requests_and_websockets_share_a_port() -> None:
    site = Site(is_echo=True)
    async with (
        listen(site) as listener,
        connect_websocket(f"ws://127.0.0.1:{listener.port}/dev") as client,
        connect(listener, GET) as another,
    ):
        await client.send("hello")
        assert await client.recv() == "hello"
        assert (await another.read_response())[0] == 200


async def test_tcp_does_not_wait_for_more_to_send() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (_, session):
        server = session.websocket._transport.get_extra_info("socket")
        assert server.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_an_address_that_is_taken_is_an_error() -> None:
    async with listen(Site()) as listener:
        with pytest.raises(OSError, match="in use"):
            await Listener.start(Site(), "127.0.0.1", listener.port, clock=FixedClock())


async def test_processes_can_share_a_port() -> None:
    ports = []
    first = await Listener.start(Site(), "127.0.0.1", 0, clock=FixedClock(), reuse_port=True)
    second = await Listener.start(
        Site(), "127.0.0.1", first.port, clock=FixedClock(), reuse_port=True
    )
    for listener in (first, second):
        ports.append(listener.port)
        listener.close()
        await listener.wait_closed()
    assert ports[0] == ports[1]


async def test_a_client_that_says_nothing_is_dropped() -> None:
    async with listen(Site(), QUICK) as listener, connect(listener) as client:
        assert await client.read_all() == b""


async def test_tls_is_refused_where_there_is_no_certificate() -> None:
    async with listen(Site()) as listener, connect(listener, b"\x16\x03\x01\x00\x05") as client:
        assert await client.read_all() == b""
        await all_gone(listener)


async def test_a_closing_listener_says_goodbye() -> None:
    site = Site()
    async with listen(site) as listener:
        async with (
            open_websocket(site, listener) as (client, session),
            connect(listener, GET) as idle,
            connect(listener) as silent,
        ):
            await idle.read_response()
            await until(lambda: listener.connection_count == 3)
            listener.close()
            listener.close()
            client.send(close(1001))
            assert await client.read_all() == b"\x88\x0c\x03\xe9Going away"
            assert await session.closed.get() == (1001, "Going away")
            assert await idle.read_all() == b""
            assert await silent.read_all() == b""
            await listener.wait_closed()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", listener.port)


async def test_a_closing_listener_still_answers_what_it_was_asked() -> None:
    site = Site(answer=keep)
    async with listen(site) as listener, connect(listener, GET) as client:
        exchange = await site.exchanges.get()
        listener.close()
        answer_with_body(exchange)
        assert b"\r\nContent-Length: 6\r\nConnection: close\r\n" in await client.read_all()
        await listener.wait_closed()


async def test_a_handshake_that_a_closing_listener_still_grants_ends_at_once() -> None:
    site = Site(answer=keep, accepts=False)
    async with listen(site) as listener, connect(listener, UPGRADE) as client:
        exchange = await site.exchanges.get()
        listener.close()
        session = site.accept(exchange)
        client.send(close(1001))
        assert (await client.read_all()).endswith(b"\x88\x0c\x03\xe9Going away")
        assert await session.closed.get() == (1001, "Going away")
        await listener.wait_closed()


async def test_a_listener_that_stops_accepting_keeps_what_is_open() -> None:
    site = Site(is_echo=True)
    async with listen(site) as listener, open_websocket(site, listener) as (client, _):
        listener.stop_accepting()
        client.send(text("a"))
        assert await client.reader.readexactly(3) == b"\x81\x01a"


async def test_an_aborted_listener_drops_everything() -> None:
    site = Site(answer=keep)
    async with (
        listen(site) as listener,
        open_websocket(site, listener) as (_, session),
        connect(listener, GET) as client,
        connect(listener) as silent,
    ):
        await site.exchanges.get()
        await until(lambda: listener.connection_count == 3)
        listener.abort()
        assert await session.closed.get() == (1006, "")
        assert await client.read_all() == b""
        assert await silent.read_all() == b""


def _attacks(seed: int) -> Iterator[bytes]:
    """Make malformed requests and frames: valid ones with some bytes changed, cut or repeated."""
    dice = random.Random(seed)
    frames = text("hello") + frame(0x01, b"a") + frame(0x80, b"b") + frame(0x89, b"?") + close(1000)
    chunked = (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    )
    for _ in range(300):
        data = bytearray(dice.choice([GET * 3, chunked, UPGRADE + frames]))
        for _ in range(dice.randrange(1, 6)):
            place = dice.randrange(len(data))
            change = dice.randrange(3)
            if change == 0:
                data[place] = dice.randrange(256)
            elif change == 1:
                del data[place : place + dice.randrange(1, 10)]
            else:
                data[place:place] = data[place : place + dice.randrange(1, 30)]
        yield bytes(data)
        yield UPGRADE + dice.randbytes(dice.randrange(1, 200))
        yield dice.randbytes(dice.randrange(1, 200))


async def test_strangers_break_nothing() -> None:
    """Whatever is thrown at it, the listener answers or closes, logs nothing, and serves on."""
    site = Site(is_echo=True)
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with listen(site, PATIENT) as listener:
        for data in _attacks(seed=4):
            async with connect(listener, data) as client:
                client.writer.write_eof()
                await client.read_all()
        async with connect_websocket(f"ws://127.0.0.1:{listener.port}/dev") as good:
            await good.send("still there")
            assert await good.recv() == "still there"
        await all_gone(listener)
    assert not complaints
    while not site.sessions.empty():
        assert site.sessions.get_nowait().closed.qsize() == 1


async def test_a_crowd_is_served() -> None:
    site = Site(is_echo=True)
    async with listen(site, Settings()) as listener:
        async with asyncio.TaskGroup() as group:

            async def visit(number: int) -> None:
                async with connect_websocket(f"ws://127.0.0.1:{listener.port}/dev") as client:
                    await client.send(str(number))
                    assert await client.recv() == str(number)

            for number in range(100):
                group.create_task(visit(number))
        await all_gone(listener)
