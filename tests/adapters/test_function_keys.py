"""The keys of function processes, with an emulator in the place of AWS."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from routekey.adapters.aws_keys import sts_of
from routekey.adapters.aws_services import EmbeddedServices
from routekey.adapters.credentials import IssuedCredentials
from routekey.adapters.function_keys import AwsRole, FunctionKeys
from routekey.errors import InputError
from routekey.languages.iam import parse_policy
from routekey.quotas import FUNCTION_TIMEOUT_SECONDS_MAX
from routekey.resources.identity import Role
from routekey.testing.apis import ACCOUNT_ID, REGION
from routekey.testing.fakes import FakeClock
from scenarios.running import wait_until

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/service/echo"
AT_AWS = f"arn:aws:iam::{ACCOUNT_ID}:role/development"
POLICY = parse_policy(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Action": "execute-api:*", "Resource": "*"},
    }
)


class Keys:
    def __init__(self, at_aws: AwsRole | None = None) -> None:
        counter = itertools.count(1)
        self.clock = FakeClock()
        self.store = IssuedCredentials(
            clock=self.clock,
            entropy=lambda size: next(counter).to_bytes(size, "big"),
            account_id=ACCOUNT_ID,
            roles=[Role(arn=ROLE, role_id="AROAECHO", policies=(POLICY,))],
        )
        self.processes = FunctionKeys(self.store, at_aws)


@pytest.fixture
async def aws(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Stand for AWS, where the gateway has keys of its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOFTHEGATEWAY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret of the gateway")
    services = EmbeddedServices(REGION, ACCOUNT_ID, lambda _: None)
    yield await services.endpoint()
    await services.close()


def at_aws(choice: str, endpoint: str) -> AwsRole:
    return AwsRole(choice, sts_of(REGION, endpoint_url=endpoint))


@pytest.mark.rule("LAM-ENV-01")
async def test_the_variables_are_what_boto3_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys()
    for name, value in (await keys.processes.issue(ROLE, "notices")).items():
        monkeypatch.setenv(name, value)
    found = boto3.Session(region_name="eu-west-2").get_credentials()
    assert found is not None
    issued = keys.store.find(found.access_key or "")
    assert issued is not None
    assert found.secret_key == issued.secret_access_key
    assert found.token == issued.session_token
    assert issued.principal.arn == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/echo/notices"
    assert not keys.processes.notices


async def test_each_process_has_keys_of_its_own_which_outlive_it() -> None:
    keys = Keys()
    first, second = [await keys.processes.issue(ROLE, "notices") for _ in range(2)]
    assert not set(first.values()) & set(second.values())
    keys.processes.retire(first)
    assert keys.store.find(first["AWS_ACCESS_KEY_ID"]) is not None


@pytest.mark.rule("LAM-ENV-01")
@pytest.mark.parametrize(("choice", "name"), [("own", "echo"), (AT_AWS, "development")])
async def test_a_process_acts_at_aws_in_the_role_that_was_chosen(
    aws: str, choice: str, name: str
) -> None:
    """AWS says who has the keys, and the session has the function's name."""
    keys = Keys(at_aws(choice, aws))
    variables = await keys.processes.issue(ROLE, "notices")
    client = boto3.client(
        "sts",
        region_name=REGION,
        endpoint_url=aws,
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=variables["AWS_SESSION_TOKEN"],
    )
    arn = (await asyncio.to_thread(client.get_caller_identity))["Arn"]
    client.close()
    assert arn == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{name}/notices"
    assert "AKIDOFTHEGATEWAY" not in variables.values()
    assert "secret of the gateway" not in variables.values()


@pytest.mark.rule("DP-MGM-05")
async def test_keys_of_aws_are_here_those_of_the_function_s_own_role(aws: str) -> None:
    """What the role at AWS may do gives nothing here, and a reload changes what its own may."""
    keys = Keys(at_aws(AT_AWS, aws))
    variables = await keys.processes.issue(ROLE, "notices")
    found = keys.store.find(variables["AWS_ACCESS_KEY_ID"])
    assert found is not None
    assert found.secret_access_key == variables["AWS_SECRET_ACCESS_KEY"]
    assert found.session_token == variables["AWS_SESSION_TOKEN"]
    assert found.principal.arn == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/echo/notices"
    assert found.principal.policies == (POLICY,)
    keys.store.replace([Role(arn=ROLE, role_id="AROAECHO")], [])
    renewed = keys.store.find(variables["AWS_ACCESS_KEY_ID"])
    assert renewed is not None
    assert not renewed.principal.policies


async def test_a_role_that_nobody_lends_is_an_error_and_no_other_keys_are_given() -> None:
    keys = Keys(at_aws("own", "http://127.0.0.1:9"))
    with pytest.raises(InputError, match=f"{ROLE} cannot be assumed with the gateway's own"):
        await keys.processes.issue(ROLE, "notices")


class BrokenSts:
    """Answers as a proxy does behind which nobody is, once it is let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.goes_on = asyncio.Event()

    async def answer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        await self.goes_on.wait()
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\nsorry")
        await writer.drain()
        writer.close()


async def test_a_slow_sts_leaves_threads_for_others_and_its_failure_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOFTHEGATEWAY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(5))  # of one processor
    sts = BrokenSts()
    async with await asyncio.start_server(sts.answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        keys = Keys(at_aws("own", f"http://127.0.0.1:{port}"))
        issuing = asyncio.gather(
            *(keys.processes.issue(ROLE, "notices") for _ in range(8)), return_exceptions=True
        )
        await wait_until(lambda: sts.asked == 4, "those that may ask at once")
        async with asyncio.timeout(30):
            await asyncio.to_thread(int)
        sts.goes_on.set()
        errors = await issuing
    assert len(errors) == 8
    for error in errors:
        assert isinstance(error, InputError)
        assert "cannot be assumed" in str(error)


async def test_an_environment_ends_before_its_keys_do(aws: str) -> None:
    for keys, expires_ms in ((Keys(), None), (Keys(at_aws("own", aws)), 3_600_000)):
        variables = await keys.processes.issue(ROLE, "notices")
        found = keys.store.find(variables["AWS_ACCESS_KEY_ID"])
        assert found is not None
        assert found.expires_ms is not None
        left_ms = expires_ms or found.expires_ms - keys.clock.now_ms()
        longest = keys.processes.age_seconds_max + FUNCTION_TIMEOUT_SECONDS_MAX
        assert 0 < longest * 1000 < left_ms


async def test_the_user_is_told_as_whom_functions_act_at_aws() -> None:
    [of_none] = Keys(at_aws("", "")).processes.notices
    assert of_none.endswith("set services.role to a role that the gateway may assume for them")
    [of_own] = Keys(at_aws("own", "")).processes.notices
    assert "in their own roles" in of_own
    [of_one] = Keys(at_aws(AT_AWS, "")).processes.notices
    assert f"in the role {AT_AWS}" in of_one


@pytest.mark.rule("LAM-ENV-01")
async def test_without_a_role_at_aws_the_keys_are_ours() -> None:
    keys = Keys(at_aws("", "http://127.0.0.1:9"))
    variables = await keys.processes.issue(ROLE, "notices")
    assert keys.store.find(variables["AWS_ACCESS_KEY_ID"]) is not None


@pytest.mark.parametrize("choice", ["mine", "arn:aws:s3:::bucket", "arn:aws:iam::1:user/ann"])
def test_a_choice_that_is_no_role_is_refused(choice: str) -> None:
    with pytest.raises(InputError, match=r"services\.role: .* is no role"):
        at_aws(choice, "")
