"""Bodies, sized and chunked, from reads that end anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.endpoints.wire.body import Body, ChunkedBody, InvalidBodyError, SizedBody


def chunked(parts: list[bytes]) -> bytes:
    lines = [f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts if part]
    return b"".join([*lines, b"0\r\n\r\n"])


def feed_bytewise(body: Body, data: bytes) -> bytes:
    rest = b""
    for index in range(len(data)):
        rest += body.feed(data[index : index + 1]) if not body.is_complete else data[index:][:1]
    return rest


def feed_in_turns(body: Body, data: bytes) -> bytes:
    rest = body.feed(data)
    while body.is_behind:
        rest += body.feed(b"")
    return rest


def test_a_sized_body_ends_at_its_length() -> None:
    body = SizedBody(3, 10)
    assert body.feed(b"a") == b""
    assert not body.is_complete
    assert body.feed(b"bcd") == b"d"
    assert body.is_complete
    assert body.content == b"abc"


def test_a_body_of_length_0_is_complete() -> None:
    assert SizedBody(0, 10).is_complete


@pytest.mark.rule("DP-MGM-09")
def test_a_sized_body_above_the_bound_is_counted_and_dropped() -> None:
    body = SizedBody(11, 10)
    assert body.is_too_large
    assert body.feed(b"a" * 12) == b"a"
    assert body.is_complete
    assert body.received_bytes == 11
    assert not body.content


@pytest.mark.rule("DP-MGM-09")
def test_a_chunked_body_above_the_bound_is_counted_and_dropped() -> None:
    body = ChunkedBody(10)
    body.feed(b"a\r\n0123456789\r\n")
    assert not body.is_too_large
    body.feed(b"1\r\na\r\n0\r\n\r\n")
    assert body.is_too_large
    assert (body.is_complete, body.received_bytes) == (True, 11)
    assert not body.content


def test_extensions_and_trailers_are_dropped() -> None:
    body = ChunkedBody(100)
    assert body.feed(b"3;a=b;c\r\nabc\r\n0;z\r\nX-Trailer: 1\r\nY: 2\r\n\r\nrest") == b"rest"
    assert body.is_complete
    assert body.content == b"abc"


@pytest.mark.parametrize("count", [84, 85, 86, 1000])
def test_many_chunks_are_taken_in_turns(count: int) -> None:
    body = ChunkedBody(1000)
    first = body.feed(chunked([b"a"] * count) + b"GET")
    assert len(body.content) <= 86
    rest = first if body.is_complete else feed_in_turns(body, b"")
    assert rest == b"GET"
    assert body.content == b"a" * count
    assert not body.is_behind


@given(st.lists(st.binary(max_size=30), max_size=5))
def test_chunks_make_the_same_body_wherever_reads_end(parts: list[bytes]) -> None:
    data = chunked(parts) + b"GET"
    whole, bytewise = ChunkedBody(1000), ChunkedBody(1000)
    assert whole.feed(data) == b"GET"
    assert feed_bytewise(bytewise, data) == b"GET"
    assert whole.content == bytewise.content == b"".join(parts)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\r\n", id="no size"),
        pytest.param(b";a\r\n", id="only an extension"),
        pytest.param(b"g\r\n", id="not hexadecimal"),
        pytest.param(b"-1\r\n", id="negative"),
        pytest.param(b"+1\r\n", id="plus"),
        pytest.param(b"0x1\r\n", id="0x"),
        pytest.param(b"1_0\r\n", id="underscore"),
        pytest.param(b" 1\r\n", id="leading blank"),
        pytest.param(b"123456789\r\n", id="over 4 GiB"),
        pytest.param(b"1\na\r\n", id="bare line feed behind the size"),
        pytest.param(b"1\r\nab\r\n", id="chunk longer than said"),
        pytest.param(b"1\r\na\n\n", id="bare line feed behind the chunk"),
        pytest.param(b"1;" + b"a" * 300, id="endless extension"),
        pytest.param(b"0\r\n" + b"a" * 5000, id="endless trailer"),
        pytest.param(b"0\r\n" + b"a: b\r\n" * 1000, id="endless trailers"),
        pytest.param(b"0\r\na: b\nc: d\r\n\r\n", id="bare line feed in a trailer"),
        pytest.param(b"1;a\rb\r\n", id="bare carriage return"),
    ],
)
def test_broken_chunks_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidBodyError):
        feed_in_turns(ChunkedBody(100), data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_body_or_refused(data: bytes) -> None:
    body = ChunkedBody(50)
    try:
        body.feed(data)
    except InvalidBodyError:
        return
    assert len(body.content) <= 50
    assert len(body._buffer) < 5000
