"""Roles and users of a project, edited through IAM while its functions run."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, save, write_project
from scenarios.running import Running, ask

PUSH = Source(
    text="""
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    request = event["requestContext"]
    endpoint = f"https://{request['domainName']}/{request['stage']}"
    client = boto3.client("apigatewaymanagementapi", endpoint_url=endpoint)
    try:
        client.get_connection(ConnectionId=request["connectionId"])
    except ClientError as error:
        return {"statusCode": 200, "body": error.response["Error"]["Code"]}
    return {"statusCode": 200, "body": "done"}
""",
    may_push=False,
)
ALLOW = {"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": "*"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW]})
REFUSED = "AccessDeniedException"


class Iam:
    """IAM of a running gateway, as whoever has a key."""

    def __init__(self, running: Running) -> None:
        make: Any = boto3.client
        self._client = make(
            "iam",
            endpoint_url=running.addresses["admin"],
            region_name="us-east-1",
            aws_access_key_id="AKIDUNKNOWN",
            aws_secret_access_key="secret",
        )

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._client, name)

        async def ask_iam(**members: Any) -> Any:
            return await asyncio.to_thread(call, **members)

        return ask_iam


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(
        tmp_path / "project", {"Push": PUSH}, {"$default": "Push"}, two_way=("$default",)
    )


async def test_what_iam_gives_a_role_its_functions_may_do_at_once_and_after_a_restart(
    project: Path, routekey_run: RoutekeyRun, tmp_path: Path
) -> None:
    kept = ("--data", str(tmp_path / "kept"))
    running = await routekey_run(project, *kept)
    iam = Iam(running)
    (role,) = (await iam.list_roles())["Roles"]
    here = {"RoleName": role["RoleName"]}
    with pytest.raises(ClientError, match="EntityAlreadyExists"):
        await iam.create_role(**here, AssumeRolePolicyDocument=DOCUMENT)
    async with running.connect() as client:
        assert await ask(client, "may I?") == REFUSED
        await iam.put_role_policy(**here, PolicyName="push", PolicyDocument=DOCUMENT)
        assert await ask(client, "and now?") == "done"
        save_more(project)
        await running.wait_for_output("Reloaded")
        assert await ask(client, "still?") == "done"
    assert await running.stop() == 0
    running = await routekey_run(project, *kept)
    async with running.connect() as client:
        assert await ask(client, "again?") == "done"
        await Iam(running).delete_role_policy(**here, PolicyName="push")
        assert await ask(client, "no more?") == REFUSED


async def test_a_role_that_iam_deletes_leaves_its_functions_with_nothing(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    """Not even here, where a role that was never here may do everything."""
    running = await routekey_run(project)
    iam = Iam(running)
    (role,) = (await iam.list_roles())["Roles"]
    here = {"RoleName": role["RoleName"]}
    for policy in (await iam.list_attached_role_policies(**here))["AttachedPolicies"]:
        await iam.detach_role_policy(**here, PolicyArn=policy["PolicyArn"])
    await iam.delete_role(**here)
    async with running.connect() as client:
        assert await ask(client, "free?") == REFUSED


def save_more(project: Path) -> None:
    """Say the same and a little more, as an editor does."""
    file = project / "template.json"
    template = json.loads(file.read_text())
    template["Description"] = "the same"
    save(file, json.dumps(template))
