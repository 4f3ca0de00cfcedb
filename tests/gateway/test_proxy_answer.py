import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.choices import DEFAULT_CHOICES
from routekey.errors import IntegrationFailure
from routekey.gateway.ports import LambdaOutcome
from routekey.gateway.proxy_answer import (
    ProxyAnswer,
    describe_failure,
    peek_status,
    read_proxy_answer,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def read(answer: object, *, is_connect: bool = False) -> ProxyAnswer:
    return read_raw(json.dumps(answer).encode(), is_connect=is_connect)


def read_raw(
    payload: bytes, *, function_error: str | None = None, is_connect: bool = False
) -> ProxyAnswer:
    outcome = LambdaOutcome(payload=payload, function_error=function_error)
    return read_proxy_answer(outcome, DEFAULT_CHOICES, is_connect=is_connect)


def refusal(answer: object, *, is_connect: bool = False) -> str:
    with pytest.raises(IntegrationFailure) as caught:
        read(answer, is_connect=is_connect)
    assert caught.value.status == 502
    return caught.value.reason


@pytest.mark.rule("DP-INT-20")
def test_an_answer_has_a_status_headers_and_a_body() -> None:
    answer = read(
        {
            "statusCode": 201,
            "headers": {"X-One": "1", "X-Number": 7, "X-None": None},
            "multiValueHeaders": {"X-Two": ["a", "b"]},
            "body": "text",
        }
    )
    assert answer.status == 201
    assert answer.headers == {
        "x-one": ("1",),
        "x-number": ("7",),
        "x-none": (),
        "x-two": ("a", "b"),
    }
    assert answer.body == b"text"


@pytest.mark.rule("DP-INT-21", "DP-UNK-03")
@pytest.mark.parametrize(("status", "read_as"), [("200", 200), (204.0, 204), (599, 599)])
def test_a_status_may_be_written_in_other_ways(status: object, read_as: int) -> None:
    assert read({"statusCode": status}).status == read_as


@pytest.mark.rule("DP-INT-21", "DP-UNK-03")
@pytest.mark.parametrize(
    "status", ["ok!", "20", " 20", "٢٠٠", True, 101, 600, -1, 200.5, [], {}, ""]
)
def test_what_is_no_status_is_malformed(status: object) -> None:
    assert "has the statusCode" in refusal({"statusCode": status})


@pytest.mark.rule("DP-INT-21", "DP-UNK-03")
def test_a_missing_status_is_200_except_on_connect() -> None:
    assert read({"body": "x"}).status == 200
    assert "has no statusCode" in refusal({"body": "x"}, is_connect=True)


@pytest.mark.rule("DP-INT-16", "DP-UNK-09")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [(None, "returned nothing"), ("text", "returned a str"), ([], "returned a list")],
)
def test_what_is_no_object_is_named_with_what_to_return(answer: object, reason: str) -> None:
    assert reason in refusal(answer)
    assert "{'statusCode': 200, …}" in refusal(answer)


@pytest.mark.rule("DP-INT-20")
def test_an_unknown_member_is_named() -> None:
    assert "unknown member 'cookies'" in refusal({"statusCode": 200, "cookies": []})


@pytest.mark.rule("DP-INT-22")
@pytest.mark.parametrize("body", [{}, [], {"a": 1}])
def test_a_body_that_is_an_object_is_malformed(body: object) -> None:
    assert "body is an object" in refusal({"body": body})


@pytest.mark.rule("DP-INT-19", "DP-UNK-11")
def test_a_base64_body_is_decoded() -> None:
    assert read({"body": "aGk=", "isBase64Encoded": True}).body == b"hi"
    assert "body is not base64" in refusal({"body": "a", "isBase64Encoded": True})


def test_a_scalar_body_is_its_json() -> None:
    assert read({"body": 7}).body == b"7"
    assert read({}).body is None


@pytest.mark.parametrize(
    "headers",
    [
        {"a": "1\r\nb: 2"},
        {"a\n": "1"},
        {"": "1"},
        {"ä": "1"},
        {"a": "\0"},
        {"a b": "1"},
        {"a:b": "1"},
        {"a": "\x01"},
        {"a": "\x7f"},
    ],
)
def test_a_header_that_would_break_the_answer_is_refused(headers: dict[str, str]) -> None:
    assert "cannot be sent" in refusal({"statusCode": 200, "headers": headers})


def test_headers_that_are_no_object_are_refused() -> None:
    assert "headers is not an object" in refusal({"statusCode": 200, "headers": []})


@pytest.mark.rule("DP-INT-16")
def test_a_function_that_failed_says_how_in_the_log() -> None:
    failure = b'{"errorType": "ValueError", "errorMessage": "bad\\nthing"}'
    with pytest.raises(IntegrationFailure, match="ValueError: bad thing"):
        read_raw(failure, function_error="Unhandled")
    assert describe_failure(b"\xff no JSON") == "� no JSON"


@pytest.mark.parametrize("form", ['{"errorType": "E", "errorMessage": "%s"}', "%s"])
def test_a_refusal_of_aws_is_told_whole_and_an_endless_one_is_cut(form: str) -> None:
    refusal = f"User: {'u' * 150} is not authorized to perform: a on resource: {'r' * 300}."
    assert describe_failure((form % refusal).encode()).endswith("r.")
    told = describe_failure((form % ("x" * 9000)).encode())
    assert told.endswith("xx…")
    assert len(told) == 801


def test_what_is_not_json_is_malformed() -> None:
    for payload in (b"", b"{", b"\xff", b'{"body":"\xff"}', b"[" * 100_000):
        with pytest.raises(IntegrationFailure, match="not JSON"):
            read_raw(payload)


@pytest.mark.parametrize(
    ("payload", "status"),
    [(b'{"statusCode": 503}', 503), (b'{"statusCode": "503"}', 200), (b"{", 200), (b"[]", 200)],
)
def test_metrics_see_the_status_that_an_answer_claims(payload: bytes, status: int) -> None:
    assert peek_status(LambdaOutcome(payload=payload, function_error=None)) == status


@given(JSON)
def test_any_answer_is_read_or_refused(answer: object) -> None:
    with contextlib.suppress(IntegrationFailure):
        assert read_raw(json.dumps(answer).encode(), is_connect=True).status in range(600)
