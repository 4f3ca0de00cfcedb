"""Keys for AWS itself, with an emulator in the place of STS."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from routekey.adapters.aws_keys import AwsKeys, sts_of
from routekey.adapters.aws_services import EmbeddedServices
from routekey.adapters.system import SystemClock
from routekey.errors import IntegrationFailure
from routekey.gateway.ports import AwsServiceCall
from routekey.testing.apis import ACCOUNT_ID, REGION
from routekey.testing.fakes import FakeClock

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/sender"


def call(role_arn: str | None = ROLE) -> AwsServiceCall:
    return AwsServiceCall(
        region=REGION,
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
    )


class Counted:
    """A client of STS, and how often one was made."""

    def __init__(self, endpoint: str) -> None:
        self.count = 0
        self._make = sts_of(REGION, endpoint_url=endpoint)

    def __call__(self) -> Any:
        self.count += 1
        return self._make()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(SystemClock().now_ms())  # keys of the emulator run out in real time


@pytest.fixture
async def sts(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counted]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOFTHEGATEWAY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    services = EmbeddedServices(REGION, ACCOUNT_ID, lambda _: None)
    yield Counted(await services.endpoint())
    await services.close()


@pytest.mark.rule("DP-INT-07")
async def test_a_role_is_assumed_once_and_again_before_its_keys_run_out(
    sts: Counted, clock: FakeClock
) -> None:
    keys = AwsKeys(sts, clock)
    first, second = await asyncio.gather(keys.find(call()), keys.find(call()))
    assert first is second
    assert first is await keys.find(call())
    assert sts.count == 1
    assert first.session_token
    assert first.principal.arn.endswith("/sender/BackplaneAssumeRoleSession")
    clock.advance(56 * 60)
    renewed = await keys.find(call())
    assert renewed.access_key_id != first.access_key_id
    assert sts.count == 2


async def test_who_waits_no_longer_does_not_stop_it_for_the_others(
    sts: Counted, clock: FakeClock
) -> None:
    keys = AwsKeys(sts, clock)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await keys.find(call())
    assert (await keys.find(call())).session_token
    assert sts.count == 1


@pytest.mark.rule("DP-INT-07")
async def test_a_role_that_cannot_be_assumed_is_a_failure(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    keys = AwsKeys(sts_of(REGION), clock)
    for _ in range(2):  # the second asks again
        with pytest.raises(IntegrationFailure, match=f"{ROLE} cannot be assumed .*credentials"):
            await keys.find(call())
    with pytest.raises(IntegrationFailure, match="in a role only"):
        await keys.find(call(None))
