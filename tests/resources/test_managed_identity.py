"""IAM users and roles, made ready to decide."""

import msgspec
import pytest

from routekey.ids import AccountId
from routekey.resources.managed_identity import (
    AccessKey,
    ManagedGroup,
    ManagedIdentities,
    ManagedPolicy,
    ManagedRole,
    ManagedUser,
    aws_policies,
    compile_identities,
    find_policy,
)

ACCOUNT = AccountId("123456789012")
ALLOW = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
TRUST = (
    '{"Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, '
    '"Action": "sts:AssumeRole"}}'
)
MANAGED = "arn:aws:iam::aws:policy/AmazonAPIGatewayAdministrator"
USER = ManagedUser(
    name="ada",
    id="AIDA",
    path="/team/",
    create_date=7,
    inline_policies={"all": ALLOW},
    attached_policies=(MANAGED, "arn:aws:iam::123456789012:policy/gone"),
    permissions_boundary=MANAGED,
    tags={"team": "chat"},
    access_keys=(
        AccessKey(access_key_id="AKIA1", secret_access_key="s1", create_date=7),
        AccessKey(access_key_id="AKIA2", secret_access_key="s2", create_date=7, is_active=False),
    ),
)
ROLE = ManagedRole(name="runner", id="AROA", create_date=7, trust_policy=TRUST)


def test_a_user_has_all_policies_that_are_known() -> None:
    (user,) = compile_identities(ManagedIdentities(users=(USER,)), ACCOUNT).users
    assert user.arn == "arn:aws:iam::123456789012:user/team/ada"
    assert len(user.policies) == 2
    assert user.boundary == find_policy(MANAGED)
    assert user.tags == {"team": "chat"}


def test_a_key_that_is_switched_off_has_no_secret() -> None:
    (user,) = compile_identities(ManagedIdentities(users=(USER,)), ACCOUNT).users
    assert user.access_keys == {"AKIA1": "s1", "AKIA2": None}
    assert "s1" not in repr(user)


def test_a_role_says_whom_it_trusts() -> None:
    (role,) = compile_identities(ManagedIdentities(roles=(ROLE,)), ACCOUNT).roles
    assert role.arn == "arn:aws:iam::123456789012:role/runner"
    assert role.trust is not None
    assert role.boundary is None
    assert role.max_session_duration == 3600


def test_a_user_has_the_policies_of_his_groups_and_of_the_account() -> None:
    mine = ManagedPolicy(name="mine", id="ANPA", path="/team/", document=ALLOW)
    arn = "arn:aws:iam::123456789012:policy/team/mine"
    group = ManagedGroup(name="team", id="AGPA", inline_policies={"all": ALLOW})
    user = ManagedUser(
        name="ada",
        id="AIDA",
        attached_policies=(arn,),
        permissions_boundary=arn,
        groups=("team", "gone"),
    )
    assert group.arn(ACCOUNT) == "arn:aws:iam::123456789012:group/team"
    managed = ManagedIdentities(users=(user,), groups=(group,), policies=(mine,))
    (made,) = compile_identities(managed, ACCOUNT).users
    assert [policy.name for policy in made.policies] == [arn, "all"]
    assert made.boundary == made.policies[0]


def test_a_boundary_that_is_gone_lets_nothing_pass() -> None:
    user = ManagedUser(
        name="ada", id="AIDA", permissions_boundary="arn:aws:iam::123456789012:policy/gone"
    )
    (made,) = compile_identities(ManagedIdentities(users=(user,)), ACCOUNT).users
    assert made.boundary is not None
    assert made.boundary.statements == ()


@pytest.mark.rule("SEC-MGD-01")
def test_only_awss_own_policies_are_found_and_by_arn() -> None:
    assert find_policy(MANAGED) is not None
    assert find_policy("AmazonAPIGatewayAdministrator") is None
    assert find_policy("arn:aws:iam::123456789012:policy/mine") is None


@pytest.mark.rule("SEC-MGD-01")
def test_awss_own_policies_are_told_as_others_are() -> None:
    told = aws_policies()
    assert told[MANAGED].path == "/"
    assert told["arn:aws:iam::aws:policy/service-role/AWSLambdaRole"].path == "/service-role/"
    assert all(find_policy(arn) is not None for arn in told)
    assert len({policy.id for policy in told.values()}) == len(told)


def test_what_is_kept_is_read_back_equal_and_prints_no_secret() -> None:
    assert msgspec.json.decode(msgspec.json.encode(USER), type=ManagedUser) == USER
    assert "s1" not in repr(USER)
