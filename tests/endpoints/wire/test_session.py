"""Open WebSockets, over real sockets."""

import asyncio
import logging
from dataclasses import replace
from itertools import pairwise

import pytest
import websockets
from websockets.asyncio.client import connect as connect_websocket

from endpoints.wire.support import (
    PATIENT,
    UPGRADE,
    Recorder,
    Site,
    all_gone,
    close,
    connect,
    fill,
    frame,
    listen,
    open_websocket,
    text,
)
from routekey.endpoints.wire import Listener, Settings
from routekey.errors import LimitExceededException


def url(listener: Listener) -> str:
    return f"ws://127.0.0.1:{listener.port}/dev"


async def test_messages_go_both_ways() -> None:
    site = Site(is_echo=True)
    async with listen(site) as listener, connect_websocket(url(listener)) as client:
        for message in ["hello", "", "héllo €", "x" * 32768]:
            await client.send(message)
            assert await client.recv() == message


@pytest.mark.rule("DP-LIM-04", "DP-UNK-34")
async def test_a_fragmented_message_is_one_message_and_leaves_in_fragments() -> None:
    site = Site(is_echo=True)
    async with listen(site) as listener, connect_websocket(url(listener)) as client:
        await client.send(["a" * 32768, "é" * 16384, "c" * 32768, "d" * 32768])
        assert await client.recv() == "a" * 32768 + "é" * 16384 + "c" * 32768 + "d" * 32768


@pytest.mark.rule("DP-HSK-11")
async def test_no_extension_is_negotiated() -> None:
    async with listen(Site()) as listener, connect_websocket(url(listener)) as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        assert not client.protocol.extensions


@pytest.mark.rule("DP-LIM-07", "DP-UNK-22")
async def test_a_ping_is_answered_and_told_of() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        client.send(frame(0x89, b"are you there"))
        assert await client.reader.readexactly(15) == b"\x8a\x0dare you there"
        await session.pings.get()


async def test_a_pong_is_ignored() -> None:
    site = Site(is_echo=True)
    async with listen(site) as listener, open_websocket(site, listener) as (client, _):
        client.send(frame(0x8A, b"?") + text("a"))
        assert await client.reader.readexactly(3) == b"\x81\x01a"


@pytest.mark.rule("DP-DIS-03")
@pytest.mark.parametrize(
    ("sent", "echo", "told"),
    [
        (
            close(1000, "probe-complete"),
            b"\x88\x10\x03\xe8probe-complete",
            (1000, "probe-complete"),
        ),
        (close(1001), b"\x88\x02\x03\xe9", (1001, "")),
        (close(4321, "é"), b"\x88\x04\x10\xe1\xc3\xa9", (4321, "é")),
        (close(), b"\x88\x00", (1005, "Client-side close frame status not set")),
    ],
)
async def test_a_clients_close_is_echoed(sent: bytes, echo: bytes, told: tuple[int, str]) -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        client.send(sent + text("too late"))
        assert await client.read_all() == echo
        assert await session.closed.get() == told
        assert session.texts.empty()


@pytest.mark.rule("DP-DIS-03", "DP-LIM-03", "DP-LIM-05", "DP-UNK-16", "DP-UNK-17")
@pytest.mark.parametrize(
    ("sent", "code", "reason"),
    [
        (frame(0x82, b"a"), 1003, "Binary is not supported"),
        (text("a" * 32769), 1009, ""),
        (frame(0x01, b"a" * 32768) * 1 + frame(0x00, b"a" * 32768) * 4, 1009, ""),
        (text(b"\xff"), 1007, "Invalid UTF-8"),
        (b"\x81\x01a", 1002, "Frames must be masked"),
    ],
)
async def test_a_broken_rule_ends_the_connection(sent: bytes, code: int, reason: str) -> None:
    """The close frame arrives though the client is still sending: TCP is not reset."""
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        client.send(sent + text("more") * 1000)
        written = code.to_bytes(2, "big") + reason.encode()
        assert await client.read_all() == bytes([0x88, len(written)]) + written
        assert await session.closed.get() == (code, reason)
        assert session.texts.empty()


@pytest.mark.rule("DP-UNK-18", "DP-DIS-03")
async def test_a_client_that_vanishes_is_1006() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        client.writer.transport.abort()
        assert await session.closed.get() == (1006, "")


@pytest.mark.rule("DP-UNK-18")
async def test_a_client_that_ends_tcp_without_a_close_frame_is_1006() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        client.send(b"\x81")
        client.writer.write_eof()
        assert await session.closed.get() == (1006, "")


@pytest.mark.rule("DP-MGM-17", "DP-DIS-03")
async def test_our_close_waits_for_the_clients() -> None:
    site = Site()
    async with listen(site) as listener, connect_websocket(url(listener)) as client:
        session = await site.sessions.get()
        session.websocket.close(1000, "Connection Closed Normally")
        session.websocket.close(1001, "a second one does nothing")
        with pytest.raises(websockets.ConnectionClosedOK) as caught:
            await client.recv()
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (
            1000,
            "Connection Closed Normally",
        )
        assert await session.closed.get() == (1000, "Connection Closed Normally")


