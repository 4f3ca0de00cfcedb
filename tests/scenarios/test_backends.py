"""`@connections` from outside of the gateway: any backend with an AWS SDK, any local profile."""

import asyncio
import http.client
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed

from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, write_project
from scenarios.running import WAIT_SECONDS_MAX, Running, ask

WHO_AM_I = Source(
    text="""
def handler(event, context):
    return {"statusCode": 200, "body": event["requestContext"]["connectionId"]}
"""
)
PUSH = Source(
    text="""
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    request = event["requestContext"]
    endpoint = f"https://{request['domainName']}/{request['stage']}"
    client = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
    try:
        client.post_to_connection(ConnectionId=request["connectionId"], Data=b"pushed")
    except ClientError as error:
        return {"statusCode": 200, "body": str(error)}
    return {"statusCode": 200, "body": "no error"}
""",
    may_push=False,
)


@pytest.fixture
async def running(tmp_path: Path, routekey_run: RoutekeyRun) -> Running:
    functions = {"WhoAmI": WHO_AM_I, "Push": PUSH}
    routes = {"$default": "WhoAmI", "push": "Push"}
    project = write_project(tmp_path / "project", functions, routes, two_way=tuple(routes))
    return await routekey_run(project, "--region", "eu-west-2")


def management(running: Running) -> Any:
    """Make a client as a script would, with a profile of its own."""
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=running.callback_url,
        region_name="eu-west-2",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="of no importance here",
    )


@pytest.mark.rule("DP-MGM-07")
async def test_a_post_reaches_the_client(running: Running) -> None:
    async with running.connect() as client:
        connection_id = await ask(client, "who am I")
        backend = management(running)
        await asyncio.to_thread(
            backend.post_to_connection, ConnectionId=connection_id, Data="grüß dich".encode()
        )
        assert await asyncio.wait_for(client.recv(), WAIT_SECONDS_MAX) == "grüß dich"
        backend.close()


@pytest.mark.rule("DP-MGM-08")
async def test_a_get_tells_of_the_client(running: Running) -> None:
    async with running.connect(user_agent_header="scenario/1") as client:
        connection_id = await ask(client, "who am I")
        backend = management(running)
        told = await asyncio.to_thread(backend.get_connection, ConnectionId=connection_id)
        assert told["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "scenario/1"}
        assert told["ConnectedAt"] <= told["LastActiveAt"]
        backend.close()


@pytest.mark.rule("DP-MGM-17")
async def test_a_delete_closes_and_then_it_is_gone(running: Running) -> None:
    async with running.connect() as client:
        connection_id = await ask(client, "who am I")
        backend = management(running)
        await asyncio.to_thread(backend.delete_connection, ConnectionId=connection_id)
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(client.recv(), WAIT_SECONDS_MAX)
        assert (client.close_code, client.close_reason) == (1000, "Connection Closed Normally")
        with pytest.raises(ClientError) as gone:
            await asyncio.to_thread(
                backend.post_to_connection, ConnectionId=connection_id, Data=b"too late"
            )
        assert gone.value.response["Error"]["Code"] == "GoneException"
        assert gone.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410
        backend.close()


@pytest.mark.rule("SEC-ERR-01")
async def test_an_unsigned_post_is_refused(running: Running) -> None:
    async with running.connect() as client:
        connection_id = await ask(client, "who am I")

        def post() -> int:
            host = running.addresses["gateway"].removeprefix("http://")
            connection = http.client.HTTPConnection(host, timeout=WAIT_SECONDS_MAX)
            connection.request("POST", f"/dev/@connections/{connection_id}", b"hello")
            status = connection.getresponse().status
            connection.close()
            return status

        assert await asyncio.to_thread(post) == 403


@pytest.mark.rule("SEC-ERR-20")
async def test_a_role_without_the_permission_is_refused_and_the_console_says_so(
    running: Running,
) -> None:
    """What a developer would else learn only on AWS."""
    async with running.connect() as client:
        answer = await ask(client, '{"action":"push"}')
        assert "AccessDeniedException" in answer
        assert "is not authorized to perform: execute-api:ManageConnections" in answer
    await running.wait_for_output("execute-api:ManageConnections")
