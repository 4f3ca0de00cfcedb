"""Wildcards and policy variables."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.errors import PolicyError
from routekey.languages.iam.patterns import Context, matches_arn, parse_pattern

PUSH = "arn:aws:execute-api:eu-west-2:123456789012:abc/dev/POST/@connections/{connectionId}"
CONNECT = "arn:aws:execute-api:eu-west-2:123456789012:abc/dev/$connect"
API = "arn:aws:execute-api:eu-west-2:123456789012:abc"


def fits(pattern: str, text: str, context: Context | None = None) -> bool | None:
    return parse_pattern(pattern, has_variables=True).matches(text, context or {})


@pytest.mark.rule("SEC-IAM-02", "SEC-EVAL-04")
@pytest.mark.parametrize(
    "resource",
    [
        f"{API}/*",
        f"{API}/dev/*",
        f"{API}/dev/POST/*",
        f"{API}/dev/*/@connections/*",
        f"{API}/dev/POST/@connections/*",
        f"{API}/*/*/@connections/*",
        "arn:aws:execute-api:*:*:*/@connections/*",
        "arn:aws:execute-api:*:*:*/*/POST/@connections/*",
        "arn:aws:execute-api:*:*:*",
        "arn:aws:execute-api:*",
        "arn:*",
        "*",
        PUSH,
        f"{API}/???/POST/@connections/{{connectionId}}",
    ],
)
def test_resources_as_people_write_them_match_a_push(resource: str) -> None:
    assert fits(resource, PUSH) is True


@pytest.mark.rule("SEC-IAM-03", "SEC-IAM-04", "DP-MGM-05", "DP-AUT-07", "DP-SUR-15", "DP-SUR-29")
@pytest.mark.parametrize(
    ("resource", "text"),
    [
        (f"{API}/prod/*/*", f"{API}/prod/$connect"),
        (f"{API}/dev/POST/@connections", PUSH),
        (f"{API}/dev/POST/@connections/gbgZmm6Q1QAYKEjmMA==", PUSH),
        (f"{API}/dev/post/@connections/*", PUSH),
        ("arn:aws:execute-api:eu-west-2:12345678901?:abcd/*", PUSH),
        ("", PUSH),
    ],
)
def test_resources_that_do_not_match(resource: str, text: str) -> None:
    assert fits(resource, text) is False


@pytest.mark.rule("SEC-EVAL-06")
@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("home/${aws:username}/*", "home/ann/x", True),
        ("home/${AWS:UserName}/*", "home/ann/x", True),
        ("home/${aws:username}/*", "home/bob/x", False),
        ("home/${aws:missing}/*", "home//x", None),
        ("home/${aws:missing, 'all'}/*", "home/all/x", True),
        ("home/${aws:missing, ''}/*", "home//x", True),
        ("home/${aws:username, 'all'}/*", "home/ann/x", True),
        ("home/${aws:groups}/*", "home/a/x", None),
        ("home/${aws:star}", "home/x", False),
        ("home/${aws:star}", "home/*", True),
        ("${*}a${?}b${$}", "*a?b$", True),
        ("${*}", "x", False),
        ("$a{b}", "$a{b}", True),
    ],
)
def test_variables_stand_for_values_of_the_request(
    pattern: str, text: str, expected: bool | None
) -> None:
    context: Context = {"aws:username": "ann", "aws:groups": ("a", "b"), "aws:star": "*"}
    assert fits(pattern, text, context) is expected


@given(st.text(max_size=6), st.text(max_size=6))
def test_the_value_of_a_variable_is_never_a_wildcard(value: str, text: str) -> None:
    assert fits("${k}", text, {"k": value}) is (value == text)


@pytest.mark.rule("SEC-EVAL-06")
def test_variables_are_plain_text_where_the_version_does_not_know_them() -> None:
    pattern = parse_pattern("a/${aws:username}", has_variables=False)
    assert not pattern.has_variables
    assert pattern.matches("a/${aws:username}", {}) is True


@pytest.mark.parametrize("text", ["${", "a${b", "${}", "${ }", "${a,b}", "${a, 'b}", "${a, b'}"])
def test_a_variable_that_is_no_variable_is_refused(text: str) -> None:
    with pytest.raises(PolicyError, match=re.escape("${key}")):
        parse_pattern(text, has_variables=True)


@pytest.mark.rule("SEC-LPOL-02", "SEC-EVAL-08")
@pytest.mark.parametrize(
    "pattern",
    [
        f"{API}/*",
        f"{API}/*/*",
        f"{API}/*/$connect",
        f"{API}/*$connect",
        f"{API}/dev/*",
        f"{API}/dev/$connect",
        "arn:aws:execute-api:*:*:abc/*",
        "arn:aws:execute-api:*",
        "*",
    ],
)
def test_source_arns_as_tools_write_them_match_connect(pattern: str) -> None:
    assert matches_arn(pattern, CONNECT)


@pytest.mark.rule("SEC-EVAL-08")
@pytest.mark.parametrize(
    ("pattern", "arn"),
    [
        ("arn:aws:execute-api:*:abc/dev/$connect", CONNECT),  # a star stays in its part
        ("arn:aws:execute-api", CONNECT),
        ("", CONNECT),
        ("*", "no arn"),
        (f"{API}/authorizers/*", CONNECT),
    ],
)
def test_arns_are_matched_part_by_part(pattern: str, arn: str) -> None:
    assert not matches_arn(pattern, arn)


def test_a_variable_may_stand_in_an_arn() -> None:
    pattern = parse_pattern("arn:aws:iam::${aws:account}:role/*", has_variables=True)
    arn = "arn:aws:iam::123456789012:role/a:b"
    assert pattern.matches_arn(arn, {"aws:account": "123456789012"}) is True
    assert pattern.matches_arn(arn, {"aws:account": "1*"}) is False
    assert pattern.matches_arn(arn, {}) is None


def test_a_pattern_can_be_taken_as_plain_text() -> None:
    pattern = parse_pattern("a*${b}?", has_variables=True)
    assert pattern.equals("a*x?", {"b": "x"}) is True
    assert pattern.equals("axx?", {"b": "x"}) is False
    assert pattern.equals("a*x?", {}) is None
