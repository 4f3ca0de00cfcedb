"""Beginning anew, as test suites do between tests."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory
from routekey.endpoints.control_plane.reset import create_reset

MINIMUM = {
    "Name": "chat",
    "ProtocolType": "WEBSOCKET",
    "RouteSelectionExpression": "$request.body.action",
}


def post(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, data=b"", timeout=60) as answer:
        return answer.status, answer.read()


@pytest.fixture
async def laboratory() -> AsyncIterator[Laboratory]:
    async with Laboratory(more_routes=lambda self: create_reset(self.plane)) as laboratory:
        yield laboratory


async def test_a_reset_forgets_everything(laboratory: Laboratory, client: Client) -> None:
    await client.create_api(**MINIMUM)
    await client.create_vpc_link(Name="inside", SubnetIds=["subnet-1"])
    await laboratory.client("apigateway").create_api_key()
    answer = await asyncio.to_thread(post, f"{laboratory.url}/moto-api/reset")
    assert answer == (200, b'{"status":"ok"}')
    assert (await client.get_apis())["Items"] == []
    assert (await client.get_vpc_links())["Items"] == []
    assert (await laboratory.client("apigateway").get_api_keys())["items"] == []
    await client.create_api(**MINIMUM)
