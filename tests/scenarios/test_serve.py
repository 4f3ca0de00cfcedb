"""`routekey serve`: strict, with logs for machines, and a stop that balancers understand."""

import asyncio
import http.client
import json
import signal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, write_project
from scenarios.running import WAIT_SECONDS_MAX, Running, ask, wait_until

PUSH = Source(
    text="""
import boto3

def handler(event, context):
    request = event["requestContext"]
    print("a line of", request["routeKey"])
    if request["eventType"] == "MESSAGE":
        endpoint = f"https://{request['domainName']}/{request['stage']}"
        client = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
        client.post_to_connection(
            ConnectionId=request["connectionId"], Data=request["connectionId"].encode())
    return {"statusCode": 200}
"""
)
ROUTES = {"$connect": "Push", "$default": "Push", "$disconnect": "Push"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project", {"Push": PUSH}, ROUTES)


def status_of(running: Running, path: str) -> int:
    host = running.addresses["admin"].removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=WAIT_SECONDS_MAX)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.rule("SEC-ERR-03")
async def test_a_key_that_nobody_gave_out_is_refused(
    project: Path, routekey_serve: RoutekeyRun
) -> None:
    """Under `run` any local profile will do; here only the roles of the project can push."""
    running = await routekey_serve(project)
    async with running.connect() as client:
        connection_id = await ask(client, "who am I")
        backend = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=running.callback_url,
            region_name="us-east-1",
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="guessed",
        )
        with pytest.raises(ClientError) as refused:
            await asyncio.to_thread(
                backend.post_to_connection, ConnectionId=connection_id, Data=b"hello"
            )
        assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"
        backend.close()


async def test_every_line_is_a_json_object(project: Path, routekey_serve: RoutekeyRun) -> None:
    running = await routekey_serve(project)
    async with running.connect() as client:
        await ask(client, "hello")
    await running.wait_for_output("a line of $disconnect")
    await running.stop()
    entries: list[dict[str, Any]] = [json.loads(line) for line in running.output.splitlines()]
    (serving,) = [entry for entry in entries if entry["message"] == "serving"]
    assert serving["gateway"] == running.addresses["gateway"]
    of_function = [entry for entry in entries if entry.get("function") == "Push"]
    assert [entry["message"] for entry in of_function] == [
        "a line of $connect",
        "a line of $default",
        "a line of $disconnect",
    ]
    assert len({entry["requestId"] for entry in of_function}) == 3


async def test_a_stop_first_says_that_it_is_not_ready_and_serves_on(
    project: Path, routekey_serve: RoutekeyRun, tmp_path: Path
) -> None:
    settings = tmp_path / "routekey.toml"
    settings.write_text("[gateway]\nunready_seconds = 600\n")
    running = await routekey_serve(project, "--config", str(settings))
    assert await asyncio.to_thread(status_of, running, "/readyz") == 200
    running.process.send_signal(signal.SIGTERM)
    await wait_until(lambda: status_of(running, "/readyz") == 503, "the end of readiness")
    assert await asyncio.to_thread(status_of, running, "/healthz") == 200
    async with running.connect() as client:
        await ask(client, "still here")
        assert await running.stop(signal.SIGTERM) == 0  # a second one does not wait
        await client.wait_closed()
        assert client.close_code == 1001


async def test_a_stop_closes_the_clients_at_an_even_pace(
    project: Path, routekey_serve: RoutekeyRun, tmp_path: Path
) -> None:
    settings = tmp_path / "routekey.toml"
    settings.write_text("[gateway]\ndrain_seconds = 3\n")
    running = await routekey_serve(project, "--config", str(settings))
    clients = [await running.connect() for _ in range(4)]
    loop = asyncio.get_running_loop()

    async def wait_closed(number: int) -> float:
        await clients[number].wait_closed()
        return loop.time()

    waiting = asyncio.gather(*(wait_closed(number) for number in range(4)))
    assert await running.stop(signal.SIGTERM) == 0
    closed_at = sorted(await asyncio.wait_for(waiting, WAIT_SECONDS_MAX))
    assert closed_at[-1] - closed_at[0] > 1
    assert {client.close_code for client in clients} == {1001}
