import json

import pytest

from routekey.errors import IntegrationFailure
from routekey.gateway.directory import Directory
from routekey.gateway.disconnect import handle_disconnect
from routekey.testing.apis import make_api
from routekey.testing.world import FakeWorld

API = make_api({"$disconnect": "goodbye", "$default": "goodbye"})


@pytest.mark.rule("DP-DIS-01", "DP-DIS-03", "DP-DIS-05")
async def test_the_function_learns_code_and_reason_and_its_answer_is_ignored() -> None:
    world = FakeWorld(API, handlers={"goodbye": lambda _: "nonsense"})
    await handle_disconnect(world.world, world.goodbye(world.open(API), 1000, "done"))
    context = json.loads(world.functions.calls[0].payload)["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (1000, "done")


@pytest.mark.rule("DP-DIS-05")
async def test_a_function_that_cannot_be_asked_is_for_the_log() -> None:
    world = FakeWorld(API)
    with pytest.raises(IntegrationFailure):
        await handle_disconnect(world.world, world.goodbye(world.open(API), 1000, ""))


async def test_without_a_route_an_integration_or_a_stage_nobody_is_told() -> None:
    for api in (make_api({"$default": "a"}), make_api({"$disconnect": None})):
        world = FakeWorld(api)
        await handle_disconnect(world.world, world.goodbye(world.open(api), 1000, ""))
    world = FakeWorld(API)
    event = world.goodbye(world.open(API), 1000, "")
    world.world.directory = Directory()
    await handle_disconnect(world.world, event)
    assert world.functions.calls == []
