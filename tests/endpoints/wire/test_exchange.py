"""HTTP over real sockets: order, patience, and clients that leave."""

import asyncio
import logging
from dataclasses import replace

import pytest

from endpoints.wire.support import (
    DATE,
    PATIENT,
    QUICK,
    UPGRADE,
    Site,
    all_gone,
    answer_with_body,
    close,
    connect,
    listen,
    text,
    until,
)
from routekey.endpoints.wire import Exchange, Response, Settings


def get(target: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: a", *headers, "", ""]).encode()


def post(body: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def keep(_: Exchange) -> None:
    """Leave the request unanswered: the test answers it."""


async def test_a_request_is_answered() -> None:
    async with listen(Site()) as listener, connect(listener, post(b"abc")) as client:
        assert await client.read_head() == [
            "HTTP/1.1 200 OK",
            f"Date: {DATE}",
            "Content-Length: 10",
            "Connection: keep-alive",
        ]
        assert await client.reader.readexactly(10) == b"POST / abc"


async def test_the_client_is_known_by_its_address() -> None:
    site = Site()
    async with listen(site) as listener, connect(listener, get("/")) as client:
        await client.read_response()
        assert site.requests[0].source_ip == "127.0.0.1"
        assert not site.requests[0].is_tls


async def test_a_request_is_answered_that_has_the_clients_end_right_behind_it() -> None:
    async with listen(Site()) as listener, connect(listener) as client:
        client.send(get("/"))
        client.writer.write_eof()
        assert await client.read_response() == (200, b"GET / ")


async def test_pipelined_requests_are_answered_in_order() -> None:
    site = Site(answer=keep)
    async with listen(site) as listener, connect(listener, get("/1") + get("/2")) as client:
        first = await site.exchanges.get()
        assert site.exchanges.empty()
        answer_with_body(first)
        assert await client.read_response() == (200, b"GET /1 ")
        answer_with_body(await site.exchanges.get())
        assert await client.read_response() == (200, b"GET /2 ")


async def test_thousands_of_pipelined_requests_are_answered_in_turns() -> None:
    site = Site()
    async with listen(site) as listener, connect(listener) as client:
        client.send(b"".join(get(f"/{number}") for number in range(1000)))
        for number in range(1000):
            assert await client.read_response() == (200, f"GET /{number} ".encode())


async def test_a_request_that_waits_bounds_what_waits_behind_it() -> None:
    site = Site(answer=keep)
    settings = Settings(pipelined_bytes_max=1000)
    async with listen(site, settings) as listener, connect(listener) as client:
        client.send(b"".join(post(b"a" * 100_000) for _ in range(100)))
        for _ in range(100):
            exchange = await site.exchanges.get()
            assert exchange._connection._reader.buffered_bytes < 1_000_000
            answer_with_body(exchange)
            assert (await client.read_response())[0] == 200


async def test_a_client_that_does_not_read_its_answers_is_not_read() -> None:
    site = Site(answer=lambda exchange: exchange.respond(Response(status=200, body=b"a" * 100_000)))
    async with listen(site) as listener, connect(listener) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        client.send(get("/") * 1000)
        count = -1
        while len(site.requests) > count:
            count = len(site.requests)
            for _ in range(100):
                await asyncio.sleep(0)
        assert 0 < count < 200
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]  # it is one
        for _ in range(1000):
            assert len((await client.read_response())[1]) == 100_000


async def test_a_client_that_never_reads_its_answers_is_dropped() -> None:
    site = Site(answer=lambda exchange: exchange.respond(Response(status=200, body=b"a" * 9**7)))
    async with listen(site, PATIENT) as listener, connect(listener) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        client.send(get("/") * 10)
        await site.exchanges.get()
        await all_gone(listener)


async def test_a_client_that_waits_for_continue_is_told_to_go_on() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    async with listen(Site()) as listener, connect(listener, head) as client:
        assert await client.read_head() == ["HTTP/1.1 100 Continue"]
        client.send(b"abc")
        assert await client.read_response() == (200, b"POST / abc")


async def test_the_connection_closes_where_the_client_wants_it() -> None:
    async with listen(Site()) as listener, connect(listener) as client:
        client.send(get("/1", "Connection: close") + get("/2"))
        assert (await client.read_all()).endswith(b"Connection: close\r\n\r\nGET /1 ")


async def test_the_connection_closes_where_the_application_wants_it() -> None:
    site = Site(answer=lambda exchange: exchange.respond(Response(status=403, is_last=True)))
    async with listen(site) as listener, connect(listener, get("/")) as client:
        assert b"\r\nConnection: close\r\n" in await client.read_all()


@pytest.mark.rule("DP-MGM-09")
async def test_a_body_above_the_bound_is_for_the_application_to_refuse() -> None:
    def refuse(exchange: Exchange) -> None:
        exchange.respond(Response(status=413 if exchange.request.is_body_too_large else 200))

    async with listen(Site(answer=refuse)) as listener, connect(listener) as client:
        client.send(post(b"a" * 131073) + post(b"a" * 131072))
        assert await client.read_head() == [
            "HTTP/1.1 413 Request Entity Too Large",
            f"Date: {DATE}",
            "Content-Length: 0",
            "Connection: keep-alive",
        ]
        assert await client.read_response() == (200, b"")


async def test_an_answer_reaches_a_client_that_is_still_sending_a_huge_body() -> None:
    site = Site(answer=lambda exchange: exchange.respond(Response(status=413)))
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"
    async with listen(site) as listener, connect(listener, head) as client:
        client.send(b"a" * 2_000_000)
        assert (await client.read_all()).startswith(b"HTTP/1.1 413 ")


async def test_a_body_in_many_chunks_cannot_hold_the_loop() -> None:
    turns: list[int] = [0]
    answered: list[int] = []

    def take_turn() -> None:
        turns[0] += 1
        if len(answered) == 1:
            asyncio.get_running_loop().call_soon(take_turn)

    def answer(exchange: Exchange) -> None:
        answered.append(turns[0])
        take_turn()
        exchange.respond(Response(status=200, body=exchange.request.body))

    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    data = get("/") + head + b"1\r\na\r\n" * 5000 + b"0\r\n\r\n"
    async with listen(Site(answer=answer)) as listener, connect(listener, data) as client:
        assert await client.read_response() == (200, b"")
        assert await client.read_response() == (200, b"a" * 5000)
    assert answered[1] - answered[0] >= 5000 / 128


async def test_what_is_no_request_is_refused_and_closed() -> None:
    async with listen(Site()) as listener, connect(listener, b"hello\r\n\r\n" + get("/")) as client:
        assert (await client.read_all()).decode().split("\r\n") == [
            "HTTP/1.1 400 Bad Request",
            f"Date: {DATE}",
            "Content-Type: text/html",
            "Content-Length: 94",
            "Connection: close",
            "",
            (
                "<html><head><title>400 Bad Request</title></head>"
                "<body><h1>400 Bad Request</h1></body></html>\n"
            ),
        ]


async def test_a_client_that_leaves_abandons_its_exchange() -> None:
    site = Site(answer=keep)
    async with listen(site) as listener:
        left = asyncio.Event()
        async with connect(listener, get("/")):
            exchange = await site.exchanges.get()
            exchange.on_abandoned(left.set)
            assert not exchange.is_over
        await left.wait()
        assert exchange.is_over
        exchange.respond(Response(status=200))


async def test_an_answered_exchange_is_over_and_not_abandoned() -> None:
    site = Site(answer=keep)
    async with listen(site) as listener, connect(listener, get("/")) as client:
        exchange = await site.exchanges.get()
        exchange.on_abandoned(lambda: pytest.fail("it was answered"))
        exchange.respond(Response(status=204))
        exchange.respond(Response(status=500))
        assert exchange.is_over
        assert (await client.read_head())[0] == "HTTP/1.1 204 No Content"


async def test_a_client_that_left_gets_a_websocket_that_is_closed() -> None:
    site = Site(answer=keep, accepts=False)
    async with listen(site) as listener:
        left = asyncio.Event()
        async with connect(listener, UPGRADE):
            exchange = await site.exchanges.get()
            exchange.on_abandoned(left.set)
        await left.wait()
        session = site.accept(exchange)
        assert session.closed.empty()
        session.websocket.send_text(b"nobody there")
        session.websocket.close(1000, "")
        assert await session.closed.get() == (1006, "")


@pytest.mark.rule("DP-HSK-02", "DP-UNK-19", "DP-DIS-09")
async def test_the_101_may_come_later_and_frames_wait_for_it() -> None:
    site = Site(answer=keep, accepts=False)
    async with listen(site) as listener, connect(listener, UPGRADE + text("early")) as client:
        exchange = await site.exchanges.get()
        client.send(text("too"))
        session = site.accept(exchange, ("sec-websocket-protocol", "chat"))
        lines = await client.read_head()
        assert lines[0] == "HTTP/1.1 101 Switching Protocols"
        assert lines[-1] == "sec-websocket-protocol: chat"
        assert [await session.texts.get(), await session.texts.get()] == [b"early", b"too"]


@pytest.mark.rule("DP-UNK-19", "DP-DIS-09", "DP-HSK-14")
async def test_frames_behind_a_refused_upgrade_are_dropped() -> None:
    site = Site(answer=keep, accepts=False)
    async with listen(site) as listener, connect(listener, UPGRADE + text("early")) as client:
        exchange = await site.exchanges.get()
        exchange.respond(Response(status=403))
        assert (await client.read_response())[0] == 403
        client.send(get("/next"))
        answer_with_body(await site.exchanges.get())
        assert await client.read_response() == (200, b"GET /next ")


async def test_what_comes_while_a_request_waits_is_kept() -> None:
    site = Site(answer=keep)
    async with listen(site) as listener, connect(listener, get("/1")) as client:
        first = await site.exchanges.get()
        client.send(get("/2"))
        await until(lambda: bool(first._connection._reader.buffered_bytes))
        first.respond(Response(status=204))
        assert (await site.exchanges.get()).request.target == "/2"


async def test_the_next_request_waits_until_the_client_reads_the_last_answer() -> None:
    site = Site(answer=keep)
    async with listen(site) as listener, connect(listener, get("/1") + get("/2")) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        (await site.exchanges.get()).respond(Response(status=200, body=b"a" * 9**7))
        assert site.exchanges.empty()
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]  # it is one
        assert len((await client.read_response())[1]) == 9**7
        assert (await site.exchanges.get()).request.target == "/2"


