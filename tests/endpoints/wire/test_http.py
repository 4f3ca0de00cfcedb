"""Requests from bytes: framing, limits, and everything that could smuggle."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.wire.support import KEY, UPGRADE
from routekey.endpoints.wire.http import RequestReader, Stage
from routekey.endpoints.wire.messages import Request, RequestError
from routekey.endpoints.wire.settings import Settings

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def post(body: bytes, *headers: bytes) -> bytes:
    lines = [b"POST /x HTTP/1.1", b"Host: a", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


def read(data: bytes, settings: Settings | None = None) -> list[Request]:
    reader = RequestReader(settings or Settings())
    reader.feed(data)
    requests = []
    while (request := reader.next_request()) is not None:
        requests.append(request)
    return requests


def refusal(data: bytes, settings: Settings | None = None) -> int:
    with pytest.raises(RequestError) as caught:
        read(data, settings)
    assert caught.value.response.is_last
    return caught.value.response.status


@pytest.mark.rule("DP-EVT-18", "DP-MGM-02")
def test_a_request_comes_as_it_was_sent() -> None:
    data = b"POST /p/%40connections/a%3D?x=%20 HTTP/1.1\r\nhOsT: a\r\nB:  1 \r\nA:\r\nb: 2\r\n\r\n"
    reader = RequestReader(Settings(), "203.0.113.7", is_tls=True)
    reader.feed(data)
    assert reader.next_request() == Request(
        method="POST",
        target="/p/%40connections/a%3D?x=%20",
        headers=(("hOsT", "a"), ("B", "1"), ("A", ""), ("b", "2")),
        values={"host": "a", "b": "2", "a": ""},
        source_ip="203.0.113.7",
        is_tls=True,
    )


def test_header_values_may_hold_any_byte_but_controls() -> None:
    (request,) = read(b"GET / HTTP/1.1\r\nHost: a\r\nA: \xe9\t\xff\r\n\r\n")
    assert request.header("a") == "é\tÿ"


def test_requests_come_one_behind_another() -> None:
    chunked = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n"
    requests = read(GET + post(b"abc") + chunked + b"\r\n" + GET + post(b""))
    assert [(each.method, each.body) for each in requests] == [
        ("GET", b""),
        ("POST", b"abc"),
        ("PUT", b"z"),
        ("GET", b""),
        ("POST", b""),
    ]


@pytest.mark.timeout(30)
def test_blank_lines_before_a_request_are_dropped_at_once() -> None:
    """One after the other, each with a copy of what follows, these would take hours."""
    assert [each.method for each in read(b"\r\n" * 8_000_000 + GET)] == ["GET"]


@given(st.lists(st.integers(0, 300), max_size=10), st.binary(max_size=50))
def test_where_reads_end_makes_no_difference(places: list[int], body: bytes) -> None:
    data = GET + post(body) + UPGRADE + b"frames"
    reader = RequestReader(Settings())
    requests = []
    borders = [0, *sorted(places), len(data)]
    for start, end in pairwise(borders):
        reader.feed(data[start:end])
        while (request := reader.next_request()) is not None:
            requests.append(request)
            if request.is_upgrade:
                break
    assert [each.body for each in requests[:3]] == [b"", body, b""]
    assert [each.is_upgrade for each in requests[:3]] == [False, False, True]


def test_what_is_behind_an_upgrade_stays_untouched() -> None:
    reader = RequestReader(Settings())
    reader.feed(UPGRADE + b"\x81\x80GET")
    request = reader.next_request()
    assert request is not None
    assert request.is_upgrade
    assert reader.buffered_bytes == 5
    assert reader.take_rest() == b"\x81\x80GET"
    assert reader.buffered_bytes == 0


def test_the_stage_tells_what_the_client_is_sending() -> None:
    reader = RequestReader(Settings())
    data = post(b"abc")
    stages = []
    for part in (data[:5], data[5:-3], data[-3:]):
        reader.feed(part)
        is_done = reader.next_request() is not None
        stages.append((reader.stage, is_done))
    assert stages == [(Stage.HEAD, False), (Stage.BODY, False), (Stage.REQUEST, True)]


@pytest.mark.parametrize(
    ("version", "connection", "is_kept_alive"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: keep-alive\r\n", True),
    ],
)
def test_who_keeps_the_connection(version: bytes, connection: bytes, is_kept_alive: bool) -> None:
    (request,) = read(b"GET / HTTP/%s\r\nHost: a\r\n%s\r\n" % (version, connection))
    assert request.is_kept_alive is is_kept_alive


def test_http_1_0_needs_no_host_and_opens_no_websocket() -> None:
    assert read(b"GET / HTTP/1.0\r\n\r\n")[0].header("host") is None
    assert not read(UPGRADE.replace(b"HTTP/1.1", b"HTTP/1.0"))[0].is_upgrade


def test_the_connection_header_may_come_in_parts() -> None:
    data = UPGRADE.replace(b"Connection: Upgrade", b"Connection: Upgrade\r\nConnection: x")
    assert read(data)[0].is_upgrade


def test_a_client_that_waits_for_continue() -> None:
    reader = RequestReader(Settings())
    data = post(b"abc", b"Expect: 100-Continue")
    reader.feed(data[:-3])
    assert not reader.wants_continue
    assert reader.next_request() is None
    assert reader.wants_continue
    reader.feed(b"a")
    assert reader.next_request() is None
    assert not reader.wants_continue


def test_a_client_that_does_not_wait_for_continue() -> None:
    reader = RequestReader(Settings())
    reader.feed(post(b"abc")[:-3])
    assert reader.next_request() is None
    assert not reader.wants_continue


@pytest.mark.rule("DP-URL-04")
def test_a_target_of_over_4096_characters_is_414() -> None:
    def get(size: int) -> bytes:
        return b"GET /" + b"a" * (size - 1) + b" HTTP/1.1\r\nHost: a\r\n\r\n"

    assert len(read(get(4096))[0].target) == 4096
    assert refusal(get(4097)) == 414
    assert refusal(get(20_000)) == 414


@pytest.mark.rule("DP-EVT-21")
def test_a_head_of_over_10240_bytes_is_431() -> None:
    def get(size: int) -> bytes:
        return GET[:-2] + b"A: " + b"b" * (size - len(GET) - 5) + b"\r\n\r\n"

    assert len(get(10_240)) == 10_240
    assert read(get(10_240))
    assert refusal(get(10_241)) == 431
    assert refusal(get(10_241)[:10_240]) == 431


def test_over_100_headers_are_431() -> None:
    assert len(read(GET[:-2] + b"a: b\r\n" * 99 + b"\r\n")[0].headers) == 100
    assert refusal(GET[:-2] + b"a: b\r\n" * 100 + b"\r\n") == 431


@pytest.mark.rule("DP-MGM-09", "DP-MGM-15")
def test_a_body_above_the_bound_is_marked_and_not_kept() -> None:
    exact, above, behind = read(post(b"a" * 131072) + post(b"a" * 131073) + GET)
    assert (len(exact.body), exact.is_body_too_large) == (131072, False)
    assert (above.body, above.is_body_too_large, above.is_kept_alive) == (b"", True, True)
    assert behind.method == "GET"


def test_a_chunked_body_above_the_bound_is_marked_too() -> None:
    data = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n"
    (request,) = read(data + b"0\r\n\r\n", Settings(body_bytes_max=10))
    assert (request.body, request.is_body_too_large) == (b"", True)


def test_nobody_waits_for_a_body_that_is_huge() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n"
    (request,) = read(head)
    assert (request.is_body_too_large, request.is_kept_alive) == (True, False)


def test_nobody_waits_for_a_body_that_turns_out_huge() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    settings = Settings(body_bytes_max=10, dropped_bytes_max=20)
    assert read(head + b"14\r\n" + b"a" * 20, settings) == []
    (request,) = read(head + b"15\r\n" + b"a" * 21, settings)
    assert (request.is_body_too_large, request.is_kept_alive) == (True, False)


def lines(*extra: bytes, first: bytes = b"POST / HTTP/1.1", host: bytes = b"Host: a") -> bytes:
    return b"\r\n".join([first, *([host] if host else []), *extra, b"", b""])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lines(host=b""), id="no Host"),
        pytest.param(lines(b"Host: a"), id="two Hosts"),
        pytest.param(lines(b"Authorization: a", b"authorization: a"), id="two Authorizations"),
        pytest.param(lines(b"Content-Length: 3", b"Transfer-Encoding: chunked"), id="CL and TE"),
        pytest.param(lines(b"Transfer-Encoding: chunked", b"Content-Length: 3"), id="TE and CL"),
        pytest.param(lines(b"Content-Length: 3", b"Content-Length: 4"), id="two lengths"),
        pytest.param(lines(b"Content-Length: 3", b"content-length: 3"), id="the length twice"),
        pytest.param(lines(b"Content-Length: 3, 3"), id="a list of lengths"),
        pytest.param(lines(b"Content-Length: -1"), id="negative length"),
        pytest.param(lines(b"Content-Length: +1"), id="signed length"),
        pytest.param(lines(b"Content-Length: 0x1"), id="hexadecimal length"),
        pytest.param(lines(b"Content-Length: 1_0"), id="length with underscore"),
        pytest.param(lines(b"Content-Length: \xb2"), id="superscript length"),
        pytest.param(lines(b"Content-Length:"), id="empty length"),
        pytest.param(lines(b"Content-Length: " + b"9" * 16), id="absurd length"),
        pytest.param(lines(b"Content-Length: " + b"9" * 30), id="overflowing length"),
        pytest.param(lines(b"Transfer-Encoding: gzip, chunked"), id="another coding"),
        pytest.param(lines(b"Transfer-Encoding: chunked, gzip"), id="chunked not last"),
        pytest.param(lines(b"Transfer-Encoding: xchunked"), id="nearly chunked"),
        pytest.param(lines(b"Transfer-Encoding: \x0bchunked"), id="hidden chunked"),
        pytest.param(lines(b"Transfer-Encoding: chunked", b"Transfer-Encoding: x"), id="two TEs"),
        pytest.param(
            lines(b"Transfer-Encoding: chunked", first=b"POST / HTTP/1.0"), id="chunks in 1.0"
        ),
        pytest.param(lines(b"A: b", b" c"), id="folded header"),
        pytest.param(lines(b"A: b", b"\tc"), id="folded by a tab"),
        pytest.param(lines(b" A: b"), id="blank before the first header"),
        pytest.param(lines(b"A : b"), id="blank before a colon"),
        pytest.param(lines(b"A"), id="no colon"),
        pytest.param(lines(b": b"), id="no name"),
        pytest.param(lines(b"A b: c"), id="blank in a name"),
        pytest.param(lines(b"\xc3\xa9: c"), id="name beyond ASCII"),
        pytest.param(lines(b"A: b\x00"), id="NUL"),
        pytest.param(lines(b"A: b\rC: d"), id="bare carriage return"),
        pytest.param(lines(b"A: b\nC: d"), id="bare line feed"),
        pytest.param(lines(b"A: \x7f"), id="DEL"),
        pytest.param(b"GET / HTTP/1.1\nHost: a\n\r\n\r\n", id="only line feeds"),
        pytest.param(lines(first=b"GET / HTTP/2.0"), id="HTTP/2.0"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(lines(first=b"GET / HTTP/0.9"), id="HTTP/0.9"),
        pytest.param(lines(first=b"GET / HTTP/1.12"), id="long version"),
        pytest.param(lines(first=b"GET /"), id="no version"),
        pytest.param(lines(first=b"GET / http/1.1"), id="lower-case version"),
        pytest.param(lines(first=b"GET HTTP/1.1"), id="no target"),
        pytest.param(lines(first=b"GET /\x00 HTTP/1.1"), id="NUL in the target"),
        pytest.param(lines(first=b"GET /a b HTTP/1.1"), id="blank in the target"),
        pytest.param(lines(first=b"GET /\xff HTTP/1.1"), id="target beyond ASCII"),
        pytest.param(lines(first=b"FETCH / HTTP/1.1"), id="unknown method"),
        pytest.param(lines(first=b"get / HTTP/1.1"), id="lower-case method"),
        pytest.param(lines(first=b" GET / HTTP/1.1"), id="leading blank"),
        pytest.param(UPGRADE[:-2] + b"Sec-WebSocket-Key: " + KEY.encode() + b"\r\n\r\n", id="keys"),
        pytest.param(lines(b"Transfer-Encoding: chunked") + b"x\r\n", id="broken chunk"),
    ],
)
def test_an_ambiguous_or_malformed_request_is_400(data: bytes) -> None:
    assert refusal(data) == 400


@given(st.binary(max_size=300))
def test_any_bytes_are_requests_or_refused(data: bytes) -> None:
    try:
        read(data)
    except RequestError as error:
        assert error.response.status in {400, 414, 426, 431}  # noqa: PT017  # either is right


@given(st.text(st.characters(max_codepoint=255), max_size=60).filter(lambda x: "\r\n" not in x))
def test_any_header_line_is_one_header_or_refused(line: str) -> None:
    try:
        (request,) = read(
            b"GET / HTTP/1.1\r\nHost: a\r\nA: " + line.encode("latin-1") + b"\r\n\r\n"
        )
    except RequestError:
        return
    assert request.headers[1][1] == line.strip(" \t")
