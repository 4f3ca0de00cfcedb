import asyncio
import time
from collections.abc import Mapping
from dataclasses import fields, replace

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from routekey.errors import (
    AccessDenied,
    AccessDeniedException,
    AuthorizerConfigurationError,
    AuthorizerFailure,
    BadRequestParameters,
    ForbiddenException,
    IntegrationFailure,
    IntegrationTimeout,
    InvalidApiKey,
    MissingAuthenticationTokenException,
    Throttled,
    Unauthorized,
)
from routekey.gateway.connect import Accepted, Admission, admit, handle_connect
from routekey.gateway.responses import Refusal
from routekey.languages.iam import parse_policy
from routekey.quotas import Limits
from routekey.resources.api import CALLER, Api, AuthorizationType, Authorizer
from routekey.resources.identity import Credential, Principal
from routekey.resources.managed import ManagedAuthorizer
from routekey.testing.apis import ACCOUNT_ID, REGION, make_api
from routekey.testing.fakes import Handler
from routekey.testing.world import FakeWorld

Event = Mapping[str, object]
CONNECT_ARN = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:6behyoa40f/dev/$connect"


def accept(_: Event) -> object:
    return {"statusCode": 200, "body": "ignored"}


def policy(effect: str, resource: str = CONNECT_ARN) -> dict[str, object]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def allow(_: Event) -> object:
    context = {"number": 7, "yes": True, "empty": ""}
    return {"principalId": "p", "policyDocument": policy("Allow"), "context": context}


PLAIN = make_api({"$connect": "connect", "$default": "connect"})


def guarded(*sources: str) -> Api:
    """Make an API whose `$connect` asks the function `authorize`."""
    authorizer = Authorizer(
        authorizer_id="auth",
        name="auth",
        authorizer_uri=f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:authorize",
        identity_source=sources,
    )
    route = replace(
        PLAIN.routes[0], authorization_type=AuthorizationType.CUSTOM, authorizer_id="auth"
    )
    return replace(PLAIN, routes=(route, PLAIN.routes[1]), authorizers=(authorizer,))


async def connect(
    world: FakeWorld, *headers: tuple[str, str], query: str = "", path: str = "/dev"
) -> tuple[Accepted | Refusal, Admission]:
    admission = admit(world.world, world.handshake(*headers, query=query, path=path))
    return await handle_connect(world.world, admission), admission


def world_of(api: Api = PLAIN, **handlers: Handler) -> FakeWorld:
    return FakeWorld(api, handlers={"connect": accept, **handlers})


@pytest.mark.rule("DP-HSK-02", "DP-HSK-07", "DP-INT-15")
async def test_a_handshake_that_its_function_accepts_is_accepted() -> None:
    decision, _ = await connect(world_of())
    assert decision == Accepted(subprotocol=None)


@pytest.mark.rule("DP-HSK-04", "DP-HSK-12")
@pytest.mark.parametrize("routes", [{"$default": "connect"}, {"$connect": None}])
async def test_without_a_connect_integration_everybody_is_accepted(
    routes: dict[str, str | None],
) -> None:
    world = FakeWorld(make_api(routes))
    decision, _ = await connect(world)
    assert decision == Accepted(subprotocol=None)
    assert world.functions.calls == []


@pytest.mark.rule("DP-HSK-08", "DP-SUR-05")
async def test_the_function_s_sub_protocol_is_passed_on() -> None:
    def choose(_: Event) -> object:
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "chat"}}

    decision, _ = await connect(world_of(connect=choose), ("Sec-WebSocket-Protocol", "chat, other"))
    assert decision == Accepted(subprotocol="chat")


@pytest.mark.rule("DP-HSK-14")
async def test_the_function_s_refusal_is_its_own() -> None:
    decision, _ = await connect(world_of(connect=lambda _: {"statusCode": 401, "body": "no"}))
    assert decision == Refusal(status=401, headers=(), body=b"no")


@pytest.mark.rule("DP-HSK-12")
async def test_a_function_that_fails_is_a_502() -> None:
    def fail(_: Event) -> object:
        raise ValueError("bad thing")

    with pytest.raises(IntegrationFailure) as caught:
        await connect(world_of(connect=fail))
    assert caught.value.status == 502


@pytest.mark.rule("DP-HSK-13", "DP-URL-03", "DP-SUR-22")
@pytest.mark.parametrize("path", ["/", "/prod", "/dev/extra", "/dev/extra/more"])
def test_another_path_than_the_stage_is_forbidden(path: str) -> None:
    world = world_of()
    with pytest.raises(ForbiddenException):
        admit(world.world, world.handshake(path=path))