async def test_a_client_that_does_not_read_the_last_answer_is_dropped() -> None:
    site = Site(answer=lambda exchange: exchange.respond(Response(status=200, body=b"a" * 9**7)))
    settings = replace(PATIENT, stall_seconds_max=60)
    async with listen(site, settings) as listener, connect(listener) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        client.send(get("/", "Connection: close"))
        await site.exchanges.get()
        await all_gone(listener)


async def test_a_websocket_may_follow_requests_on_the_same_connection() -> None:
    site = Site()
    async with listen(site) as listener, connect(listener, get("/") + UPGRADE) as client:
        assert (await client.read_response())[0] == 200
        assert (await client.read_head())[0] == "HTTP/1.1 101 Switching Protocols"
        client.send(close(1000))
        assert await client.read_all() == b"\x88\x02\x03\xe8"


async def test_an_application_that_fails_answers_500(caplog: pytest.LogCaptureFixture) -> None:
    def fail(exchange: Exchange) -> None:
        raise ZeroDivisionError(exchange.request.target)

    async with listen(Site(answer=fail)) as listener, connect(listener, get("/x")) as client:
        with caplog.at_level(logging.ERROR, "routekey.wire"):
            assert (await client.read_all()).startswith(b"HTTP/1.1 500 ")
        assert "GET /x failed" in caplog.text


