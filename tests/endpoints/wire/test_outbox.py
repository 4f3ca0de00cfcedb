"""What is written in one turn leaves together, in order, and is not lost by an end."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from routekey.endpoints.wire.outbox import Outbox


@asynccontextmanager
async def connect() -> AsyncIterator[tuple[asyncio.Transport, socket.socket]]:
    """Give a transport, and the other end of its socket."""
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
    theirs.setblocking(False)
    with theirs:
        yield transport, theirs
    transport.abort()


async def test_what_is_written_in_one_turn_leaves_in_one_piece() -> None:
    outbox = Outbox(asyncio.get_running_loop())
    async with connect() as (transport, theirs):
        outbox.write(transport, b"first ")
        outbox.write(transport, b"second ")
        outbox.write(transport, b"third")
        with pytest.raises(BlockingIOError):
            theirs.recv(100)
        await asyncio.sleep(0)
        assert theirs.recv(100) == b"first second third"
        outbox.write(transport, b"fourth")
        await asyncio.sleep(0)
        assert theirs.recv(100) == b"fourth"


async def test_what_is_much_does_not_wait() -> None:
    outbox = Outbox(asyncio.get_running_loop())
    async with connect() as (transport, theirs), connect() as (other, others):
        outbox.write(other, b"a little")
        for _ in range(5):
            outbox.write(transport, b"a" * 60_000)
        assert theirs.recv(10) == b"a" * 10
        assert others.recv(100) == b"a little"
        outbox.write(other, b" more")
        await asyncio.sleep(0)
        assert others.recv(100) == b" more"


async def test_one_can_be_sent_before_the_others() -> None:
    outbox = Outbox(asyncio.get_running_loop())
    async with connect() as (transport, theirs), connect() as (other, others):
        outbox.write(transport, b"now")
        outbox.write(other, b"soon")
        outbox.send(transport)
        outbox.send(transport)
        assert theirs.recv(100) == b"now"
        with pytest.raises(BlockingIOError):
            others.recv(100)
        await asyncio.sleep(0)
        assert others.recv(100) == b"soon"


async def test_the_end_comes_last() -> None:
    outbox = Outbox(asyncio.get_running_loop())
    async with connect() as (transport, theirs):
        outbox.write(transport, b"goodbye")
        outbox.close(transport)
        assert theirs.recv(100) == b"goodbye"
        theirs.setblocking(True)  # the socket's own parameter
        assert await asyncio.to_thread(theirs.recv, 100) == b""


async def test_who_has_left_holds_nobody_up() -> None:
    outbox = Outbox(asyncio.get_running_loop())
    async with connect() as (transport, _), connect() as (other, others):
        outbox.write(transport, b"too late")
        outbox.write(other, b"in time")
        transport.abort()
        await asyncio.sleep(0)
        assert others.recv(100) == b"in time"
