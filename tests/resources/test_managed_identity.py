"""IAM users and roles, made ready to decide."""

import msgspec
import pytest

from routekey.ids import AccountId
from routekey.resources.managed_identity import (
    AccessKey,
    ManagedRole,
    ManagedUser,
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
    (user,) = compile_identities((), [USER], ACCOUNT).users
    assert user.arn == "arn:aws:iam::123456789012:user/team/ada"
    assert len(user.policies) == 2
    assert user.boundary == find_policy(MANAGED)
    assert user.tags == {"team": "chat"}


def test_a_key_that_is_switched_off_has_no_secret() -> None:
    (user,) = compile_identities((), [USER], ACCOUNT).users
    assert user.access_keys == {"AKIA1": "s1", "AKIA2": None}
    assert "s1" not in repr(user)


def test_a_role_says_whom_it_trusts() -> None:
    (role,) = compile_identities([ROLE], (), ACCOUNT).roles
    assert role.arn == "arn:aws:iam::123456789012:role/runner"
    assert role.trust is not None
    assert role.boundary is None
    assert role.max_session_duration == 3600


@pytest.mark.rule("SEC-MGD-01")
def test_only_awss_own_policies_are_found_and_by_arn() -> None:
    assert find_policy(MANAGED) is not None
    assert find_policy("AmazonAPIGatewayAdministrator") is None
    assert find_policy("arn:aws:iam::123456789012:policy/mine") is None


def test_what_is_kept_is_read_back_equal_and_prints_no_secret() -> None:
    assert msgspec.json.decode(msgspec.json.encode(USER), type=ManagedUser) == USER
    assert "s1" not in repr(USER)