@pytest.mark.rule("DP-HSK-01", "DP-HSK-02")
async def test_a_handshake_is_examined_in_aws_s_order() -> None:
    required = {"route.request.querystring.x": True}
    api = guarded("route.request.header.Auth")
    route = replace(api.routes[0], request_parameters=required)
    api = replace(api, routes=(route, api.routes[1]))
    world = FakeWorld(api, limits=Limits(new_connections_per_second=4))
    with pytest.raises(Unauthorized):  # the identity, before anybody is asked
        await connect(world)
    with pytest.raises(AuthorizerFailure):  # the authorizer, before the parameters
        await connect(world, ("Auth", "x"))
    world.functions.handlers["authorize"] = allow
    with pytest.raises(BadRequestParameters):  # the parameters, before the integration
        await connect(world, ("Auth", "x"))
    with pytest.raises(IntegrationFailure):  # the integration
        await connect(world, ("Auth", "x"), query="x=1")
    with pytest.raises(Throttled):  # and the rate, before all of them
        await connect(world)


@pytest.mark.rule("DP-HSK-12", "DP-HSK-18")
async def test_a_connect_function_that_is_too_slow_is_a_504() -> None:
    async def never(_: Event) -> object:
        return await asyncio.get_running_loop().create_future()

    quick = replace(PLAIN.integrations[0], timeout_in_millis=50)
    with pytest.raises(IntegrationTimeout) as caught:
        await connect(world_of(replace(PLAIN, integrations=(quick,)), connect=never))
    assert (caught.value.status, caught.value.message) == (504, "Endpoint request timed out")


@pytest.mark.rule("DP-LIM-01", "DP-LIM-12", "DP-HSK-12")
async def test_too_many_new_connections_are_throttled() -> None:
    world = FakeWorld(
        PLAIN, handlers={"connect": accept}, limits=Limits(new_connections_per_second=1)
    )
    await connect(world)
    with pytest.raises(Throttled):
        await connect(world)


@pytest.mark.rule("DP-HSK-03", "DP-AUT-05", "DP-AUT-10", "DP-AUT-11", "SEC-AUTH-06", "SEC-AUTH-13")
async def test_an_authorizer_that_allows_is_asked_once_and_its_context_stays() -> None:
    world = world_of(guarded(), authorize=allow)
    decision, admission = await connect(world)
    assert decision == Accepted(subprotocol=None)
    assert admission.event.connection.authorizer == {
        "principalId": "p",
        "number": "7",
        "yes": "true",
        "empty": "",
    }
    asked, told = world.functions.calls
    assert asked.source_arn is not None
    assert asked.source_arn.endswith(":6behyoa40f/authorizers/auth")
    connection_id = admission.event.connection.id.encode()
    assert connection_id in asked.payload
    assert connection_id in told.payload
    assert b'"integrationLatency":0' in told.payload


@pytest.mark.rule("DP-AUT-03", "SEC-AUTH-02", "SEC-AUTH-10")
@pytest.mark.parametrize("headers", [(), (("Auth", ""),)])
async def test_a_missing_or_empty_identity_is_a_401_and_nobody_is_asked(
    headers: tuple[tuple[str, str], ...],
) -> None:
    world = world_of(guarded("route.request.header.Auth"), authorize=allow)
    with pytest.raises(Unauthorized):
        await connect(world, *headers)
    assert world.functions.calls == []


@pytest.mark.rule("DP-AUT-04")
async def test_an_identity_validation_expression_has_no_effect() -> None:
    api = guarded("route.request.header.Auth")
    values = {field.name: getattr(api.authorizers[0], field.name) for field in fields(Authorizer)}
    strict = ManagedAuthorizer(**values, identity_validation_expression="^never$")
    world = world_of(replace(api, authorizers=(strict,)), authorize=allow)
    decision, _ = await connect(world, ("Auth", "other"))
    assert isinstance(decision, Accepted)


@pytest.mark.rule("DP-AUT-03", "SEC-AUTH-03")
async def test_identity_is_found_in_header_query_and_context() -> None:
    api = guarded(
        "route.request.header.Auth", "route.request.querystring.token", "context.connectionId"
    )
    world = world_of(api, authorize=allow)
    decision, _ = await connect(world, ("aUTH", "x"), query="token=y")
    assert isinstance(decision, Accepted)


@pytest.mark.rule("DP-HSK-12", "SEC-AUTH-09")
async def test_an_authorizer_that_raises_unauthorized_is_a_401() -> None:
    def refuse(_: Event) -> object:
        raise PermissionError("Unauthorized")

    with pytest.raises(Unauthorized):
        await connect(world_of(guarded(), authorize=refuse))


@pytest.mark.rule("DP-AUT-06", "DP-AUT-07", "DP-SUR-15", "SEC-AUTH-08", "SEC-IAM-03")
@pytest.mark.parametrize(
    "document",
    [policy("Deny"), policy("Allow", "*/*/*/*"), policy("Allow", CONNECT_ARN.replace("dev", "x"))],
)
async def test_a_policy_that_does_not_cover_the_method_denies(document: dict[str, object]) -> None:
    answer = {"principalId": "p", "policyDocument": document}
    with pytest.raises(AccessDenied):
        await connect(world_of(guarded(), authorize=lambda _: answer))


@pytest.mark.rule("DP-HSK-12", "DP-AUT-08", "DP-SUR-16", "SEC-EVAL-11", "SEC-AUTH-09")
@pytest.mark.parametrize(
    "answer", [None, "yes", {"isAuthorized": True}, {"statusCode": 401}, {"principalId": "p"}]
)
async def test_an_answer_that_is_no_policy_is_a_500_with_an_empty_message(answer: object) -> None:
    with pytest.raises(AuthorizerConfigurationError) as caught:
        await connect(world_of(guarded(), authorize=lambda _: answer))
    assert (caught.value.status, caught.value.message) == (500, "")


