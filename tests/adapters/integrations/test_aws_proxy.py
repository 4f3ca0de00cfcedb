import asyncio
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from routekey.adapters.integrations.aws_proxy import LambdaIntegration
from routekey.errors import IntegrationFailure, IntegrationTimeout
from routekey.gateway.ports import LambdaCall
from routekey.testing.fakes import FakeFunctions

ECHO = "arn:aws:lambda:eu-west-2:123456789012:function:echo"
ROLE = "arn:aws:iam::123456789012:role/caller"
SOURCE = "arn:aws:execute-api:eu-west-2:123456789012:6behyoa40f/dev/$default"


class OneRole:
    """Permissions under which one role may invoke everything."""

    def may_invoke(self, role_arn: str, function_arn: str) -> bool:
        return role_arn == ROLE and bool(function_arn)

    def may_caller_invoke(self, access_key_id: str, function_arn: str) -> bool:
        return access_key_id == "AKIDANN" and bool(function_arn)


def call(
    *, function: str = ECHO, credentials: str | None = None, timeout_ms: int = 29_000
) -> LambdaCall:
    return LambdaCall(
        function_arn=function,
        payload=b'{"a":1}',
        source_arn=SOURCE,
        timeout_ms=timeout_ms,
        trace_id="Root=1-0-0",
        credentials_arn=credentials,
    )


def echo(event: Mapping[str, object]) -> object:
    return event


@pytest.mark.rule("DP-INT-06", "LAM-PROXY-01")
async def test_a_function_s_result_is_the_outcome() -> None:
    functions = FakeFunctions({"echo": echo})
    outcome = await LambdaIntegration(functions, OneRole()).invoke(call())
    assert outcome.payload == b'{"a":1}'
    assert outcome.function_error is None
    assert functions.calls[0].source_arn == SOURCE


@pytest.mark.rule("DP-INT-07", "SEC-LPOL-06")
async def test_with_credentials_the_role_is_asked_and_not_the_function_s_policy() -> None:
    functions = FakeFunctions({"echo": echo})
    await LambdaIntegration(functions, OneRole()).invoke(call(credentials=ROLE))
    assert functions.calls[0].source_arn is None
    with pytest.raises(IntegrationFailure, match="lambda:InvokeFunction") as caught:
        await LambdaIntegration(functions, OneRole()).invoke(call(credentials="other"))
    assert caught.value.status == 500


@pytest.mark.rule("DP-INT-07")
async def test_a_caller_is_asked_in_place_of_the_function_s_policy() -> None:
    functions = FakeFunctions({"echo": echo})
    integration = LambdaIntegration(functions, OneRole())
    await integration.invoke(replace(call(), caller_key_id="AKIDANN"))
    assert functions.calls[0].source_arn is None
    with pytest.raises(IntegrationFailure, match="with AKIDBOB, may not invoke") as caught:
        await integration.invoke(replace(call(), caller_key_id="AKIDBOB"))
    assert caught.value.status == 500
    assert len(functions.calls) == 1


@pytest.mark.rule("DP-HSK-12", "DP-INT-16")
async def test_a_function_that_cannot_be_called_is_a_500() -> None:
    with pytest.raises(IntegrationFailure) as caught:
        await LambdaIntegration(FakeFunctions(), OneRole()).invoke(call())
    assert caught.value.status == 500


@pytest.mark.rule("DP-WIRE-03", "DP-INT-16", "LAM-PROXY-06")
async def test_a_function_that_is_too_slow_is_a_timeout() -> None:
    async def never(_: Mapping[str, object]) -> object:
        return await asyncio.get_running_loop().create_future()

    with pytest.raises(IntegrationTimeout):
        await LambdaIntegration(FakeFunctions({"echo": never}), OneRole()).invoke(
            call(timeout_ms=50)
        )
