import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from routekey.errors import InvalidApiKey, QuotaExceeded, Throttled
from routekey.gateway.api_keys import FROM_AUTHORIZER
from routekey.gateway.connect import admit, handle_connect
from routekey.gateway.directory import make_directory
from routekey.gateway.disconnect import handle_disconnect
from routekey.gateway.lifecycle import Connection
from routekey.gateway.message import handle_message
from routekey.resources.api import Api, AuthorizationType, Authorizer
from routekey.resources.usage import (
    ApiKey,
    PlannedStage,
    QuotaSettings,
    ThrottleSettings,
    UsagePlan,
)
from routekey.testing.apis import ACCOUNT_ID, REGION, compile_api, make_api
from routekey.testing.world import FakeWorld

Event = Mapping[str, object]

OPEN = make_api({"$connect": "echo", "join": "echo", "$disconnect": "echo"})
KEYED = replace(
    OPEN,
    routes=tuple(
        replace(route, api_key_required=route.route_key != "$disconnect") for route in OPEN.routes
    ),
)
GOLD = ApiKey(id="gold", value="value-of-gold", enabled=True)
DEV = PlannedStage(api_id="6behyoa40f", stage="dev")
PLAN = UsagePlan(id="plan", name="plan", api_stages=(DEV,), key_ids=("gold",))
SHOWN = {"apiKey": "value-of-gold", "apiKeyId": "gold"}
HEADER = ("X-Api-Key", "value-of-gold")


def asked_by_authorizer(api: Api, named: object) -> tuple[Api, FakeWorld]:
    """Make an API whose key comes from its authorizer, which names one."""
    authorizer = Authorizer(
        authorizer_id="auth",
        name="auth",
        authorizer_uri=f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:authorize",
    )
    connect = replace(
        api.routes[0], authorization_type=AuthorizationType.CUSTOM, authorizer_id="auth"
    )
    api = replace(
        api,
        api_key_selection_expression=FROM_AUTHORIZER,
        routes=(connect, *api.routes[1:]),
        authorizers=(authorizer,),
    )
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    answer = {
        "principalId": "ann",
        "policyDocument": {"Version": "2012-10-17", "Statement": statement},
        "usageIdentifierKey": named,
    }
    return api, world_with(api, authorizer_answer=answer)


def world_with(
    api: Api = KEYED,
    *,
    keys: tuple[ApiKey, ...] = (GOLD,),
    plans: tuple[UsagePlan, ...] = (PLAN,),
    authorizer_answer: object = None,
) -> FakeWorld:
    world = FakeWorld(
        api,
        handlers={
            "echo": lambda _: {"statusCode": 200},
            "authorize": lambda _: authorizer_answer,
        },
    )
    change_keys(world, api, keys, plans)
    return world


def change_keys(
    world: FakeWorld, api: Api, keys: tuple[ApiKey, ...], plans: tuple[UsagePlan, ...]
) -> None:
    world.world.directory = make_directory(
        {api.api_id: compile_api(api)}, api_keys=keys, usage_plans=plans
    )


async def connect(world: FakeWorld, *headers: tuple[str, str]) -> Connection:
    admission = admit(world.world, world.handshake(*headers))
    await handle_connect(world.world, admission)
    return admission.event.connection


async def send(world: FakeWorld, connection: Connection) -> None:
    await handle_message(world.world, world.message(connection, b'{"action":"join"}'))


def identity_of_last_event(world: FakeWorld) -> Mapping[str, object]:
    identity = json.loads(world.functions.calls[-1].payload)["requestContext"]["identity"]
    assert isinstance(identity, dict)
    return identity


@pytest.mark.rule("SEC-KEY-01", "SEC-KEY-05", "DP-AUT-14", "DP-EVT-14")
async def test_a_key_in_the_header_opens_the_stage_and_is_shown_in_every_event() -> None:
    world = world_with()
    connection = await connect(world, HEADER)
    assert identity_of_last_event(world) == {**SHOWN, "sourceIp": "127.0.0.1"}
    await send(world, connection)
    assert identity_of_last_event(world) == {**SHOWN, "sourceIp": "127.0.0.1"}
    await handle_disconnect(world.world, world.goodbye(connection, 1000, ""))
    assert identity_of_last_event(world) == {**SHOWN, "sourceIp": "127.0.0.1"}


