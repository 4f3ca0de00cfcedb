import itertools

import pytest

from routekey.adapters.credentials import IssuedCredentials
from routekey.adapters.role_keys import RoleKeys
from routekey.gateway.identity import account_root
from routekey.gateway.ports import AwsServiceCall
from routekey.languages.iam import parse_resource_policy
from routekey.resources.identity import Role, SealedCredential
from routekey.testing.apis import ACCOUNT_ID
from routekey.testing.fakes import FakeClock
from routekey.testing.world import KnownKeys

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/sqs"


def make(clock: FakeClock, *roles: Role, beside: KnownKeys | None = None) -> RoleKeys:
    counter = itertools.count(1)
    credentials = IssuedCredentials(
        clock=clock,
        entropy=lambda size: next(counter).to_bytes(size, "big"),
        account_id=ACCOUNT_ID,
        roles=roles,
        users=(),
        trusts_foreign_roles=True,
        beside=beside,
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


def call(role_arn: str | None = ROLE, caller_key_id: str | None = None) -> AwsServiceCall:
    return AwsServiceCall(
        region="eu-west-2",
        service="sqs",
        subdomain=None,
        action="SendMessage",
        path=None,
        method="POST",
        query=(),
        headers=(),
        body=b"",
        credentials_arn=role_arn,
        timeout_ms=1000,
        caller_key_id=caller_key_id,
    )


@pytest.mark.rule("DP-INT-07")
def test_a_call_is_signed_with_the_keys_of_its_role_or_of_the_caller() -> None:
    keys = make(FakeClock())
    assert keys.find_for(call()) is keys.find(ROLE)
    caller = keys.find_for(call(None, "AKIDANN"))
    assert caller is not None
    assert caller.access_key_id == "AKIDANN"


@pytest.mark.rule("DP-INT-07")
def test_nothing_is_signed_for_a_caller_whose_secret_is_not_kept() -> None:
    root = account_root(ACCOUNT_ID)
    sealed = SealedCredential(access_key_id="AKIDOP", principal=root, signing_keys={})
    keys = make(FakeClock(), beside=KnownKeys({"AKIDOP": sealed}))
    assert keys.find_for(call(None, "AKIDOP")) is None


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
