"""Requests and responses, and how a response is written."""

import pytest

from endpoints.wire.support import DATE
from routekey.endpoints.wire.messages import Request, RequestError, Response, encode_response


def request() -> Request:
    headers = (("Host", "a"), ("X-One", "1"), ("x-one", "2"))
    values = {name.lower(): value for name, value in headers}
    return Request(method="GET", target="/", headers=headers, values=values)


def write(response: Response, *, is_last: bool = False, is_head: bool = False) -> list[str]:
    written = encode_response(response, DATE, is_last=is_last, is_head=is_head)
    return written.decode().split("\r\n")


def test_headers_are_found_by_their_lower_case_name() -> None:
    assert request().header("host") == "a"
    assert request().header("accept") is None


@pytest.mark.rule("DP-EVT-18")
def test_of_a_repeated_header_the_last_value_counts() -> None:
    assert request().header("x-one") == "2"


def test_a_response_keeps_order_and_spelling_of_its_headers() -> None:
    headers = (("x-amzn-RequestId", "1"), ("Content-Type", "application/json"), ("a", ""))
    assert write(Response(status=410, headers=headers)) == [
        "HTTP/1.1 410 Gone",
        f"Date: {DATE}",
        "x-amzn-RequestId: 1",
        "Content-Type: application/json",
        "a: ",
        "Content-Length: 0",
        "Connection: keep-alive",
        "",
        "",
    ]


@pytest.mark.rule("DP-HSK-14")
def test_a_handshakes_answer_is_in_lower_case() -> None:
    lines = write(Response(status=403, body=b"no", is_lower_case=True))
    assert lines[1:4] == [f"date: {DATE}", "content-length: 2", "connection: keep-alive"]
    assert lines[-1] == "no"


@pytest.mark.rule("DP-MGM-09")
def test_an_empty_413_has_three_headers() -> None:
    assert write(Response(status=413))[1:4] == [
        f"Date: {DATE}",
        "Content-Length: 0",
        "Connection: keep-alive",
    ]


@pytest.mark.rule("DP-MGM-07")
def test_a_204_has_neither_body_nor_length() -> None:
    lines = write(Response(status=204, body=b"ignored"))
    assert lines[2:] == ["Connection: keep-alive", "", ""]


def test_a_head_request_gets_the_length_and_not_the_body() -> None:
    lines = write(Response(status=200, body=b"body"), is_head=True)
    assert "Content-Length: 4" in lines
    assert lines[-1] == ""


def test_the_last_response_says_so() -> None:
    assert "Connection: close" in write(Response(status=200), is_last=True)


def test_an_unknown_status_has_no_reason() -> None:
    assert write(Response(status=299))[0] == "HTTP/1.1 299 "


def test_what_is_no_request_has_an_answer_that_is_the_last() -> None:
    response = RequestError(426, (("Upgrade", "websocket"),)).response
    assert response.is_last
    assert write(response)[0] == "HTTP/1.1 426 Upgrade Required"
    assert "Upgrade: websocket" in write(response)
    assert write(response)[-1] == (
        "<html><head><title>426 Upgrade Required</title></head>"
        "<body><h1>426 Upgrade Required</h1></body></html>\n"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "empty name"),
        ("a b", "blank"),
        ("a:", "colon"),
        ("é", "not ASCII"),
        ("a\r\nb", "1"),
        ("a", "1\r\nSet-Cookie: x"),
        ("a", "1\n"),
        ("a", "\x00"),
        ("a", "\x7f"),
    ],
)
def test_a_header_cannot_split_a_response(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        write(Response(status=200, headers=((name, value),)))