async def test_a_response_that_cannot_be_written_leaves_the_exchange_open() -> None:
    site = Site(answer=keep)
    async with listen(site) as listener, connect(listener, get("/")) as client:
        exchange = await site.exchanges.get()
        with pytest.raises(ValueError, match="cannot be written"):
            exchange.respond(Response(status=200, headers=(("a", "b\r\n"),)))
        exchange.respond(Response(status=502))
        assert await client.read_response() == (502, b"")


async def test_only_an_upgrade_becomes_a_websocket() -> None:
    site = Site(answer=keep)
    async with listen(site) as listener, connect(listener, get("/")):
        exchange = await site.exchanges.get()
        with pytest.raises(AssertionError):
            site.accept(exchange)


@pytest.mark.parametrize(
    ("sent", "settings", "answer"),
    [
        pytest.param(b"GET / HT", QUICK, b"HTTP/1.1 408 ", id="a slow head"),
        pytest.param(post(b"abc")[:-1], PATIENT, b"HTTP/1.1 408 ", id="a slow body"),
        pytest.param(get("/"), PATIENT, b"HTTP/1.1 200 ", id="no next request"),
        pytest.param(
            get("/") + b"GET",
            replace(QUICK, head_seconds_max=0.5),
            b"HTTP/1.1 200 ",
            id="a slow second head",
        ),
        pytest.param(b"nonsense\r\n\r\n", PATIENT, b"HTTP/1.1 400 ", id="a client that stays"),
    ],
)
async def test_nobody_is_waited_for_forever(sent: bytes, settings: Settings, answer: bytes) -> None:
    async with listen(Site(), settings) as listener, connect(listener, sent) as client:
        assert (await client.read_all()).startswith(answer)
        await all_gone(listener)


