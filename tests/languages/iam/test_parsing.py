"""Policy documents, well-formed and not."""

import json
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.errors import PolicyError
from routekey.languages.iam import (
    AccessRequest,
    Decision,
    RequestPrincipal,
    evaluate,
    parse_policy,
    parse_resource_policy,
)

GOOD: dict[str, object] = {"Effect": "Allow", "Action": "a:b", "Resource": "*"}


def problem(document: object) -> str:
    with pytest.raises(PolicyError) as caught:
        parse_policy(document)  # type: ignore[arg-type]  # some of them are no documents at all
    return caught.value.problem


def of(**elements: object) -> Mapping[str, object]:
    return {"Version": "2012-10-17", "Statement": elements}


@pytest.mark.rule("SEC-EVAL-02")
@pytest.mark.parametrize(
    "document",
    [
        json.dumps(of(**GOOD)),
        json.dumps(of(**GOOD)).encode(),
        of(**GOOD),
        {"Statement": [GOOD]},
        {"Statement": (GOOD,), "Id": "x"},
        {"Version": date(2012, 10, 17), "Statement": GOOD},
        {"Version": "2008-10-17", "Statement": {**GOOD, "Action": ["a:b"], "Resource": ["*"]}},
    ],
)
def test_one_value_is_as_good_as_a_list_of_one(
    document: str | bytes | Mapping[str, object],
) -> None:
    policy = parse_policy(document)
    assert evaluate([policy], AccessRequest(action="A:B", resource="arn:x")) is Decision.ALLOWED


def test_yaml_s_truths_and_numbers_are_text() -> None:
    condition = {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"n": 7}}
    policy = parse_policy(of(**GOOD, Condition=condition))
    context = {"aws:SecureTransport": "true", "N": "6"}
    request = AccessRequest(action="a:b", resource="arn:x", context=context)
    assert evaluate([policy], request) is Decision.ALLOWED


@pytest.mark.rule("SEC-EVAL-11")
@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("", "the policy is not JSON: "),
        ('{"Statement": [}', "the policy is not JSON: "),
        ("[" * 5000, "the policy is not JSON: "),
        (b"\xff", "the policy is not JSON: "),
        ("[]", "the policy is not an object with a Statement"),
        (None, "the policy is not an object with a Statement"),
        ({}, "the policy has no Statement"),
        ({"Version": "2012-10-18", "Statement": GOOD}, "the version '2012-10-18' is neither"),
        ({"Statements": GOOD}, "the element 'Statements' does not exist"),
        ({"statement": GOOD}, "the element 'statement' does not exist"),
        ({"Statement": "x"}, "statement 1: it is not an object"),
        ({"Statement": [GOOD, None]}, "statement 2: it is not an object"),
        (of(**{**GOOD, "Effect": "allow"}), "statement 1: the Effect is 'allow'"),
        (of(**{**GOOD, "Effect": ["Allow"]}), "statement 1: the Effect is ['Allow']"),
        (of(Action="a:b", Resource="*"), "statement 1: the Effect is None"),
        (of(Effect="Allow", Resource="*"), "it has neither Action nor NotAction"),
        (of(Effect="Allow", Action="a:b"), "it has neither Resource nor NotResource"),
        (of(**GOOD, NotAction="a:c"), "it has both Action and NotAction"),
        (of(**GOOD, NotResource="*"), "it has both Resource and NotResource"),
        (of(**{**GOOD, "Action": []}), "Action is empty"),
        (of(**{**GOOD, "Action": "Invoke"}), "the action 'Invoke' names no service"),
        (of(**{**GOOD, "Action": [None]}), "Action is empty"),
        (of(**{**GOOD, "Resource": {"Ref": "X"}}), "a value of Resource is {'Ref': 'X'}"),
        (of(**{**GOOD, "Resource": "abc"}), "the resource 'abc' is neither an ARN nor *"),
        (of(**{**GOOD, "Resource": "arn:${x"}), "has a policy variable that is not of the form"),
        (of(**GOOD, Resources="*"), "the element 'Resources' does not exist"),
        (of(**GOOD, Principal="*"), "a policy of a role or user has no Principal"),
        (of(**GOOD, Condition=[]), "the Condition is not an object"),
        (of(**GOOD, Condition={"Bool": "x"}), "the condition Bool is not an object of keys"),
        (of(**GOOD, Condition={"Bool": {"k": [None]}}), "a value of k is None, which is no text"),
        (of(**GOOD, Condition={"Boole": {"k": "x"}}), "the condition operator 'Boole'"),
    ],
)
def test_a_malformed_policy_is_refused_with_the_reason(document: object, expected: str) -> None:
    assert expected in problem(document)