async def test_nothing_is_delivered_or_sent_behind_our_close() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        session.websocket.close(1001, "Going away")
        session.websocket.send_text(b"too late")
        session.websocket.send_binary(b"too late")
        client.send(text("on its way") + frame(0x89, b"?") + close(1001, "Going away"))
        assert await client.read_all() == b"\x88\x0c\x03\xe9Going away"
        assert await session.closed.get() == (1001, "Going away")
        assert session.texts.empty()
        assert session.pings.empty()


async def test_a_rule_broken_behind_our_close_ends_it_under_our_code() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        session.websocket.close(1001, "Going away")
        client.send(b"\xff\xff")
        assert await client.read_all() == b"\x88\x0c\x03\xe9Going away"
        assert await session.closed.get() == (1001, "Going away")


async def test_a_client_that_does_not_answer_our_close_is_dropped() -> None:
    site = Site()
    async with listen(site, PATIENT) as listener, open_websocket(site, listener) as pair:
        client, session = pair
        session.websocket.close(1001, "Going away")
        assert await session.closed.get() == (1001, "Going away")
        assert await client.read_all() == b"\x88\x0c\x03\xe9Going away"


async def test_a_client_that_does_not_end_after_a_broken_rule_is_dropped() -> None:
    site = Site()
    async with listen(site, PATIENT) as listener, open_websocket(site, listener) as pair:
        client, session = pair
        client.send(b"\xff\xff")
        assert (await session.closed.get())[0] == 1002
        assert (await client.read_all())[:2] == b"\x88\x19"
        await all_gone(listener)


async def test_the_end_is_told_once() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        session.websocket.close(1000, "")
        client.send(close(1000))
        await client.read_all()
        await all_gone(listener)
        session.websocket.close(1000, "")
        session.websocket.abort()
        session.websocket.send_text(b"gone")
        assert await session.closed.get() == (1000, "")
        assert session.closed.empty()


@pytest.mark.rule("DP-UNK-19", "DP-DIS-09")
async def test_what_is_sent_behind_the_handshake_is_read_after_it() -> None:
    site = Site()
    behind = text("one") + frame(0x01, b"tw")
    async with listen(site) as listener, open_websocket(site, listener, behind) as pair:
        client, session = pair
        assert await session.texts.get() == b"one"
        client.send(frame(0x80, b"o") + text("three"))
        assert [await session.texts.get() for _ in range(2)] == [b"two", b"three"]


async def test_one_client_cannot_hold_the_loop() -> None:
    """A read that holds thousands of messages is handled in turns, in order, and whole."""
    site = Site()
    count = 5000
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        turns: list[int] = []
        received = 0

        def take_turn() -> None:
            turns.append(received)
            if received < count:
                asyncio.get_running_loop().call_soon(take_turn)

        def count_message(_: bytes) -> None:
            nonlocal received
            received += 1

        session.on_message = count_message
        take_turn()
        client.send(b"".join(text(str(number)) for number in range(count)))
        numbers = [int(await session.texts.get()) for _ in range(count)]
        assert numbers == list(range(count))
        assert max(after - before for before, after in pairwise(turns)) <= 128


async def test_one_message_in_many_fragments_cannot_hold_the_loop_either() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        turns = 0

        def take_turn() -> None:
            nonlocal turns
            turns += 1
            asyncio.get_running_loop().call_soon(take_turn)

        session.on_message = lambda _: take_turn() if not turns else None
        client.send(text("one") + frame(0x01) + frame(0x00) * 5000 + frame(0x80, b"two"))
        assert await session.texts.get() == b"one"
        before = turns
        assert await session.texts.get() == b"two"
        assert turns - before >= 5000 / 64 - 1


@pytest.mark.rule("DP-MGM-09", "DP-UNK-25")
async def test_a_client_that_does_not_read_is_bounded() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        taken = await fill(session)
        buffered = session.websocket._transport.get_write_buffer_size()
        assert buffered <= Settings().send_buffer_bytes_max + 2 * 131072
        with pytest.raises(LimitExceededException):
            session.websocket.send_binary(b"a")
        client.send(text("not read meanwhile"))
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]  # it is one
        await client.reader.readexactly(taken)
        assert await session.texts.get() == b"not read meanwhile"
        session.websocket.send_text(b"room again")


async def test_a_client_that_never_reads_is_dropped() -> None:
    site = Site()
    settings = replace(PATIENT, send_buffer_bytes_max=1024)
    async with listen(site, settings) as listener, open_websocket(site, listener) as pair:
        client, session = pair
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        await fill(session)
        assert await session.closed.get() == (1006, "")


async def test_the_application_can_stop_the_reading() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        session.websocket.pause_reading()
        client.send(text("wait"))
        session.websocket.send_text(b"go")
        assert await client.reader.readexactly(4) == b"\x81\x02go"
        async with connect(listener, UPGRADE) as another:
            await another.read_head()
        assert session.texts.empty()
        session.websocket.resume_reading()
        assert await session.texts.get() == b"wait"


