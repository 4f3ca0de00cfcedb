"""Answers, byte by byte and at once: what is read, what is refused."""

import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.adapters.integrations.http_answer import (
    BODY_BYTES_MAX,
    HEAD_BYTES_MAX,
    AnswerError,
    AnswerReader,
    AnswerRoom,
)
from routekey.gateway.ports import HttpOutcome

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi"
HEADERS = (("Content-Length", "2"), ("X-A", "b"))


def read(data: bytes, *, is_bodiless: bool = False) -> tuple[HttpOutcome | None, bool]:
    reader = AnswerReader(is_bodiless=is_bodiless)
    return reader.feed(data), reader.is_reusable


def test_an_answer_is_read_and_leaves_the_connection_good() -> None:
    assert read(OK) == (HttpOutcome(status=200, headers=HEADERS, body=b"hi"), True)


def test_a_closed_reader_is_gone_at_once() -> None:
    """With its body, and without the help of the garbage collector."""
    gc.disable()
    try:
        reader = AnswerReader()
        reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nunfin")
        gone = weakref.ref(reader)
        reader.close()
        del reader
        assert gone() is None
    finally:
        gc.enable()


def test_answers_share_a_room_and_give_it_back() -> None:
    room = AnswerRoom(100)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n"
    first, second = AnswerReader(room=room), AnswerReader(room=room)
    assert first.feed(head + b"a" * 59) is None
    with pytest.raises(AnswerError, match="more than there is room for"):
        second.feed(head + b"b" * 60)
    second.close()
    assert first.feed(b"a") is not None
    first.close()
    assert room.bytes_left == 100


def test_an_answer_may_come_byte_by_byte() -> None:
    reader = AnswerReader()
    assert [reader.feed(OK[at : at + 1]) for at in range(len(OK) - 1)] == [None] * (len(OK) - 1)
    assert reader.feed(OK[-1:]) == HttpOutcome(status=200, headers=HEADERS, body=b"hi")


def test_chunks_are_joined_and_trailers_left_out() -> None:
    outcome, is_reusable = read(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1\r\na\r\n2;x=y\r\nbc\r\n0\r\nX-Trailer: z\r\n\r\n"
    )
    assert outcome is not None
    assert outcome.body == b"abc"
    assert outcome.headers == (("Transfer-Encoding", "chunked"),)
    assert is_reusable


def test_a_body_without_length_ends_with_the_connection() -> None:
    reader = AnswerReader()
    assert reader.feed(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nab") is None
    assert reader.feed(b"c") is None
    assert reader.feed_eof() == HttpOutcome(status=200, headers=(("X", "y"),), body=b"abc")
    assert not reader.is_reusable


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body(status: int) -> None:
    outcome, is_reusable = read(b"HTTP/1.1 %d X\r\n\r\n" % status)
    assert outcome == HttpOutcome(status=status, headers=(), body=b"")
    assert is_reusable


def test_an_answer_to_head_has_no_body_whatever_it_says() -> None:
    outcome, is_reusable = read(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", is_bodiless=True)
    assert outcome == HttpOutcome(status=200, headers=(("Content-Length", "9"),), body=b"")
    assert is_reusable
    assert read(b"HTTP/1.0 200 OK\r\n\r\n", is_bodiless=True)[1] is False


def test_informational_answers_are_skipped() -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    assert read(early + OK) == (HttpOutcome(status=200, headers=HEADERS, body=b"hi"), True)
    with pytest.raises(AnswerError, match="informational"):
        read(b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + OK)


@pytest.mark.parametrize(
    "data",
    [
        OK + b"more",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_connection_is_not_used_again_after(data: bytes) -> None:
    outcome, is_reusable = read(data)
    assert outcome is not None
    assert outcome.status == 200
    assert not is_reusable


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "malformed"),
        (b"\x00\x01", "malformed"),
        (b"HTTP/1.1 abc\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "malformed"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "malformed",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "malformed"),
        (b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "switched protocols"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * HEAD_BYTES_MAX, "head of the answer is larger"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 3 * HEAD_BYTES_MAX, "too large"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * (BODY_BYTES_MAX + 1), "body of the answer is larger"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
            + b"X: y\r\n" * HEAD_BYTES_MAX,
            "head of the answer is larger",
        ),
    ],
)
def test_what_is_no_answer_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(AnswerError, match=reason):
        read(data)


@pytest.mark.parametrize("cut", range(len(OK)))
def test_an_answer_that_is_cut_off_is_refused(cut: int) -> None:
    reader = AnswerReader()
    assert reader.feed(OK[:cut]) is None
    with pytest.raises(AnswerError, match="before its answer was complete"):
        reader.feed_eof()


@given(parts=st.lists(st.binary(max_size=30), max_size=5), is_late=st.booleans())
def test_no_bytes_make_the_reader_raise_a_stranger(*, parts: list[bytes], is_late: bool) -> None:
    reader = AnswerReader()
    try:
        if is_late:
            reader.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n")
        for part in parts:
            if reader.feed(part) is not None:
                return
        reader.feed_eof()
    except AnswerError:
        return
