import itertools

import boto3
import pytest

from routekey.adapters.credentials import IssuedCredentials
from routekey.adapters.function_keys import FunctionKeys
from routekey.testing.apis import ACCOUNT_ID
from routekey.testing.fakes import FakeClock

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/service/echo"


class Keys:
    def __init__(self) -> None:
        counter = itertools.count(1)
        self.store = IssuedCredentials(
            clock=FakeClock(),
            entropy=lambda size: next(counter).to_bytes(size, "big"),
            account_id=ACCOUNT_ID,
        )
        self.processes = FunctionKeys(self.store)


@pytest.mark.rule("LAM-ENV-01")
def test_the_variables_are_what_boto3_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys()
    for name, value in keys.processes.issue(ROLE, "notices").items():
        monkeypatch.setenv(name, value)
    found = boto3.Session(region_name="eu-west-2").get_credentials()
    assert found is not None
    issued = keys.store.find(found.access_key or "")
    assert issued is not None
    assert found.secret_key == issued.secret_access_key
    assert found.token == issued.session_token
    assert issued.principal.arn == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/echo/notices"


def test_each_process_has_keys_of_its_own_which_outlive_it() -> None:
    keys = Keys()
    first, second = (keys.processes.issue(ROLE, "notices") for _ in range(2))
    assert not set(first.values()) & set(second.values())
    keys.processes.retire(first)
    assert keys.store.find(first["AWS_ACCESS_KEY_ID"]) is not None
