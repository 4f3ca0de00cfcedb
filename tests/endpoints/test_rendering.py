"""Every refusal that needs no signature, as it is on the wire: status, headers and body."""

import http.client
import json
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import pytest

from routekey.endpoints.execute_api import ExecuteApi
from routekey.endpoints.wire import Listener
from routekey.gateway.api_keys import FROM_AUTHORIZER
from routekey.gateway.directory import make_directory
from routekey.ids import ApiId, StageName
from routekey.quotas import Limits
from routekey.resources.api import Api, AuthorizationType, Authorizer, RouteSettings
from routekey.resources.domain import ApiMapping, DomainName
from routekey.resources.usage import (
    ApiKey,
    PlannedStage,
    QuotaSettings,
    ThrottleSettings,
    UsagePlan,
)
from routekey.tasks import wait_for_all
from routekey.testing.apis import ACCOUNT_ID, REGION, compile_api, make_api
from routekey.testing.fakes import Handler
from routekey.testing.world import FakeWorld

OPEN: Final = make_api({"$connect": "connect", "$default": "connect"})
AWS_HOST: Final = f"{OPEN.api_id}.execute-api.{REGION}.amazonaws.com"
UPGRADE: Final = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
GOLD: Final = ApiKey(id="gold", value="value-of-gold", enabled=True)
DEV: Final = PlannedStage(api_id=OPEN.api_id, stage="dev")
PLAN: Final = UsagePlan(id="plan", name="plan", api_stages=(DEV,), key_ids=("gold",))
DOMAIN: Final = DomainName(
    domain_name="ws.example.com",
    mappings=(
        ApiMapping(
            api_mapping_id="m",
            api_id=ApiId(OPEN.api_id),
            stage=StageName("dev"),
            api_mapping_key="chat",
        ),
    ),
)
_ALLOW: Final = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
_DENY: Final = {**_ALLOW, "Effect": "Deny"}


def connect_with(api: Api = OPEN, **changes: object) -> Api:
    """Change the `$connect` route."""
    return replace(api, routes=(replace(api.routes[0], **changes), *api.routes[1:]))  # type: ignore[arg-type]  # its fields


KEYED: Final = connect_with(api_key_required=True)
GUARDED: Final = replace(
    connect_with(authorization_type=AuthorizationType.CUSTOM, authorizer_id="auth"),
    authorizers=(
        Authorizer(
            authorizer_id="auth",
            name="auth",
            authorizer_uri=f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:authorize",
            identity_source=("route.request.header.Auth",),
        ),
    ),
)
SILENCED: Final = replace(
    OPEN,
    stages=(
        replace(
            OPEN.stages[0],
            default_route_settings=RouteSettings(throttling_rate_limit=0, throttling_burst_limit=0),
        ),
    ),
)


def answer(*statements: object, **more: object) -> Handler:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return lambda _: {"principalId": "ann", "policyDocument": policy, **more}


ALLOWED: Final = answer(_ALLOW)


def fail_with(text: str) -> Handler:
    def fail(_: Mapping[str, object]) -> object:
        raise RuntimeError(text)

    return fail


@dataclass(frozen=True, kw_only=True)
class Case:
    """A handshake that is refused."""

    api: Api = OPEN
    path: str = "/dev"
    headers: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[ApiKey, ...] = (GOLD,)
    plan: UsagePlan = PLAN
    authorize: Handler = ALLOWED
    connect: Handler = lambda _: {"statusCode": 200}
    limits: Limits | None = None
    before: int = 0
    """How many handshakes pass before it."""
    status: int
    message: str


