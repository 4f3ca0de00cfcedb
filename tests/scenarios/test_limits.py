"""Limits that an operator has raised, lowered and switched off, of whole gateways."""

import asyncio
import json
from collections.abc import Awaitable
from pathlib import Path
from typing import Protocol

import boto3
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, write_project
from scenarios.running import WAIT_SECONDS_MAX, Running, ask, connect

ECHO = Source(
    text="""
def handler(event, context):
    request = event["requestContext"]
    return {"statusCode": 200, "body": event.get("body", "")[-200_000:] + request["connectionId"]}
"""
)
LARGE = 300_000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(
        tmp_path / "project", {"Echo": ECHO}, {"$default": "Echo"}, two_way=("$default",)
    )


class Limited(Protocol):
    """Start a gateway with limits of our own."""

    def __call__(self, **limits: float) -> Awaitable[Running]: ...


@pytest.fixture
def limited(project: Path, tmp_path: Path, routekey_run: RoutekeyRun) -> Limited:
    def start(**limits: float) -> Awaitable[Running]:
        lines = [f"{name} = {value}\n" for name, value in limits.items()]
        file = tmp_path / "routekey.toml"
        file.write_text("".join(["[limits]\n", *lines]))
        return routekey_run(project, "--config", str(file), "--region", "eu-west-2")

    return start


async def status_of(running: Running, path: str = "", header: str = "") -> int:
    headers = {"X-Large": header} if header else {}
    try:
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            async with connect(f"{running.url}{path}", additional_headers=headers):
                return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.rule("DP-LIM-03", "DP-URL-04", "DP-EVT-21")
async def test_raised_sizes_hold_for_messages_replies_posts_and_handshakes(
    limited: Limited,
) -> None:
    running = await limited(
        frame_bytes_max=400_000,
        message_bytes_max=400_000,
        url_characters_max=10_000,
        header_bytes_max=40_000,
    )
    async with running.connect(max_size=None) as client:
        reply = await ask(client, "x" * LARGE)
        echoed, connection_id = reply[:200_000], reply[200_000:]
        assert echoed == "x" * 200_000
        posts = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=running.callback_url,
            region_name="eu-west-2",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        await asyncio.to_thread(
            posts.post_to_connection, ConnectionId=connection_id, Data=b"y" * LARGE
        )
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            assert await client.recv() == "y" * LARGE
    assert await status_of(running, path=f"?q={'x' * 9000}", header="x" * 20_000) == 101


@pytest.mark.rule("DP-LIM-03", "DP-LIM-06", "DP-URL-04", "DP-EVT-21")
async def test_lowered_sizes_and_times_hold(limited: Limited) -> None:
    running = await limited(
        frame_bytes_max=100,
        message_bytes_max=150,
        idle_seconds_max=2,
        url_characters_max=100,
        header_bytes_max=1000,
    )
    assert await status_of(running, path=f"?q={'x' * 100}") == 414
    assert await status_of(running, header="x" * 1000) == 431
    for message, code in (("x" * 101, 1009), (["x" * 80] * 2, 1009), (None, 1001)):
        async with running.connect() as client:
            if message is not None:
                await client.send(message)
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(client.recv(), WAIT_SECONDS_MAX)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == code


@pytest.mark.rule("DP-LIM-10", "DP-LIM-12")
async def test_lowered_rates_hold_and_zero_is_none(limited: Limited) -> None:
    running = await limited(account_rate=0.001, account_burst=2)
    async with running.connect() as client:
        await ask(client, "the second request, after the handshake")
        assert json.loads(await ask(client, "the third"))["message"] == "Too Many Requests"
    running = await limited(new_connections_per_second=0.001, account_rate=0)
    assert [await status_of(running), await status_of(running)] == [101, 429]
