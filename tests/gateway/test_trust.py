"""Who may take a role."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from routekey.errors import AccessDeniedException
from routekey.gateway.identity import Circumstances, account_root
from routekey.gateway.trust import (
    TAG_SESSION,
    SessionWish,
    authorize_assumption,
    trusts_service,
)
from routekey.ids import AccountId
from routekey.languages.iam import Context, Policy, parse_policy, parse_resource_policy
from routekey.resources.identity import Principal, Role

ACCOUNT = AccountId("123456789012")
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
ECHO = f"arn:aws:iam::{ACCOUNT}:role/team/Echo"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Echo/echo"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/Target"
HERE = Circumstances(source_ip="127.0.0.1", now_ms=0, region="eu-west-2", is_secure=True)


def own(effect: str, action: str = "sts:*", resource: str = TARGET) -> Policy:
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return parse_policy({"Version": "2012-10-17", "Statement": statement})


def trust(
    principal: object,
    *,
    action: str = "sts:AssumeRole",
    effect: str = "Allow",
    condition: Mapping[str, object] | None = None,
) -> Policy:
    statement = {
        "Effect": effect,
        "Principal": principal,
        "Action": action,
        "Condition": condition or {},
    }
    return parse_resource_policy({"Version": "2012-10-17", "Statement": statement})


def target(policy: Policy | None) -> Role:
    return Role(arn=TARGET, role_id="AROATARGET", trust=policy)


USER = Principal(arn=ANN, account=ACCOUNT, user_id="AIDAANN")
CALLER = Principal(arn=SESSION, account=ACCOUNT, user_id="AROAECHO:echo", role_arn=ECHO)
ALLOW, DENY = own("Allow"), own("Deny")


@pytest.mark.rule("SEC-LPOL-06")
@pytest.mark.parametrize(
    ("policy", "is_trusted"),
    [
        (trust({"Service": "apigateway.amazonaws.com"}), True),
        (trust({"Service": ["lambda.amazonaws.com", "apigateway.amazonaws.com"]}), True),
        (trust({"Service": "lambda.amazonaws.com"}), False),
        (trust({"AWS": "apigateway.amazonaws.com"}), False),
        (trust({"Service": "apigateway.amazonaws.com"}, action="sts:TagSession"), False),
        (trust({"Service": "apigateway.amazonaws.com"}, effect="Deny"), False),
        (trust("*"), True),
    ],
)
def test_a_service_has_to_be_named(policy: Policy, is_trusted: bool) -> None:
    assert trusts_service(policy, TARGET, "apigateway.amazonaws.com", HERE) is is_trusted


@pytest.mark.parametrize(("region", "is_trusted"), [("eu-west-2", True), ("us-east-1", False)])
def test_a_condition_holds_for_services_too(region: str, is_trusted: bool) -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": region}}
    policy = trust({"Service": "apigateway.amazonaws.com"}, condition=condition)
    assert trusts_service(policy, TARGET, "apigateway.amazonaws.com", HERE) is is_trusted


@pytest.mark.parametrize(
    ("caller", "policy"),
    [
        (USER, trust({"AWS": ANN})),
        (CALLER, trust({"AWS": SESSION})),
        (CALLER, trust({"AWS": ECHO})),
        (replace(CALLER, role_arn=None), trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/Echo"})),
        (USER, trust("*")),
        (replace(USER, boundary=Policy()), trust({"AWS": ANN})),
        (replace(CALLER, session_policies=(Policy(),)), trust({"AWS": SESSION})),
        (replace(CALLER, session_policies=(ALLOW,), boundary=ALLOW), trust({"AWS": ECHO})),
        (replace(USER, policies=(ALLOW,)), trust({"AWS": ROOT})),
        (replace(USER, policies=(ALLOW,)), trust({"AWS": ACCOUNT})),
        (account_root(ACCOUNT), trust({"AWS": ROOT})),
    ],
)
def test_who_is_named_or_allowed_may(caller: Principal, policy: Policy) -> None:
    authorize_assumption(caller, target(policy), HERE)


@pytest.mark.parametrize(
    ("caller", "policy"),
    [
        (USER, trust({"AWS": f"{ANN}a"})),
        (USER, trust({"AWS": ROOT})),
        (replace(USER, policies=(ALLOW,)), trust({"AWS": SESSION})),
        (replace(USER, policies=(DENY,)), trust({"AWS": ANN})),
        (replace(USER, boundary=DENY), trust({"AWS": ANN})),
        (replace(CALLER, session_policies=(DENY,)), trust({"AWS": ECHO})),
        (replace(USER, policies=(ALLOW,), boundary=Policy()), trust({"AWS": ROOT})),
        (replace(USER, policies=(ALLOW,)), trust({"AWS": ROOT}, effect="Deny")),
        (replace(CALLER, session_policies=(Policy(),)), trust({"AWS": ECHO})),
        (replace(CALLER, boundary=Policy()), trust({"AWS": ECHO})),
        (replace(CALLER, session_policies=(Policy(),)), trust("*")),
        (replace(USER, boundary=Policy()), trust("*")),
        (replace(USER, policies=(DENY,)), trust("*")),
        (
            replace(CALLER, is_administrator=True, session_policies=(Policy(),)),
            trust({"AWS": ROOT}),
        ),
        (CALLER, trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/Echo"})),
        (account_root(ACCOUNT), trust({"Service": "lambda.amazonaws.com"})),
        (replace(USER, arn="strange"), trust({"AWS": ANN})),
    ],
)
def test_whoever_else_may_not(caller: Principal, policy: Policy) -> None:
    with pytest.raises(AccessDeniedException) as caught:
        authorize_assumption(caller, target(policy), HERE)
    assert caught.value.message == (
        f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {TARGET}"
    )


def test_a_service_is_told_from_a_caller() -> None:
    condition = {"Bool": {"aws:PrincipalIsAWSService": "true"}}
    policy = trust("*", condition=condition)
    assert trusts_service(policy, TARGET, "apigateway.amazonaws.com", HERE)
    with pytest.raises(AccessDeniedException):
        authorize_assumption(USER, target(policy), HERE)


def wish(external_id: str | None = None, **tags: str) -> Context:
    return SessionWish(
        role_arn=TARGET, session_name="ann", external_id=external_id, tags=tags
    ).context


@pytest.mark.rule("SEC-EVAL-09")
@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringLike", "sts:RoleSessionName", "${aws:username}"),
        ("StringEquals", "aws:RequestTag/team", "a"),
        ("ForAllValues:StringEquals", "aws:TagKeys", "team"),
        ("Null", "sts:ExternalId", "true"),
    ],
)
def test_a_trust_policy_sees_what_is_wished_for(operator: str, key: str, value: str) -> None:
    """Else who may bring one tag could bring all."""
    asking = target(trust({"AWS": ANN}, condition={operator: {key: value}}))
    authorize_assumption(USER, asking, HERE, context=wish(team="a"))
    other = SessionWish(role_arn=TARGET, session_name="bob", external_id="x", tags={"admin": "y"})
    with pytest.raises(AccessDeniedException):
        authorize_assumption(USER, asking, HERE, context=other.context)


def test_a_role_may_ask_for_an_external_id() -> None:
    policy = trust({"AWS": ANN}, condition={"StringEquals": {"sts:ExternalId": "secret"}})
    authorize_assumption(USER, target(policy), HERE, context=wish("secret"))
    for wrong in (None, "other"):
        with pytest.raises(AccessDeniedException):
            authorize_assumption(USER, target(policy), HERE, context=wish(wrong))


def test_his_own_policies_may_ask_for_an_external_id_too() -> None:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": TARGET,
        "Condition": {"StringEquals": {"sts:ExternalId": "secret"}},
    }
    asking = replace(USER, policies=(parse_policy({"Statement": statement}),))
    authorize_assumption(asking, target(trust({"AWS": ROOT})), HERE, context=wish("secret"))
    with pytest.raises(AccessDeniedException):
        authorize_assumption(asking, target(trust({"AWS": ROOT})), HERE)


def test_a_trust_policy_can_go_by_the_tags_of_the_caller() -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": "a"}}
    policy = trust({"AWS": ANN}, condition=condition)
    authorize_assumption(replace(USER, tags={"team": "a"}), target(policy), HERE)
    with pytest.raises(AccessDeniedException):
        authorize_assumption(replace(USER, tags={"team": "b"}), target(policy), HERE)


def test_tags_are_brought_by_whoever_may() -> None:
    authorize_assumption(USER, target(trust({"AWS": ANN}, action=TAG_SESSION)), HERE, TAG_SESSION)
    with pytest.raises(AccessDeniedException, match=TAG_SESSION):
        authorize_assumption(USER, target(trust({"AWS": ANN})), HERE, TAG_SESSION)