SHOWN: Final = {"x-api-key": "value-of-gold"}
AUTH: Final = {"Auth": "ann"}
NO_ALLOW: Final = (
    "User is not authorized to access this resource because no identity-based policy allows the "
    "execute-api:Invoke action"
)
EXPLICIT: Final = (
    "User is not authorized to access this resource with an explicit deny in an "
    "identity-based policy"
)
FAILED: Final = "Internal server error"
CASES: Final[Mapping[str, Case]] = {
    "no API key": Case(api=KEYED, status=403, message="Forbidden"),
    "an unknown API key": Case(
        api=KEYED, headers={"x-api-key": "guess"}, status=403, message="Forbidden"
    ),
    "a disabled API key": Case(
        api=KEYED,
        headers=SHOWN,
        keys=(replace(GOLD, enabled=False),),
        status=403,
        message="Forbidden",
    ),
    "an API key of another stage": Case(
        api=KEYED,
        headers=SHOWN,
        plan=replace(PLAN, api_stages=(replace(DEV, stage="prod"),)),
        status=403,
        message="Forbidden",
    ),
    "an API key above its rate": Case(
        api=KEYED,
        headers=SHOWN,
        plan=replace(PLAN, throttle=ThrottleSettings(rate_limit=1, burst_limit=1)),
        before=1,
        status=429,
        message="Too Many Requests",
    ),
    "an API key above its quota": Case(
        api=KEYED,
        headers=SHOWN,
        plan=replace(PLAN, quota=QuotaSettings(limit=1, period="DAY")),
        before=1,
        status=429,
        message="Limit Exceeded",
    ),
    "an authorizer that names no API key": Case(
        api=replace(
            connect_with(GUARDED, api_key_required=True),
            api_key_selection_expression=FROM_AUTHORIZER,
        ),
        headers={**AUTH, **SHOWN},
        status=403,
        message="Forbidden",
    ),
    "above the stage's rate": Case(api=SILENCED, status=429, message="Too Many Requests"),
    "too many new connections": Case(
        limits=Limits(new_connections_per_second=1),
        before=1,
        status=429,
        message="Too Many Requests",
    ),
    "no identity": Case(api=GUARDED, status=401, message="Unauthorized"),
    "an authorizer that says Unauthorized": Case(
        api=GUARDED,
        headers=AUTH,
        authorize=fail_with("Unauthorized"),
        status=401,
        message="Unauthorized",
    ),
    "an authorizer that allows nothing": Case(
        api=GUARDED, headers=AUTH, authorize=answer(), status=403, message=NO_ALLOW
    ),
    "an authorizer that denies": Case(
        api=GUARDED, headers=AUTH, authorize=answer(_ALLOW, _DENY), status=403, message=EXPLICIT
    ),
    "an authorizer that fails": Case(
        api=GUARDED, headers=AUTH, authorize=fail_with("boom"), status=500, message=FAILED
    ),
    "an authorizer that gives no policy": Case(
        api=GUARDED,
        headers=AUTH,
        authorize=lambda _: {"isAuthorized": True},
        status=500,
        message="",
    ),
    "an authorizer with a context of objects": Case(
        api=GUARDED,
        headers=AUTH,
        authorize=answer(_ALLOW, context={"a": {}}),
        status=500,
        message="",
    ),
    "a parameter that is missing": Case(
        api=connect_with(request_parameters={"route.request.header.Token": True}),
        status=400,
        message="Missing required request parameters: [Token]",
    ),
    "a function that fails": Case(connect=fail_with("boom"), status=502, message=FAILED),
    "a function that answers nothing": Case(connect=lambda _: None, status=502, message=FAILED),
}


@asynccontextmanager
async def running(case: Case) -> AsyncIterator[tuple[int, FakeWorld]]:
    world = FakeWorld(
        case.api,
        handlers={"authorize": case.authorize, "connect": case.connect},
        limits=case.limits,
    )
    world.world.directory = make_directory(
        {case.api.api_id: compile_api(case.api)},
        api_keys=case.keys,
        usage_plans=(case.plan,),
        domain_names=(DOMAIN,),
    )
    listener = await Listener.start(ExecuteApi(world.world), "127.0.0.1", 0, clock=world.clock)
    try:
        yield listener.port, world
    finally:
        listener.abort()
        await listener.wait_closed()
        await wait_for_all(10)


Answer = tuple[int, dict[str, str], bytes]


