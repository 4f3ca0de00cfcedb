"""Each call goes to whom it is for."""

from collections.abc import AsyncIterator

import pytest

from adapters.integrations.conftest import Backend
from routekey.adapters.integrations.aws_proxy import LambdaIntegration
from routekey.adapters.integrations.aws_service import AwsServiceIntegration
from routekey.adapters.integrations.backends import Backends
from routekey.adapters.integrations.http import HttpIntegration
from routekey.adapters.integrations.http_pool import HttpPool
from routekey.gateway.ports import (
    AwsServiceCall,
    FunctionCall,
    FunctionResult,
    HttpCall,
    HttpOutcome,
    LambdaCall,
    LambdaOutcome,
    MockCall,
    MockOutcome,
)
from routekey.resources.identity import Credential, Principal

KEYS = Credential(
    access_key_id="AKIATEST",
    secret_access_key="secret",
    principal=Principal(arn="arn:aws:iam::1:user/u", account="1", user_id="U"),
)


class Echo:
    """A Lambda that gives back what it gets, and asks nobody who calls."""

    async def invoke(self, call: FunctionCall) -> FunctionResult:
        return FunctionResult(payload=call.payload)

    def may_invoke(self, role_arn: str, function_arn: str) -> bool:
        return role_arn != function_arn

    def may_caller_invoke(self, access_key_id: str, function_arn: str) -> bool:
        return access_key_id != function_arn


@pytest.fixture
async def backends(backend: Backend) -> AsyncIterator[Backends]:
    pool = HttpPool(allows_private=True)
    http = HttpIntegration(pool, lambda _: None)

    async def find_aws_keys(_: AwsServiceCall) -> Credential:
        return KEYS

    async def find_services() -> str:
        return backend.url

    services = AwsServiceIntegration(http, lambda _: KEYS, find_aws_keys, find_services)
    yield Backends(LambdaIntegration(Echo(), Echo()), http, services)
    pool.close()


async def test_a_function_is_asked_by_lambda(backends: Backends, backend: Backend) -> None:
    call = LambdaCall(
        function_arn="f", payload=b"{}", source_arn="s", timeout_ms=1000, trace_id="t"
    )
    outcome = await backends.invoke(call)
    assert outcome == LambdaOutcome(payload=b"{}", function_error=None)
    assert backend.requests == []


@pytest.mark.rule("DP-INT-40", "DP-INT-42")
async def test_mock_asks_nobody(backends: Backends, backend: Backend) -> None:
    assert await backends.invoke(MockCall(status=204)) == MockOutcome(status=204)
    assert backend.requests == []


async def test_a_backend_is_asked_by_http(backends: Backends, backend: Backend) -> None:
    call = HttpCall(method="PUT", url=f"{backend.url}/x", headers=(), body=b"b", timeout_ms=29_000)
    outcome = await backends.invoke(call)
    assert isinstance(outcome, HttpOutcome)
    assert outcome.body == b"ok"
    assert backend.requests[0][0].startswith(b"PUT /x ")


async def test_a_service_is_asked_with_a_signature(backends: Backends, backend: Backend) -> None:
    call = AwsServiceCall(
        region="eu-west-1",
        service="sqs",
        subdomain=None,
        action=None,
        path="1/q",
        method="POST",
        query=(),
        headers=(),
        body=b"",
        credentials_arn=None,
        timeout_ms=29_000,
    )
    outcome = await backends.invoke(call)
    assert isinstance(outcome, HttpOutcome)
    assert b"AWS4-HMAC-SHA256 Credential=AKIATEST/" in backend.requests[0][0]
