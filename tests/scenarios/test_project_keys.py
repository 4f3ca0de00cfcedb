"""Keys that a template gives its users: `AWS::IAM::AccessKey`."""

import asyncio
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import ClientConnection

from cli.processes import routekey
from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, save, write_project
from scenarios.running import Running, ask

TELL = Source(
    text="""
import json, os

def handler(event, context):
    told = [os.environ["ID"], os.environ["SECRET"], event["requestContext"]["connectionId"]]
    return {"statusCode": 200, "body": json.dumps(told)}
""",
    environment={"ID": {"Ref": "Key"}, "SECRET": {"Fn::GetAtt": ["Key", "SecretAccessKey"]}},
)
PUSH = {
    "Effect": "Allow",
    "Action": "execute-api:ManageConnections",
    "Resource": {"Fn::Sub": "arn:aws:execute-api:*:*:${Api}/*/POST/*"},
}
RESOURCES: dict[str, Any] = {
    "Backends": {
        "Type": "AWS::IAM::Group",
        "Properties": {
            "Policies": [{"PolicyName": "push", "PolicyDocument": {"Statement": [PUSH]}}]
        },
    },
    "User": {
        "Type": "AWS::IAM::User",
        "Properties": {"UserName": "backend", "Groups": [{"Ref": "Backends"}]},
    },
    "Key": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "User"}}},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = write_project(
        tmp_path / "project", {"Tell": TELL}, {"$default": "Tell"}, two_way=("$default",)
    )
    write_key(folder)
    return folder


def write_key(folder: Path, **properties: object) -> None:
    """Write the user and his key into the template."""
    file = folder / "template.json"
    template = json.loads(file.read_text())
    key = {**RESOURCES["Key"], "Properties": {**RESOURCES["Key"]["Properties"], **properties}}
    template["Resources"] |= {**RESOURCES, "Key": key}
    template["Outputs"] = {"Secret": {"Value": {"Fn::GetAtt": ["Key", "SecretAccessKey"]}}}
    save(file, json.dumps(template, indent=2))


async def ask_key(client: ClientConnection) -> tuple[str, str, str]:
    """Let the function tell its key's id and secret, and the connection's id."""
    access_key_id, secret, connection_id = json.loads(await ask(client, "which key?"))
    return access_key_id, secret, connection_id


def call(running: Running, key: tuple[str, str], operation: str, **arguments: object) -> str:
    """Call `@connections` with a key; give the error's code, or nothing."""
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=running.callback_url,
        region_name="us-east-1",
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
    )
    try:
        getattr(client, operation)(**arguments)
    except ClientError as error:
        code: str = error.response["Error"]["Code"]
        return code
    finally:
        client.close()
    return ""


async def test_a_key_of_the_template_may_do_what_its_user_may(
    project: Path, routekey_serve: RoutekeyRun, tmp_path: Path
) -> None:
    """And it is the same after a restart, and where its output is printed."""
    running = await routekey_serve(project)
    async with running.connect() as client:
        access_key_id, secret, connection = await ask_key(client)
        key = (access_key_id, secret)
        pushed = await asyncio.to_thread(
            call, running, key, "post_to_connection", ConnectionId=connection, Data=b"pushed"
        )
        assert (pushed, await client.recv()) == ("", "pushed")
        refused = await asyncio.to_thread(
            call, running, key, "delete_connection", ConnectionId=connection
        )
        assert refused == "AccessDeniedException"
    assert await running.stop() == 0
    assert secret not in running.output
    data = str(tmp_path / "data")
    done = await asyncio.to_thread(routekey, "outputs", str(project), XDG_DATA_HOME=data)
    assert json.loads(done.stdout) == {"project": {"Secret": secret}}
    again = await routekey_serve(project)
    async with again.connect() as client:
        assert (await ask_key(client))[:2] == key


async def test_a_key_that_is_switched_off_opens_nothing(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    """Not even here, where a key that nobody knows is the administrator's."""
    running = await routekey_run(project)
    async with running.connect() as client:
        access_key_id, secret, connection = await ask_key(client)
        key = (access_key_id, secret)
        write_key(project, Status="Inactive")
        await running.wait_for_output("Reloaded")
        refused = await asyncio.to_thread(
            call, running, key, "post_to_connection", ConnectionId=connection, Data=b"pushed"
        )
        assert refused == "UnrecognizedClientException"


async def test_who_has_the_template_does_not_have_the_key(
    project: Path, routekey_serve: RoutekeyRun, tmp_path: Path
) -> None:
    """Another installation makes other keys of the same template."""
    theirs = await routekey_serve(project, "--data", str(tmp_path / "elsewhere"))
    async with theirs.connect() as client:
        access_key_id, secret, _ = await ask_key(client)
    ours = await routekey_serve(project)
    async with ours.connect() as client:
        _, _, connection = await ask_key(client)
        refused = await asyncio.to_thread(
            call,
            ours,
            (access_key_id, secret),
            "post_to_connection",
            ConnectionId=connection,
            Data=b"pushed",
        )
        assert refused == "UnrecognizedClientException"