def test_a_refusal_says_where() -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy({"Statement": {}}, name="Push", file="template.yaml", resource="Role")
    assert (
        str(caught.value)
        == "template.yaml: Role: Push: statement 1: it has neither Resource nor NotResource"
    )


def test_a_refusal_says_what_to_write_instead() -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(of(**{**GOOD, "Action": "Invoke"}))
    assert caught.value.remedy == "Write execute-api:Invoke, for example"


def test_an_empty_list_of_statements_allows_nothing() -> None:
    request = AccessRequest(action="a:b", resource="arn:x")
    assert evaluate([parse_policy({"Statement": []})], request) is Decision.IMPLICIT_DENY


@pytest.mark.rule("SEC-EVAL-06")
def test_the_first_version_has_no_variables() -> None:
    old = {"Statement": {**GOOD, "Resource": "arn:${aws:username}"}}
    request = AccessRequest(
        action="a:b", resource="arn:${aws:username}", context={"aws:username": "ann"}
    )
    assert evaluate([parse_policy(old)], request) is Decision.ALLOWED
    new = parse_policy({"Version": "2012-10-17", **old})
    assert evaluate([new], request) is Decision.IMPLICIT_DENY


@pytest.mark.rule("SEC-LPOL-06")
@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"Service": "apigateway.amazonaws.com"}, Decision.ALLOWED),
        ({"Service": ["lambda.amazonaws.com", "apigateway.amazonaws.com"]}, Decision.ALLOWED),
        ({"AWS": 123456789012}, Decision.IMPLICIT_DENY),
        ("*", Decision.ALLOWED),
    ],
)
def test_a_trust_policy_says_who(principal: object, expected: Decision) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    gateway = RequestPrincipal(kind="Service", names=frozenset({"apigateway.amazonaws.com"}))
    request = AccessRequest(action="sts:AssumeRole", resource="arn:role", principal=gateway)
    assert evaluate([parse_resource_policy({"Statement": statement})], request) is expected


def test_everybody_but_somebody() -> None:
    statement = {
        "Effect": "Deny",
        "NotPrincipal": {"AWS": "arn:me"},
        "Action": "*",
        "Resource": "*",
    }
    policy = parse_resource_policy({"Statement": statement})
    for name, expected in (("arn:me", Decision.IMPLICIT_DENY), ("arn:you", Decision.EXPLICIT_DENY)):
        principal = RequestPrincipal(kind="AWS", names=frozenset({name}))
        request = AccessRequest(action="a:b", resource="arn:x", principal=principal)
        assert evaluate([policy], request) is expected


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, "it needs Principal or NotPrincipal, and not both"),
        ({"Principal": "*", "NotPrincipal": "*"}, "it needs Principal or NotPrincipal"),
        ({"Principal": "me"}, "a Principal is * or an object"),
        ({"Principal": {}}, "a Principal is * or an object"),
        ({"Principal": {"Role": "x"}}, "the Principal 'Role' is none of"),
        ({"Principal": {"AWS": None}}, "a value of Principal is None"),
    ],
)
def test_a_malformed_principal_is_refused(elements: dict[str, object], expected: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_resource_policy(of(Effect="Allow", Action="a:b", **elements))
    assert expected in caught.value.problem


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)
texts = st.text("*?${}a:.'", max_size=8) | json_values
statements = st.fixed_dictionaries(
    {},
    optional={
        "Effect": st.sampled_from(["Allow", "Deny"]) | json_values,
        "Action": texts,
        "NotAction": texts,
        "Resource": texts,
        "NotResource": texts,
        "Principal": texts,
        "Condition": st.dictionaries(
            st.sampled_from(["Bool", "Null", "StringLike", "IpAddress", "DateLessThan"])
            | st.text(max_size=5),
            st.dictionaries(st.text(max_size=5), texts, max_size=2) | json_values,
            max_size=2,
        )
        | json_values,
    },
)


@given(
    st.fixed_dictionaries(
        {"Statement": statements | st.lists(statements, max_size=3) | json_values},
        optional={"Version": st.just("2012-10-17") | json_values},
    )
    | json_values
)
def test_whatever_the_document_it_is_a_policy_or_a_policy_error(document: object) -> None:
    for parse in (parse_policy, parse_resource_policy):
        try:
            policy = parse(document)  # type: ignore[arg-type]  # that is the point
        except PolicyError as error:
            assert error.problem  # noqa: PT017  # either outcome is right
        else:
            evaluate([policy], AccessRequest(action="a:a", resource="arn:a"))


@given(st.binary(max_size=30) | st.text(max_size=30))
def test_whatever_the_text_it_is_a_policy_error(text: str | bytes) -> None:
    assert problem(text)
