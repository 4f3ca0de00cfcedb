"""APIs made through AWS's SDK, and talked to by a WebSocket client.

The steps are those of AWS's tutorial for a WebSocket chat, without its console.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import websockets

from endpoints.control_plane.laboratory import FUNCTION_URI, Client, Laboratory
from routekey.endpoints.execute_api import ExecuteApi
from routekey.endpoints.wire import Listener
from routekey.gateway.directory import Directory
from routekey.testing.fakes import FakeClock
from routekey.testing.world import FakeWorld


def answer(event: Mapping[str, Any]) -> dict[str, object]:
    """Say which route was taken, and what its stage knows."""
    said = {
        "route": event["requestContext"]["routeKey"],
        "variables": event.get("stageVariables"),
    }
    return {"statusCode": 200, "body": json.dumps(said)}


@dataclass(frozen=True)
class Live:
    """A control plane, and the gateway that follows it."""

    client: Client
    port: int

    @asynccontextmanager
    async def connect(self, api_id: str) -> AsyncIterator[websockets.ClientConnection]:
        url = f"ws://{api_id}.localhost:{self.port}/dev"
        async with websockets.connect(url, host="127.0.0.1", open_timeout=60) as connection:
            yield connection


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    world = FakeWorld(handlers={"echo": answer})
    execute_api = ExecuteApi(world.world)
    listener = await Listener.start(execute_api, "127.0.0.1", 0, clock=FakeClock())

    def follow(directory: Directory) -> None:
        execute_api.replace_directory(directory, world.connections)

    async with Laboratory(on_change=follow) as laboratory:
        yield Live(laboratory.client(), listener.port)
    listener.abort()
    await listener.wait_closed()


async def make_chat(client: Client) -> tuple[str, str]:
    """Make an API with one two-way route; give its id and its integration's target."""
    api = await client.create_api(
        Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )
    here = {"ApiId": api["ApiId"]}
    integration = await client.create_integration(
        **here, IntegrationType="AWS_PROXY", IntegrationMethod="POST", IntegrationUri=FUNCTION_URI
    )
    target = f"integrations/{integration['IntegrationId']}"
    await add_route(client, api["ApiId"], "join", target)
    await client.create_stage(**here, StageName="dev")
    return api["ApiId"], target


async def add_route(client: Client, api_id: str, key: str, target: str) -> None:
    route = await client.create_route(
        ApiId=api_id, RouteKey=key, Target=target, RouteResponseSelectionExpression="$default"
    )
    await client.create_route_response(
        ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default"
    )


async def say(connection: websockets.ClientConnection, action: str) -> dict[str, Any]:
    await connection.send(json.dumps({"action": action}))
    async with asyncio.timeout(60):
        reply = json.loads(await connection.recv())
    assert isinstance(reply, dict)
    return reply


@pytest.mark.rule("CP-DEPLOY-01", "CP-DEPLOY-10", "CP-ROUTE-12")
async def test_an_api_is_live_when_it_is_deployed_under_open_connections(live: Live) -> None:
    api_id, target = await make_chat(live.client)
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with live.connect(api_id):
            """Nothing is deployed yet (CP-STAGE-04)."""
    here = {"ApiId": api_id, "StageName": "dev"}
    first = await live.client.create_deployment(**here)
    async with live.connect(api_id) as connection:
        assert (await say(connection, "join"))["route"] == "join"
        await add_route(live.client, api_id, "leave", target)
        assert (await say(connection, "leave"))["message"] == "Forbidden"
        await live.client.create_deployment(**here)
        assert (await say(connection, "leave"))["route"] == "leave"
        await live.client.update_stage(**here, DeploymentId=first["DeploymentId"])
        assert (await say(connection, "leave"))["message"] == "Forbidden"


@pytest.mark.rule("CP-DEPLOY-02", "CP-STAGE-07")
async def test_stage_variables_reach_the_next_message(live: Live) -> None:
    api_id, _ = await make_chat(live.client)
    here = {"ApiId": api_id, "StageName": "dev"}
    await live.client.create_deployment(**here)
    async with live.connect(api_id) as connection:
        assert (await say(connection, "join"))["variables"] is None
        await live.client.update_stage(**here, StageVariables={"table": "messages"})
        assert (await say(connection, "join"))["variables"] == {"table": "messages"}


@pytest.mark.rule("CP-STAGE-11", "CP-DEPLOY-02")
async def test_a_stage_variable_names_the_function(live: Live) -> None:
    api_id, _ = await make_chat(live.client)
    here = {"ApiId": api_id, "StageName": "dev"}
    integration = await live.client.create_integration(
        ApiId=api_id,
        IntegrationType="AWS_PROXY",
        IntegrationMethod="POST",
        IntegrationUri=FUNCTION_URI.replace(":echo/", ":${stageVariables.called}/"),
    )
    await add_route(live.client, api_id, "call", f"integrations/{integration['IntegrationId']}")
    await live.client.create_deployment(**here)
    async with live.connect(api_id) as connection:
        assert (await say(connection, "call"))["message"] == "Internal server error"
        await live.client.update_stage(**here, StageVariables={"called": "echo"})
        assert (await say(connection, "call"))["route"] == "call"


@pytest.mark.rule("CP-DEPLOY-06")
async def test_with_auto_deploy_a_new_route_is_live_at_once(live: Live) -> None:
    api_id, target = await make_chat(live.client)
    await live.client.update_stage(ApiId=api_id, StageName="dev", AutoDeploy=True)
    async with live.connect(api_id) as connection:
        await add_route(live.client, api_id, "leave", target)
        assert (await say(connection, "leave"))["route"] == "leave"


async def test_deleting_a_stage_closes_its_connections(live: Live) -> None:
    api_id, _ = await make_chat(live.client)
    here = {"ApiId": api_id, "StageName": "dev"}
    await live.client.create_deployment(**here)
    async with live.connect(api_id) as connection:
        await say(connection, "join")
        await live.client.delete_stage(**here)
        async with asyncio.timeout(60):
            await connection.wait_closed()
        assert connection.close_code == 1001


async def test_a_thousand_edits_and_messages_do_not_disturb_each_other(live: Live) -> None:
    api_id, _ = await make_chat(live.client)
    here = {"ApiId": api_id, "StageName": "dev"}
    await live.client.create_deployment(**here)

    async def edit(number: int) -> None:
        for turn in range(10):
            variables = {f"v{number}": str(turn)}
            await live.client.update_stage(**here, StageVariables=variables)
            await live.client.create_deployment(**here)

    async def talk() -> None:
        async with live.connect(api_id) as connection:
            for _ in range(100):
                assert (await say(connection, "join"))["route"] == "join"

    await asyncio.gather(*(edit(number) for number in range(50)), *(talk() for _ in range(8)))
    async with live.connect(api_id) as connection:
        variables = (await say(connection, "join"))["variables"]
    assert variables == {f"v{number}": "9" for number in range(50)}
