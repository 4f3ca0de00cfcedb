"""What tests of the control plane begin with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from endpoints.control_plane.functions_laboratory import open_laboratory
from endpoints.control_plane.laboratory import Client, Laboratory


@pytest.fixture
async def laboratory() -> AsyncIterator[Laboratory]:
    async with Laboratory() as laboratory:
        yield laboratory


@pytest.fixture
def client(laboratory: Laboratory) -> Client:
    return laboratory.client()


@pytest.fixture
async def api_id(client: Client) -> str:
    api = await client.create_api(
        Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )
    return str(api["ApiId"])


@pytest.fixture
async def functions(tmp_path: Path) -> AsyncIterator[Client]:
    """Lambda, with processes behind it."""
    async with open_laboratory(tmp_path) as laboratory:
        yield laboratory.client("lambda")
