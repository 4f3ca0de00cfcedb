"""Functions that ask AWS itself, with an emulator in its place that refuses unknown keys."""

import asyncio
import http.client
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from routekey.adapters.aws_services import EmbeddedServices
from routekey.ids import AccountId
from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, write_project
from scenarios.running import ask

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/worker"
ASK = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    request = event["requestContext"]
    if request["eventType"] != "MESSAGE":
        return {"statusCode": 200}
    try:
        boto3.client("sns").list_topics()
        said = "welcome"
    except ClientError as error:
        said = error.response["Error"]["Code"]
    endpoint = f"https://{request['domainName']}/{request['stage']}"
    client = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
    try:
        client.post_to_connection(ConnectionId=request["connectionId"], Data=said.encode())
    except ClientError as error:
        return {"statusCode": 200, "body": f"{said}, {error}"}
    return {"statusCode": 200}
"""


@pytest.fixture
async def aws(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Stand for AWS, with a role that may use topics and an operator who may take it."""
    services = EmbeddedServices(REGION, AccountId("123456789012"), lambda _: None)
    endpoint = await services.endpoint()
    keys = await asyncio.to_thread(prepare, endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    yield endpoint
    await services.close()


def prepare(endpoint: str) -> dict[str, Any]:
    iam = boto3.client(
        "iam",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="anyone",
        aws_secret_access_key="anyone",
    )
    operator = "arn:aws:iam::123456789012:user/operator"
    trust = allow("sts:AssumeRole", Principal={"AWS": operator})
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName="worker", PolicyName="topics", PolicyDocument=allow("sns:*"))
    iam.create_user(UserName="operator")
    take = allow("sts:AssumeRole")
    iam.put_user_policy(UserName="operator", PolicyName="take", PolicyDocument=take)
    keys: dict[str, Any] = iam.create_access_key(UserName="operator")["AccessKey"]
    iam.close()
    connection = http.client.HTTPConnection(endpoint.removeprefix("http://"))
    connection.request("POST", "/moto-api/reset-auth", b"0")  # from now on it looks at keys
    assert connection.getresponse().status == 200
    connection.close()
    return keys


def allow(action: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, **(more or {"Resource": "*"})}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def write(folder: Path, endpoint: str) -> Path:
    """Write a project with a function that may post, and one that may not."""
    environment = {"AWS_ENDPOINT_URL_SNS": endpoint}
    functions = {
        "Poster": Source(text=ASK, environment=environment),
        "Silent": Source(text=ASK, environment=environment, may_push=False),
    }
    routes = {"post": "Poster", "silent": "Silent"}
    return write_project(folder, functions, routes, two_way=("silent",))


@pytest.mark.rule("LAM-ENV-01", "DP-MGM-05")
async def test_functions_act_at_aws_in_the_role_that_the_operator_names(
    tmp_path: Path, aws: str, routekey_run: RoutekeyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And here in their own, which decides what they may post."""
    monkeypatch.setenv("ROUTEKEY_SERVICES_ROLE", ROLE)
    running = await routekey_run(write(tmp_path / "project", aws), "--aws", "real")
    async with running.connect() as client:
        assert await ask(client, '{"action": "post"}') == "welcome"
        answer = await ask(client, '{"action": "silent"}')
    assert answer.startswith("welcome, An error occurred (AccessDeniedException)")
    assert "/Silent is not authorized to perform: execute-api:ManageConnections" in answer
    await running.wait_for_output(f"functions act at AWS itself in the role {ROLE}")


async def test_without_a_role_aws_refuses_functions_and_the_gateway_says_so(
    tmp_path: Path, aws: str, routekey_serve: RoutekeyRun
) -> None:
    """Nobody's own keys are lent to them."""
    running = await routekey_serve(write(tmp_path / "project", aws))
    async with running.connect() as client:
        assert await ask(client, '{"action": "post"}') == "InvalidClientTokenId"
    await running.wait_for_output("set services.role to a role that the gateway may assume")


async def test_a_function_whose_role_cannot_be_assumed_does_not_run(
    tmp_path: Path, aws: str, routekey_serve: RoutekeyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTEKEY_SERVICES_ROLE", "own")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFNOBODY")
    running = await routekey_serve(write(tmp_path / "project", aws))
    async with running.connect() as client:
        answer = json.loads(await ask(client, '{"action": "post"}'))
    assert answer["message"] == "Internal server error"
    await running.wait_for_output("cannot be assumed with the gateway's own credentials")