@pytest.mark.rule("DP-HSK-12", "SEC-AUTH-09")
async def test_an_authorizer_that_fails_or_is_missing_is_a_500() -> None:
    def fail(_: Event) -> object:
        raise ValueError("bad thing")

    for handlers in ({"authorize": fail}, {}):
        with pytest.raises(AuthorizerFailure):
            await connect(FakeWorld(guarded(), handlers={"connect": accept, **handlers}))


@pytest.mark.rule("DP-INT-49", "DP-HSK-12")
async def test_a_required_parameter_that_is_missing_is_a_400() -> None:
    required = {"route.request.querystring.x": True, "route.request.header.Y": False}
    route = replace(PLAIN.routes[0], request_parameters=required)
    world = world_of(replace(PLAIN, routes=(route, PLAIN.routes[1])))
    with pytest.raises(BadRequestParameters) as caught:
        await connect(world)
    assert caught.value.message == "Missing required request parameters: [x]"
    decision, _ = await connect(world, query="x=1")
    assert isinstance(decision, Accepted)


@pytest.mark.rule("DP-HSK-12", "SEC-KEY-02")
async def test_a_required_api_key_that_nobody_has_refuses_everybody() -> None:
    route = replace(PLAIN.routes[0], api_key_required=True)
    with pytest.raises(InvalidApiKey):
        await connect(world_of(replace(PLAIN, routes=(route,))), ("x-api-key", "guess"))


def iam_world(
    resource: str, credentials_arn: str | None = None, callers: tuple[str, ...] = ()
) -> FakeWorld:
    route = replace(PLAIN.routes[0], authorization_type=AuthorizationType.AWS_IAM)
    integration = replace(PLAIN.integrations[0], credentials_arn=credentials_arn)
    api = replace(PLAIN, routes=(route, PLAIN.routes[1]), integrations=(integration,))
    now_ms = time.time_ns() // 1_000_000  # botocore signs for now
    world = FakeWorld(api, handlers={"connect": accept}, now_ms=now_ms, roles=callers)
    world.world.stranger = None
    principal = Principal(
        arn=f"arn:aws:iam::{ACCOUNT_ID}:user/ann",
        account=ACCOUNT_ID,
        user_id="AIDAEXAMPLE",
        policies=(parse_policy(policy("Allow", resource)),),
    )
    world.credentials["AKIDEXAMPLE"] = Credential(
        access_key_id="AKIDEXAMPLE", secret_access_key="secret", principal=principal
    )
    return world


def presigned_query() -> str:
    """Sign a WebSocket URL as browsers have to."""
    request = AWSRequest("GET", "http://127.0.0.1/dev", headers={"host": "127.0.0.1"})
    credentials = BotoCredentials("AKIDEXAMPLE", "secret")
    SigV4QueryAuth(credentials, "execute-api", REGION, expires=60).add_auth(request)
    return str(request.url).partition("?")[2]


@pytest.mark.rule("DP-AUT-13", "SEC-CONN-01", "SEC-CONN-03", "SEC-PRE-01", "DP-EVT-14")
async def test_a_signed_url_opens_an_iam_connection_and_names_its_user() -> None:
    world = iam_world(CONNECT_ARN)
    decision, admission = await connect(world, ("Host", "127.0.0.1"), query=presigned_query())
    assert isinstance(decision, Accepted)
    assert (
        b'"userArn":"arn:aws:iam::123456789012:user/ann"'
        in admission.event.connection.event_identity
    )
    assert admission.event.connection.access_key_id == "AKIDEXAMPLE"


@pytest.mark.rule("DP-INT-07")
async def test_an_integration_can_call_in_the_name_of_who_signed_the_handshake() -> None:
    world = iam_world(CONNECT_ARN, CALLER, callers=("AKIDEXAMPLE",))
    decision, _ = await connect(world, ("Host", "127.0.0.1"), query=presigned_query())
    assert isinstance(decision, Accepted)
    assert world.functions.calls[0].source_arn is None
    with pytest.raises(IntegrationFailure, match="with AKIDEXAMPLE, may not invoke") as caught:
        await connect(
            iam_world(CONNECT_ARN, CALLER), ("Host", "127.0.0.1"), query=presigned_query()
        )
    assert caught.value.status == 500


@pytest.mark.rule("DP-HSK-12", "SEC-ERR-01", "SEC-CONN-04")
async def test_an_unsigned_or_unpermitted_iam_handshake_is_refused() -> None:
    world = iam_world(CONNECT_ARN)
    with pytest.raises(MissingAuthenticationTokenException):
        await connect(world)
    world = iam_world(CONNECT_ARN.replace("$connect", "other"))
    with pytest.raises(AccessDeniedException, match="execute-api:Invoke"):
        await connect(world, ("Host", "127.0.0.1"), query=presigned_query())
