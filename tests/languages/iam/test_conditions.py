"""Quantifiers, suffixes, missing keys and Null. The operators have a file of their own."""

import pytest

from routekey.errors import PolicyError
from routekey.languages.iam.conditions import parse_condition
from routekey.languages.iam.patterns import Context


def holds(name: str, context: Context, *values: str, key: str = "k") -> bool:
    return parse_condition(name, key, values, has_variables=True).holds(context)


@pytest.mark.rule("SEC-EVAL-07")
@pytest.mark.parametrize(
    ("name", "context", "expected"),
    [
        ("StringEquals", {"k": "a"}, True),
        ("StringEquals", {"k": "c"}, False),
        ("StringEquals", {}, False),
        ("StringEqualsIfExists", {}, True),
        ("StringEqualsIfExists", {"k": "c"}, False),
        ("StringNotEquals", {"k": "a"}, False),
        ("StringNotEquals", {"k": "c"}, True),
        ("StringNotEquals", {}, True),
        ("StringNotEqualsIfExists", {}, True),
        ("StringEquals", {"k": ("c", "a")}, True),
        ("StringNotEquals", {"k": ("c", "a")}, False),
        ("StringNotEquals", {"k": ("c", "d")}, True),
        ("ForAnyValue:StringEquals", {"k": ("c", "a")}, True),
        ("ForAnyValue:StringEquals", {"k": ("c",)}, False),
        ("ForAnyValue:StringEquals", {"k": ()}, False),
        ("ForAnyValue:StringEquals", {}, False),
        ("ForAnyValue:StringEqualsIfExists", {}, True),
        ("ForAnyValue:StringNotEquals", {"k": ("c", "a")}, True),
        ("ForAnyValue:StringNotEquals", {"k": ("a", "b")}, False),
        ("ForAllValues:StringEquals", {"k": ("a", "b")}, True),
        ("ForAllValues:StringEquals", {"k": ("a", "c")}, False),
        ("ForAllValues:StringEquals", {"k": ()}, True),
        ("ForAllValues:StringEquals", {}, True),
        ("ForAllValues:StringNotEquals", {"k": ("c", "d")}, True),
        ("ForAllValues:StringNotEquals", {"k": ("a", "c")}, False),
        ("foranyvalue:stringequalsifexists", {"k": "a"}, True),
    ],
)
def test_several_values_and_missing_ones(name: str, context: Context, expected: bool) -> None:
    assert holds(name, context, "a", "b") is expected


@pytest.mark.rule("SEC-EVAL-07")
@pytest.mark.parametrize(
    ("value", "context", "expected"),
    [
        ("true", {}, True),
        ("true", {"k": ""}, False),
        ("false", {}, False),
        ("False", {"k": "x"}, True),
        ("true", {"k": ()}, True),
    ],
)
def test_null_asks_whether_a_key_is_there(value: str, context: Context, expected: bool) -> None:
    assert holds("Null", context, value) is expected


@pytest.mark.rule("SEC-EVAL-06")
@pytest.mark.parametrize("name", ["StringEquals", "StringNotEquals"])
def test_a_variable_without_a_value_meets_no_condition(name: str) -> None:
    assert not holds(name, {"k": "x"}, "${aws:missing}")


def test_keys_have_no_case() -> None:
    assert holds("StringEquals", {"aws:sourceip": "x"}, "x", key="AWS:SourceIp")


@pytest.mark.parametrize(
    ("name", "values", "problem"),
    [
        ("StringIs", ["a"], "the condition operator 'StringIs' does not exist"),
        ("", ["a"], "the condition operator '' does not exist"),
        ("NullIfExists", ["true"], "the condition operator 'NullIfExists' does not exist"),
        ("ForAnyValue:Null", ["true"], "the condition operator 'ForAnyValue:Null' does not exist"),
        ("ForSomeValues:StringEquals", ["a"], "does not exist"),
        ("Null", ["maybe"], "the condition Null on k takes true or false"),
        ("Null", ["true", "false"], "the condition Null on k takes true or false"),
        ("IpAddress", ["1.2.3"], "the condition IpAddress on k has a value of the wrong kind: "),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused(
    name: str, values: list[str], problem: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_condition(name, "k", values, has_variables=True)
    assert problem in caught.value.problem


def test_conditions_compare_by_what_they_say() -> None:
    first, second, third = (
        parse_condition("StringLike", "k", [value], has_variables=True) for value in "aab"
    )
    assert first == second
    assert hash(first) == hash(second)
    assert first != third


def test_nothing_equals_no_values() -> None:
    equals = parse_condition("StringEquals", "k", [], has_variables=True)
    assert not equals.holds({"k": "a"})
    differs = parse_condition("StringNotEquals", "k", [], has_variables=True)
    assert differs.holds({"k": "a"})