def shake_hands(port: int, path: str, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Host": "127.0.0.1", **UPGRADE, **headers})
        given = connection.getresponse()
        names = {name.lower(): value for name, value in given.getheaders()}
        return given.status, names, b"" if given.status == 101 else given.read()
    finally:
        connection.close()


@pytest.mark.rule("DP-HSK-12", "DP-HSK-15", "DP-WIRE-04", "SEC-AUTH-09", "SEC-KEY-02", "SEC-KEY-04")
@pytest.mark.parametrize("name", CASES)
async def test_a_refused_handshake_is_exactly_this(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    case = CASES[name]
    async with running(case) as (port, world):
        for _ in range(case.before):
            assert (await to_thread(shake_hands, port, case.path, case.headers))[0] == 101
        status, headers, body = await to_thread(shake_hands, port, case.path, case.headers)
        assert len(list(world.connections)) <= case.before
    assert status == case.status
    members = json.loads(body)
    assert body.decode() == (
        f'{{"message": {json.dumps(case.message)}, "connectionId":"{members["connectionId"]}", '
        f'"requestId":"{members["requestId"]}"}}'
    )
    assert set(headers) == {
        "date",
        "content-type",
        "content-length",
        "connection",
        "x-amz-apigw-id",
    }
    assert headers["x-amz-apigw-id"] == members["requestId"]
    assert headers["content-type"] == "application/json; charset=UTF-8"
    assert GOLD.value not in caplog.text


@pytest.mark.rule("DP-HSK-13", "DP-URL-03", "DP-URL-05", "DP-URL-07", "DP-URL-10")
@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("127.0.0.1", "/prod"),
        ("127.0.0.1", "/dev/more"),
        ("127.0.0.1", "/"),
        (AWS_HOST, "/dev"),
        ("ws.example.com", "/"),
        ("ws.example.com", "/dev"),
        ("ws.example.com", "/ping"),
        ("ws.example.com", "/chat/more"),
    ],
)
async def test_an_address_that_nobody_has_is_refused_early(host: str, path: str) -> None:
    case = Case(api=replace(OPEN, disable_execute_api_endpoint=True), status=403, message="")
    async with running(case) as (port, _):
        status, headers, body = await to_thread(shake_hands, port, path, {"Host": host})
    assert (status, body) == (403, b'{"message":"Forbidden"}')
    assert headers["x-amzn-errortype"] == "ForbiddenException"
    assert {"x-amzn-requestid", "x-amz-apigw-id"} <= set(headers)


@pytest.mark.rule("DP-URL-05", "CP-DOM-05")
async def test_a_custom_domain_opens_its_stage() -> None:
    async with running(Case(status=101, message="")) as (port, world):
        status, _, _ = await to_thread(shake_hands, port, "/chat", {"Host": "WS.Example.com:8443"})
        (call,) = world.functions.calls
    context = json.loads(call.payload)["requestContext"]
    assert (status, context["domainName"], context["stage"]) == (101, "ws.example.com", "dev")


_SPLIT: Final = "a\r\nSet-Cookie: stolen=1"
INJECTIONS: Final[Mapping[str, Callable[[], object]]] = {
    "a header's value": lambda: {"statusCode": 403, "headers": {"X-Own": _SPLIT}},
    "a header's name": lambda: {"statusCode": 403, "headers": {_SPLIT: "a"}},
    "a list of values": lambda: {"statusCode": 403, "multiValueHeaders": {"X-Own": [_SPLIT]}},
    "the sub-protocol": lambda: {
        "statusCode": 200,
        "headers": {"Sec-WebSocket-Protocol": _SPLIT},
    },
}


@pytest.mark.parametrize("place", INJECTIONS)
async def test_a_function_cannot_split_the_answer(place: str) -> None:
    """Functions put what clients send into headers; no client may write the answer of another."""
    case = Case(connect=lambda _: INJECTIONS[place](), status=0, message="")
    async with running(case) as (port, _):
        _, headers, body = await to_thread(shake_hands, port, "/dev", {})
    assert "set-cookie" not in headers
    assert b"Set-Cookie" not in body
