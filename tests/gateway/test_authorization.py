"""How the authorizer's function is asked; tests/gateway/test_connect.py has what becomes of it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from routekey.errors import AuthorizerConfigurationError, AuthorizerFailure
from routekey.gateway.access_log import AccessLogFormat
from routekey.gateway.connect import Accepted, admit, handle_connect
from routekey.gateway.journal import EventJournal
from routekey.resources.api import Api, AuthorizationType, Authorizer
from routekey.testing.apis import ACCOUNT_ID, REGION, make_api
from routekey.testing.world import FakeWorld

PLAIN = make_api({"$connect": None}, stage_variables={"name": "authorize"})
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:authorize"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/asker"


def allow(_: Mapping[str, object]) -> object:
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "p", "policyDocument": policy}


def guarded(authorizer: Authorizer | None) -> Api:
    route = replace(
        PLAIN.routes[0],
        authorization_type=AuthorizationType.CUSTOM,
        authorizer_id=None if authorizer is None else authorizer.authorizer_id,
    )
    authorizers = () if authorizer is None else (authorizer,)
    return replace(PLAIN, routes=(route,), authorizers=authorizers)


def authorizer(uri: str = FUNCTION, role: str | None = None) -> Authorizer:
    return Authorizer(
        authorizer_id="auth",
        name="auth",
        authorizer_uri=uri,
        authorizer_credentials_arn=role,
        identity_source=(),
    )


async def connect(api: Api, *roles: str) -> FakeWorld:
    fake = FakeWorld(api, handlers={"authorize": allow}, roles=roles)
    decision = await handle_connect(fake.world, admit(fake.world, fake.handshake()))
    assert decision == Accepted(subprotocol=None)
    return fake


@pytest.mark.rule("DP-AUT-12", "SEC-AUTH-16")
async def test_without_a_role_the_function_s_own_policy_is_asked_about_the_authorizer() -> None:
    fake = await connect(guarded(authorizer()))
    (call,) = fake.functions.calls
    assert call.source_arn == (
        f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{PLAIN.api_id}/authorizers/auth"
    )


@pytest.mark.rule("DP-AUT-12", "SEC-AUTH-16")
async def test_a_role_that_may_invoke_stands_in_for_the_function_s_policy() -> None:
    fake = await connect(guarded(authorizer(role=ROLE)), ROLE)
    (call,) = fake.functions.calls
    assert call.source_arn is None


@pytest.mark.rule("DP-AUT-12")
async def test_a_role_that_may_not_invoke_lets_nobody_in() -> None:
    with pytest.raises(AuthorizerFailure, match="may not invoke"):
        await connect(guarded(authorizer(role=ROLE)))


async def test_the_function_s_name_may_be_a_stage_variable() -> None:
    uri = FUNCTION.replace(":authorize", ":${stageVariables.name}")
    fake = await connect(guarded(authorizer(uri)))
    assert [call.function for call in fake.functions.calls] == [FUNCTION]


@pytest.mark.parametrize("broken", [None, authorizer("arn:aws:sqs:eu-west-2:123456789012:queue")])
async def test_a_route_whose_authorizer_is_none_lets_nobody_in(broken: Authorizer | None) -> None:
    with pytest.raises(AuthorizerConfigurationError):
        await connect(guarded(broken))


@pytest.mark.rule("DP-AUT-11", "DP-MON-12")
async def test_the_access_log_tells_how_long_the_authorizer_took() -> None:
    def allow_slowly(event: Mapping[str, object]) -> object:
        fake.clock.advance(3)
        return allow(event)

    fake = FakeWorld(guarded(authorizer()), handlers={"authorize": allow_slowly})
    admission = admit(fake.world, fake.handshake())
    journal = EventJournal(admission.event)
    await handle_connect(fake.world, admission, journal)
    line = AccessLogFormat.parse("$context.authorizer.integrationLatency $context.connectionId")
    assert line.render(journal.build_context()) == f"3000 {admission.event.connection.id}"
