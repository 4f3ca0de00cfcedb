"""Values of a parsed policy: whom and what they cover, and when a decision can be remembered."""

import pytest

from routekey.languages.iam import Policy, RequestPrincipal, parse_policy
from routekey.languages.iam.patterns import parse_pattern
from routekey.languages.iam.policy import Choice, PrincipalChoice

SESSION = RequestPrincipal(kind="AWS", names=frozenset({"arn:role", "arn:session", "123456789012"}))
GATEWAY = RequestPrincipal(kind="Service", names=frozenset({"apigateway.amazonaws.com"}))


def choice(*texts: str, is_negated: bool = False) -> Choice:
    patterns = tuple(parse_pattern(text, has_variables=True) for text in texts)
    return Choice(patterns=patterns, is_negated=is_negated)


@pytest.mark.rule("SEC-EVAL-05")
def test_a_choice_is_a_list_or_everything_but_a_list() -> None:
    assert choice("a", "b*").covers("bc", {})
    assert not choice("a", "b*").covers("c", {})
    assert not choice("a", "b*", is_negated=True).covers("bc", {})
    assert choice("a", "b*", is_negated=True).covers("c", {})


@pytest.mark.rule("SEC-EVAL-06")
def test_a_variable_without_a_value_covers_nothing_either_way() -> None:
    assert not choice("${k}").covers("c", {})
    assert not choice("${k}", is_negated=True).covers("c", {})
    assert choice("${k}", "c").covers("c", {})


@pytest.mark.rule("SEC-LPOL-06")
@pytest.mark.parametrize(
    ("kind", "name", "principal", "expected"),
    [
        ("Service", "apigateway.amazonaws.com", GATEWAY, True),
        ("Service", "lambda.amazonaws.com", GATEWAY, False),
        ("Service", "*", GATEWAY, True),
        ("AWS", "apigateway.amazonaws.com", GATEWAY, False),
        ("AWS", "arn:role", SESSION, True),
        ("AWS", "123456789012", SESSION, True),
        ("AWS", "*", SESSION, True),
        ("AWS", "*", GATEWAY, True),
        ("AWS", "*", None, True),
        ("AWS", "arn:role", None, False),
        ("Federated", "arn:role", SESSION, False),
    ],
)
def test_a_principal_is_covered_under_any_of_his_names(
    kind: str, name: str, principal: RequestPrincipal | None, expected: bool
) -> None:
    names = {kind: frozenset({name})}
    assert PrincipalChoice(names=names).covers(principal) is expected
    assert PrincipalChoice(names=names, is_negated=True).covers(principal) is not expected


def statement(**more: object) -> Policy:
    return parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*", **more},
        }
    )


def test_a_policy_knows_whether_its_decisions_depend_on_the_request() -> None:
    assert not statement().is_conditional
    assert statement(Resource="arn:aws:s3:::${aws:username}").is_conditional
    assert statement(Condition={"Bool": {"aws:SecureTransport": "true"}}).is_conditional
    assert not Policy().is_conditional


def test_policies_compare_by_what_they_say() -> None:
    conditional = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    assert statement(**conditional) == statement(**conditional)
    assert hash(statement(**conditional)) == hash(statement(**conditional))
    assert statement() != statement(Effect="Deny")