async def test_what_one_read_brought_waits_too_when_the_application_stops_the_reading() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        session.on_message = lambda _: session.websocket.pause_reading()
        client.send(b"".join(text(str(number)) for number in range(200)) + close(1000))
        for number in range(200):
            assert await session.texts.get() == str(number).encode()
            async with connect(listener, UPGRADE) as another:
                await another.read_head()
            assert session.texts.empty()
            session.websocket.resume_reading()
        assert await session.closed.get() == (1000, "")


async def test_the_application_can_stop_the_reading_between_two_turns() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):

        def stop_soon(message: bytes) -> None:
            if message == b"0":
                asyncio.get_running_loop().call_soon(session.websocket.pause_reading)

        session.on_message = stop_soon
        client.send(b"".join(text(str(number)) for number in range(100)))
        await session.texts.get()
        async with connect(listener, UPGRADE) as another:
            await another.read_head()
        assert session.texts.qsize() == 63
        session.websocket.resume_reading()
        assert [await session.texts.get() for _ in range(99)][-1] == b"99"


async def test_binary_messages_where_they_are_accepted() -> None:
    site = Site()
    settings = Settings(accepts_binary=True)
    async with listen(site, settings) as listener, connect_websocket(url(listener)) as client:
        session = await site.sessions.get()
        await client.send(b"\xff\x00")
        assert await session.binaries.get() == b"\xff\x00"
        session.websocket.send_binary(b"\x00\xff")
        assert await client.recv() == b"\x00\xff"


async def test_a_session_that_fails_ends_its_own_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):

        def fail(_: bytes) -> None:
            raise ZeroDivisionError

        session.on_message = fail
        with caplog.at_level(logging.ERROR, "routekey.wire"):
            client.send(text("a"))
            assert await client.read_all() == b"\x88\x17\x03\xf3Internal server error"
        assert await session.closed.get() == (1011, "Internal server error")
        assert "ZeroDivisionError" in caplog.text


async def test_a_session_that_fails_at_its_end_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Recorder):
        def on_closed(self, code: int, reason: str) -> None:
            super().on_closed(code, reason)
            raise ZeroDivisionError

    site = Site(session_type=Failing)
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        with caplog.at_level(logging.ERROR, "routekey.wire"):
            client.send(close(1000))
            assert await client.read_all() == b"\x88\x02\x03\xe8"
        assert await session.closed.get() == (1000, "")
        assert "ZeroDivisionError" in caplog.text


async def test_a_full_buffer_does_not_prolong_a_close() -> None:
    site = Site()
    settings = replace(PATIENT, stall_seconds_max=60)
    async with listen(site, settings) as listener, open_websocket(site, listener) as pair:
        client, session = pair
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        while not session.websocket._transport.get_write_buffer_size():
            session.websocket.send_text(b"a" * 131072)
            await asyncio.sleep(0)
        session.websocket.close(1001, "Going away")
        session.websocket._transport.set_write_buffer_limits(high=1)  # it is full from here on
        assert await session.closed.get() == (1001, "Going away")


async def test_a_buffer_that_empties_does_not_prolong_a_close() -> None:
    site = Site()
    settings = replace(PATIENT, stall_seconds_max=60, close_seconds_max=0.3)
    async with listen(site, settings) as listener, open_websocket(site, listener) as pair:
        client, session = pair
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        taken = await fill(session)
        session.websocket.close(1001, "Going away")
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]  # it is one
        await client.reader.readexactly(taken + 14)
        assert await session.closed.get() == (1001, "Going away")


async def test_reading_goes_on_when_the_last_reason_to_stop_is_gone() -> None:
    site = Site()
    async with listen(site) as listener, open_websocket(site, listener) as (client, session):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        taken = await fill(session)
        session.websocket.pause_reading()
        client.send(text("wait"))
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]  # it is one
        await client.reader.readexactly(taken)
        session.websocket.send_text(b"go")
        assert await client.reader.readexactly(4) == b"\x81\x02go"
        assert session.texts.empty()
        session.websocket.resume_reading()
        assert await session.texts.get() == b"wait"


async def test_a_message_is_answered_that_has_the_clients_end_right_behind_it() -> None:
    site = Site(is_echo=True)
    async with listen(site) as listener, open_websocket(site, listener) as (client, _):
        client.send(text("hello"))
        client.writer.write_eof()
        assert await client.read_all() == b"\x81\x05hello"


async def test_a_client_that_leaves_without_reading_is_dropped() -> None:
    site = Site()
    async with listen(site, PATIENT) as listener, open_websocket(site, listener) as pair:
        client, session = pair
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        session.websocket._transport.set_write_buffer_limits(high=1 << 30)
        for _ in range(200):
            session.websocket.send_text(b"a" * 131072)
        client.writer.write_eof()
        assert await session.closed.get() == (1006, "")
