import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from routekey.errors import (
    ApiConfigurationError,
    IntegrationFailure,
    ResourceNotFound,
    Throttled,
)
from routekey.gateway.directory import Directory
from routekey.gateway.message import handle_message
from routekey.ids import RouteKey
from routekey.quotas import Limits
from routekey.resources.api import Integration, IntegrationResponse, IntegrationType
from routekey.testing.apis import make_api, make_directory
from routekey.testing.fakes import RecordingChannel
from routekey.testing.world import FakeWorld

Event = Mapping[str, object]


def route_key(event: Event) -> object:
    context = event["requestContext"]
    assert isinstance(context, dict)
    return {"statusCode": 200, "body": context["routeKey"]}


def broken(_: Event) -> object:
    raise ValueError("bad thing")


API = make_api(
    {"join": "route_key", "$default": "route_key", "quiet": "route_key", "nobody": None},
    two_way=["join", "$default"],
)
STRICT = make_api({"join": "route_key"})


async def replies(body: bytes, world: FakeWorld | None = None) -> list[bytes]:
    world = world or FakeWorld(API, handlers={"route_key": route_key})
    channel = RecordingChannel()
    await handle_message(world.world, world.message(world.open(API, channel), body))
    return channel.frames


@pytest.mark.rule("DP-RTE-01", "DP-RTE-09", "DP-INT-14")
async def test_a_message_goes_to_the_route_that_it_names() -> None:
    assert await replies(b'{"action":"join"}') == [b"join"]


@pytest.mark.rule("DP-INT-40")
async def test_a_mock_that_says_the_same_to_every_message_answers_with_its_template() -> None:
    mock = Integration(
        integration_id="route_key",
        integration_type=IntegrationType.MOCK,
        request_templates={"$default": '{"statusCode": 200}'},
        responses=(
            IntegrationResponse(
                integration_response_key="/200/", response_templates={"$default": "$input.body"}
            ),
        ),
    )
    api = replace(API, integrations=(mock,))
    world, channel = FakeWorld(api), RecordingChannel()
    await handle_message(world.world, world.message(world.open(api, channel), b"hello"))
    assert channel.frames == [b"hello"]


@pytest.mark.rule(
    "DP-RTE-10", "DP-RTE-11", "DP-RTE-12", "DP-RTE-13", "DP-RTE-15", "DP-UNK-05", "DP-UNK-27"
)
@pytest.mark.parametrize(
    "body",
    [
        b'{"action":"unknown"}',
        b"{}",
        b"not json",
        b"1",
        b"",
        b'{"action":"$default"}',
        b'{"action":"$connect"}',
        b'{"action":"$disconnect"}',
        b'{"action":"JOIN"}',
    ],
)
async def test_everything_else_goes_to_default(body: bytes) -> None:
    assert await replies(body) == [b"$default"]


@pytest.mark.rule("DP-RTE-14", "DP-SUR-03")
async def test_without_a_default_an_unknown_message_is_refused() -> None:
    world = FakeWorld(STRICT, handlers={"route_key": route_key})
    event = world.message(world.open(STRICT), b"{}")
    with pytest.raises(ResourceNotFound) as caught:
        await handle_message(world.world, event)
    assert (caught.value.status, caught.value.message) == (403, "Forbidden")


@pytest.mark.rule("DP-INT-10", "DP-SUR-06")
async def test_a_one_way_route_sends_nothing() -> None:
    assert await replies(b'{"action":"quiet"}') == []


@pytest.mark.rule("DP-INT-09")
async def test_a_route_without_integration_is_an_error() -> None:
    with pytest.raises(ApiConfigurationError):
        await replies(b'{"action":"nobody"}')


@pytest.mark.rule("DP-INT-16", "DP-SUR-07")
async def test_a_failing_function_is_an_error_even_on_a_one_way_route() -> None:
    world = FakeWorld(API, handlers={"route_key": broken})
    with pytest.raises(IntegrationFailure, match="bad thing"):
        await replies(b'{"action":"quiet"}', world)


@pytest.mark.rule("DP-RTE-17")
async def test_an_open_connection_follows_its_stage_s_current_deployment() -> None:
    world = FakeWorld(API, handlers={"route_key": route_key})
    channel = RecordingChannel()
    connection = world.open(API, channel)
    renamed = replace(
        API, routes=(replace(API.routes[0], route_key=RouteKey("renamed")), API.routes[1])
    )
    world.world.directory = make_directory(renamed)
    for body in (b'{"action":"renamed"}', b'{"action":"join"}'):
        await handle_message(world.world, world.message(connection, body))
    assert channel.frames == [b"renamed", b"$default"]


@pytest.mark.rule("DP-UNK-20")
async def test_a_stage_that_is_gone_has_no_routes() -> None:
    world = FakeWorld(API)
    event = world.message(world.open(API), b"{}")
    world.world.directory = Directory()
    with pytest.raises(ResourceNotFound):
        await handle_message(world.world, event)


async def test_a_reply_to_a_client_that_left_goes_nowhere() -> None:
    world = FakeWorld(API, handlers={"route_key": route_key})
    connection = world.open(API)
    connection.channel = None
    await handle_message(world.world, world.message(connection, b"{}"))


@pytest.mark.rule("DP-LIM-10", "DP-LIM-12")
async def test_messages_above_the_account_s_rate_are_refused() -> None:
    limits = Limits(account_rate=1, account_burst=1)
    world = FakeWorld(API, handlers={"route_key": route_key}, limits=limits)
    assert await replies(b"{}", world) == [b"$default"]
    with pytest.raises(Throttled):
        await replies(b"{}", world)


@pytest.mark.rule("DP-EVT-15", "DP-INT-07")
async def test_the_function_is_told_who_calls() -> None:
    world = FakeWorld(API, handlers={"route_key": route_key})
    await replies(b'{"action":"join"}', world)
    call = world.functions.calls[0]
    assert call.source_arn is not None
    assert call.source_arn.endswith(":6behyoa40f/dev/join")
    assert json.loads(call.payload)["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"
