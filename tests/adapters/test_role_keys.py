import itertools

import pytest

from routekey.adapters.credentials import IssuedCredentials
from routekey.adapters.role_keys import RoleKeys
from routekey.languages.iam import parse_resource_policy
from routekey.resources.identity import Role
from routekey.testing.apis import ACCOUNT_ID
from routekey.testing.fakes import FakeClock

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/sqs"


def make(clock: FakeClock, *roles: Role) -> RoleKeys:
    counter = itertools.count(1)
    credentials = IssuedCredentials(
        clock=clock,
        entropy=lambda size: next(counter).to_bytes(size, "big"),
        account_id=ACCOUNT_ID,
        roles=roles,
        users=(),
        trusts_foreign_roles=True,
    )
    return RoleKeys(credentials, clock)


def test_keys_are_kept_while_they_are_good_and_renewed_before_they_run_out() -> None:
    clock = FakeClock()
    keys = make(clock)
    first = keys.find(ROLE)
    clock.advance(54 * 60)
    assert keys.find(ROLE) is first
    clock.advance(2 * 60)
    second = keys.find(ROLE)
    assert second is not None
    assert first is not None
    assert second.access_key_id != first.access_key_id
    assert second.principal.arn.endswith(":assumed-role/sqs/BackplaneAssumeRoleSession")


def test_without_a_role_there_are_no_keys() -> None:
    assert make(FakeClock()).find(None) is None


@pytest.mark.rule("DP-INT-07")
def test_a_role_that_does_not_trust_the_gateway_gives_no_keys() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    trust = parse_resource_policy({"Version": "2012-10-17", "Statement": statement})
    role = Role(arn=ROLE, role_id="AROASQS", trust=trust)
    assert make(FakeClock(), role).find(ROLE) is None
