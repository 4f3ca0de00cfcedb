"""Each condition operator, on values that fit and values that do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.languages.iam.operators import OPERATORS


def fits(operator: str, value: str, text: str) -> bool | None:
    return OPERATORS[operator.lower()].compile(value, True)(text, {"v": "Xy"})


@pytest.mark.rule("SEC-EVAL-08", "SEC-EVAL-09")
@pytest.mark.parametrize(
    ("operator", "value", "good", "bad"),
    [
        ("StringEquals", "a*", "a*", "ab"),
        ("StringEquals", "a${v}", "aXy", "axy"),
        ("StringEqualsIgnoreCase", "aB", "Ab", "a"),
        ("StringEqualsIgnoreCase", "${v}", "xY", "x"),
        ("StringLike", "a*c?", "abcd", "abc"),
        ("ArnEquals", "arn:aws:*:::x", "arn:aws:iam:::x", "arn:aws:iam:::y"),
        ("ArnLike", "arn:aws:iam:::x*", "arn:aws:iam:::x:y", "arn:aws:iam::1:x"),
        ("NumericEquals", "10", "10.0", "11"),
        ("NumericLessThan", "10", "9.99", "10"),
        ("NumericLessThanEquals", "10", "10", "10.01"),
        ("NumericGreaterThan", "-1", "0", "-1"),
        ("NumericGreaterThanEquals", "1e3", "1000", "999"),
        ("NumericEquals", "1", "1", "one"),
        ("NumericEquals", "1", "1", "NaN"),
        ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-02"),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59.999Z", "2026-01-01"),
        ("DateLessThanEquals", "1767225600", "2026-01-01T00:00:00Z", "1767225601"),
        ("DateGreaterThan", "2026-01-01", "2026-01-01T00:00:01Z", "2026-01-01T00:00:00"),
        ("DateGreaterThanEquals", "2026-01-01", "2026-01-01", "yesterday"),
        ("DateGreaterThan", "1970-01-01", "1767225600", "9" * 5000),
        ("DateGreaterThan", "01T", "0001-01-01t00:00:00.5z", "-1-12-31"),
        ("DateLessThan", "292278993-12-31", "-292275054", "292278994-01"),
        ("DateEquals", "2024-02-29T23:30:00-02:30", "2024-03-01t2", "2024-03-01T2:01"),
        ("DateEquals", "-0004-03-01", "-4-03-01T00:00:00+00", "-4-02-29"),
        ("Bool", "true", "TRUE", "false"),
        ("Bool", "false", "False", "0"),
        ("BinaryEquals", "aGk=", "aGk=", "aGo="),
        ("BinaryEquals", "aGk=", "aGk=", "€"),
        ("IpAddress", "10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
        ("IpAddress", "10.0.0.1/8", "10.255.0.1", "2001:db8::1"),
        ("IpAddress", "203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("IpAddress", "203.0.113.7", "::ffff:203.0.113.7", "::ffff:203.0.113.8"),
        ("IpAddress", "2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
        ("IpAddress", "0.0.0.0/0", "255.255.255.255", "host"),
    ],
)
def test_operators(operator: str, value: str, good: str, bad: str) -> None:
    assert fits(operator, value, good) is True
    assert fits(operator, value, bad) is False


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("NumericEquals", "ten"),
        ("NumericEquals", "Infinity"),
        ("NumericEquals", ""),
        ("DateEquals", "tomorrow"),
        ("DateEquals", "2026-13-01"),
        ("DateEquals", "2026-02-29"),
        ("DateEquals", "2026-02-00"),
        ("DateEquals", "2026-02-01T24:00"),
        ("DateEquals", "2026-02-01T23:00:00.1234567890"),
        ("DateEquals", "2026-02-01T23:00:00+1"),
        ("DateEquals", "9223372036854775808"),
        ("DateEquals", "9" * 30),
        ("Bool", "yes"),
        ("BinaryEquals", "a"),
        ("IpAddress", "10.0.0.0/33"),
        ("IpAddress", "*"),
    ],
)
def test_a_policy_s_value_of_the_wrong_kind_is_refused(operator: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        OPERATORS[operator.lower()].compile(value, False)


@given(st.sampled_from(sorted(OPERATORS)), st.text(max_size=40))
def test_whatever_a_request_says_the_operator_has_an_answer(operator: str, text: str) -> None:
    values = {"numeric": "1", "date": "2026-01-01", "bool": "true", "ip": "::/0", "not": "1.1.1.1"}
    value = next((good for kind, good in values.items() if operator.startswith(kind)), "aGk=")
    assert fits(operator, value, text) in {True, False}


def test_a_negated_operator_has_its_positive_twin() -> None:
    negated = sorted(name for name, operator in OPERATORS.items() if operator.is_negated)
    assert len(negated) == 8
    assert all("not" in name for name in negated)
