import itertools

from routekey.adapters.credentials import IssuedCredentials
from routekey.adapters.role_keys import RoleKeys
from routekey.testing.apis import ACCOUNT_ID
from routekey.testing.fakes import FakeClock

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/sqs"


def make(clock: FakeClock) -> RoleKeys:
    counter = itertools.count(1)
    credentials = IssuedCredentials(
        clock=clock,
        entropy=lambda size: next(counter).to_bytes(size, "big"),
        account_id=ACCOUNT_ID,
        roles=(),
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