async def test_a_trickle_of_bytes_does_not_prolong_a_deadline() -> None:
    async with (
        listen(Site(), QUICK) as listener,
        connect(listener, b"GET / HTTP/1.1\r\n") as client,
    ):
        while listener.connection_count:
            client.send(b"A: b\r\n")
            await asyncio.sleep(0)
        assert (await client.read_all())[:13] in {b"HTTP/1.1 408 ", b"HTTP/1.1 431 "}


async def test_an_application_that_forgets_a_request_is_told_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = Site(answer=keep)
    async with listen(site, PATIENT) as listener, connect(listener, get("/slow")) as client:
        with caplog.at_level(logging.ERROR, "routekey.wire"):
            assert (await client.read_all()).startswith(b"HTTP/1.1 504 ")
        assert "GET /slow was never answered" in caplog.text


async def test_an_answer_has_more_time_than_a_head() -> None:
    site = Site(answer=keep)
    settings = replace(QUICK, head_seconds_max=0.5, answer_seconds_max=60)
    async with listen(site, settings) as listener, connect(listener, get("/")) as client:
        exchange = await site.exchanges.get()
        async with connect(listener) as silent:  # its deadline is as short as a head's
            await silent.read_all()
        answer_with_body(exchange)
        assert await client.read_response() == (200, b"GET / ")


async def test_a_websocket_may_be_the_last_request_of_a_turn() -> None:
    site = Site(is_echo=True)
    data = get("/") * 63 + UPGRADE
    async with listen(site) as listener, connect(listener, data) as client:
        for _ in range(63):
            await client.read_response()
        await client.read_head()
        client.send(text("a"))
        assert await client.reader.readexactly(3) == b"\x81\x01a"


async def test_a_handshake_that_took_too_long_gets_a_websocket_that_is_closed() -> None:
    site = Site(answer=keep, accepts=False)
    async with listen(site, PATIENT) as listener, connect(listener, UPGRADE) as client:
        exchange = await site.exchanges.get()
        assert (await client.read_response())[0] == 504
        session = site.accept(exchange)
        assert await session.closed.get() == (1006, "")
        assert await client.read_all() == b""


@pytest.mark.parametrize("leaves", [True, False])
async def test_an_answer_that_is_not_read_does_not_keep_a_connection(leaves: bool) -> None:
    """The buffer is not full, only not empty: neither a FIN nor an idle end waits for it."""

    def answer(exchange: Exchange) -> None:
        transport = exchange._connection._transport
        transport.set_write_buffer_limits(high=1 << 30)
        exchange.respond(Response(status=200, body=b"a" * 9**8))

    async with listen(Site(answer=answer), PATIENT) as listener, connect(listener) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        client.send(get("/"))
        await until(lambda: listener.connection_count == 1)
        if leaves:
            client.writer.write_eof()
        await all_gone(listener)
