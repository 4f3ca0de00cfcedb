"""The gateway's end of a function process's socket, fed byte by byte."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from routekey.adapters.functions.channel import Event, Kind
from routekey.adapters.functions.frames import Frames
from scenarios.running import wait_until

_HEAD = struct.Struct(">cIII")


def reply(kind: bytes, payload: bytes = b"", number: int = 1) -> bytes:
    return _HEAD.pack(kind, 1, number, len(payload)) + payload


def event(payload: bytes) -> Event:
    return Event(request_id="id", deadline_ms=1, trace_id="", function_arn="arn", payload=payload)


class Deaf(asyncio.Transport):
    """A transport that nobody listens at."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Drop it."""

    def abort(self) -> None:
        """Do nothing."""


class Wire:
    """A socket pair with frames at one end, and what they told."""

    def __init__(self) -> None:
        self.told: list[tuple[Kind, int, bytes]] = []
        self.broken = 0
        self.frames = Frames(self)
        self.peer, self.ours = socket.socketpair()

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes, _request_id: str) -> None:
        self.told.append((kind, peak_kb, payload))

    def take_broken(self) -> None:
        self.broken += 1

    def take_quiet(self) -> None:
        raise AssertionError("frames break, and are never quiet")


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire()
    loop = asyncio.get_running_loop()
    await loop.create_unix_connection(lambda: made.frames, sock=made.ours)
    yield made
    made.frames.close()
    made.peer.close()


@given(
    payloads=st.lists(st.tuples(st.sampled_from(list(Kind)), st.binary(max_size=40)), max_size=5),
    size=st.integers(min_value=1, max_value=30),
)
def test_any_split_of_the_stream_gives_the_same_replies(
    payloads: list[tuple[Kind, bytes]], size: int
) -> None:
    made = Wire()
    made.frames.connection_made(Deaf())
    made.frames.send(event(b"{}"))
    stream = b"".join(reply(kind.value, payload) for kind, payload in payloads)
    for start in range(0, len(stream), size):
        made.frames.data_received(stream[start : start + size])
    made.peer.close()
    made.ours.close()
    assert made.told == [(kind, 1, payload) for kind, payload in payloads]


async def test_an_event_is_framed_with_its_head(wire: Wire) -> None:
    wire.frames.send(event(b"{}"))
    assert wire.peer.recv(100) == struct.pack(">II", 12, 2) + b"id\n1\n\narn\n1\n{}"
    wire.frames.send(replace(event(b"{}"), client_context='{"a":1}'))
    assert wire.peer.recv(100).endswith(b'\n2\n{"a":1}{}')


async def test_only_what_answers_the_last_event_counts(wire: Wire) -> None:
    """A handler that forks, and whose child goes on, answers an event twice."""
    wire.frames.send(event(b"{}"))
    wire.peer.sendall(reply(b"R", b"nobody asked", 0) + reply(b"R", b"first"))
    await wait_until(lambda: bool(wire.told), "the answer")
    wire.frames.send(event(b"{}"))
    wire.peer.sendall(reply(b"R", b"late") + reply(b"E", b"other", 2))
    await wait_until(lambda: len(wire.told) == 2, "the answer")
    assert wire.told == [(Kind.RESULT, 1, b"first"), (Kind.ERROR, 1, b"other")]


@pytest.mark.parametrize(
    "garbage",
    [reply(b"Z"), b"R" + b"\xff" * 12, reply(b"R", b"x") + reply(b"?")],
    ids=["kind", "length", "second"],
)
async def test_nonsense_breaks_the_channel_once(wire: Wire, garbage: bytes) -> None:
    wire.peer.sendall(garbage)
    await wait_until(lambda: wire.broken > 0, "the break")
    assert wire.broken == 1
    assert not wire.frames.is_open
    wire.frames.send(event(b"late"))


async def test_the_end_of_the_process_breaks_the_channel(wire: Wire) -> None:
    wire.frames.send(event(b"{}"))
    wire.peer.sendall(reply(b"R", b"last"))
    wire.peer.close()
    await wait_until(lambda: wire.broken > 0, "the break")
    assert wire.told == [(Kind.RESULT, 1, b"last")]


async def test_a_channel_that_we_close_tells_nothing_more(wire: Wire) -> None:
    wire.frames.close()
    wire.frames.close()
    await asyncio.sleep(0)
    assert wire.broken == 0