@pytest.mark.rule("SEC-KEY-02", "DP-HSK-12")
@pytest.mark.parametrize(
    ("headers", "keys", "plans", "reason"),
    [
        ((), (GOLD,), (PLAN,), "the handshake has no x-api-key header"),
        ((("x-api-key", ""),), (GOLD,), (PLAN,), "the handshake has no x-api-key header"),
        ((("x-api-key", "guess"),), (GOLD,), (PLAN,), "unknown or disabled"),
        ((HEADER,), (replace(GOLD, enabled=False),), (PLAN,), "unknown or disabled"),
        ((HEADER,), (GOLD,), (), "in no usage plan of 6behyoa40f/dev"),
        ((HEADER,), (GOLD,), (replace(PLAN, api_stages=()),), "in no usage plan"),
        ((HEADER,), (GOLD,), (replace(PLAN, key_ids=()),), "in no usage plan"),
    ],
)
async def test_without_a_key_that_opens_the_stage_nobody_connects(
    headers: tuple[tuple[str, str], ...],
    keys: tuple[ApiKey, ...],
    plans: tuple[UsagePlan, ...],
    reason: str,
) -> None:
    world = world_with(keys=keys, plans=plans)
    with pytest.raises(InvalidApiKey) as caught:
        await connect(world, *headers)
    assert reason in caught.value.reason
    assert "value-of-gold" not in caught.value.reason
    assert (caught.value.status, caught.value.message) == (403, "Forbidden")
    assert world.functions.calls == []


@pytest.mark.rule("SEC-KEY-04", "DP-HSK-12")
async def test_above_the_key_s_rate_and_quota_the_handshake_is_refused() -> None:
    slow = replace(PLAN, throttle=ThrottleSettings(rate_limit=1, burst_limit=1))
    world = world_with(plans=(slow,))
    await connect(world, HEADER)
    with pytest.raises(Throttled) as throttled:
        await connect(world, HEADER)
    assert (throttled.value.status, throttled.value.message) == (429, "Too Many Requests")

    world = world_with(plans=(replace(PLAN, quota=QuotaSettings(limit=1, period="DAY")),))
    await connect(world, HEADER)
    with pytest.raises(QuotaExceeded) as exceeded:
        await connect(world, HEADER)
    assert (exceeded.value.status, exceeded.value.message) == (429, "Limit Exceeded")


@pytest.mark.rule("SEC-AUTH-12", "SEC-KEY-01")
async def test_the_authorizer_s_usage_identifier_key_opens_the_stage() -> None:
    _, world = asked_by_authorizer(KEYED, "value-of-gold")
    await connect(world)
    assert identity_of_last_event(world) == {**SHOWN, "sourceIp": "127.0.0.1"}


@pytest.mark.rule("SEC-AUTH-12", "SEC-KEY-02")
@pytest.mark.parametrize("named", ["guess", None, ""])
async def test_an_authorizer_that_names_no_known_key_lets_nobody_in(named: object) -> None:
    _, world = asked_by_authorizer(KEYED, named)
    with pytest.raises(InvalidApiKey):
        await connect(world, HEADER)  # and the header does not count


@pytest.mark.rule("SEC-AUTH-12")
async def test_without_an_authorizer_no_usage_identifier_key_comes() -> None:
    world = world_with(replace(KEYED, api_key_selection_expression=FROM_AUTHORIZER))
    with pytest.raises(InvalidApiKey):
        await connect(world, HEADER)


@pytest.mark.rule("SEC-KEY-03")
async def test_a_message_goes_by_the_key_that_the_connection_was_opened_with() -> None:
    connect_is_free = replace(
        KEYED, routes=(replace(KEYED.routes[0], api_key_required=False), *KEYED.routes[1:])
    )
    world = world_with(connect_is_free)
    await send(world, await connect(world, HEADER))
    stranger = await connect(world)
    assert identity_of_last_event(world) == {"sourceIp": "127.0.0.1"}
    with pytest.raises(InvalidApiKey):
        await send(world, stranger)
    with pytest.raises(InvalidApiKey):
        await send(world, await connect(world, ("x-api-key", "guess")))


@pytest.mark.rule("SEC-KEY-03", "CP-KEY-05")
async def test_a_key_that_is_taken_back_is_of_no_use_to_an_open_connection() -> None:
    world = world_with()
    connection = await connect(world, HEADER)
    await send(world, connection)
    change_keys(world, KEYED, (replace(GOLD, enabled=False),), (PLAN,))
    with pytest.raises(InvalidApiKey):
        await send(world, connection)


@pytest.mark.rule("SEC-KEY-03", "DP-LIM-13")
async def test_messages_count_against_the_quota_where_their_route_requires_a_key() -> None:
    quota = replace(PLAN, quota=QuotaSettings(limit=2, period="DAY"))
    world = world_with(plans=(quota,))
    connection = await connect(world, HEADER)
    await send(world, connection)
    with pytest.raises(QuotaExceeded):
        await send(world, connection)

    free = replace(KEYED, routes=(KEYED.routes[0], OPEN.routes[1]))
    world = world_with(free, plans=(quota,))
    connection = await connect(world, HEADER)
    for _ in range(5):
        await send(world, connection)


async def test_where_no_route_requires_a_key_the_header_is_the_client_s_own() -> None:
    world = world_with(OPEN)
    await connect(world, HEADER)
    assert identity_of_last_event(world) == {"sourceIp": "127.0.0.1"}
