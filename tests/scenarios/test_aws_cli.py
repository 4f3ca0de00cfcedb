"""The AWS CLI walks through AWS's tutorial, "Create a WebSocket chat app", on a gateway of its own.

Two things differ: the tutorial's console is replaced by commands, and its table by the memory of
the function, which has one environment here.
"""

import asyncio
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection

from cli.processes import routekey
from scenarios.conftest import RoutekeyRun
from scenarios.running import WAIT_SECONDS_MAX, ask, connect

AWS = Path(sys.executable).with_name("aws")
ACCOUNT, REGION = "000000000000", "us-east-1"
HINT = "Use the sendmessage route to send a message. Your info:"
CHAT = """
import json

import boto3

present = set()

def handler(event, context):
    request = event["requestContext"]
    here, route = request["connectionId"], request["routeKey"]
    if route == "$connect":
        present.add(here)
        return {"statusCode": 200}
    if route == "$disconnect":
        present.discard(here)
        return {"statusCode": 200}
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"https://{request['domainName']}/{request['stage']}")
    if route == "sendmessage":
        for connection_id in present - {here}:
            client.post_to_connection(
                ConnectionId=connection_id, Data=json.loads(event["body"])["message"].encode())
    else:
        address = client.get_connection(ConnectionId=here)["Identity"]["SourceIp"]
        client.post_to_connection(
            ConnectionId=here,
            Data=("Use the sendmessage route to send a message. Your info:" + address).encode())
    return {"statusCode": 200}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A shell whose `aws` knows one gateway and one key."""

    endpoint: str
    environ: dict[str, str]
    folder: Path

    async def aws(self, command: str, **texts: str) -> Any:
        """Run a command that succeeds; `NAME` in it stands for one of the texts."""
        words = [texts.get(word, word) for word in command.split()]
        done = await asyncio.to_thread(self._run, words)
        assert done.returncode == 0, f"aws {command}\n{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def _run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [AWS, "--endpoint-url", self.endpoint, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS_MAX,
            env=os.environ | self.environ,
            cwd=self.folder,
            check=False,
        )


async def open_shell(routekey_serve: RoutekeyRun, folder: Path) -> tuple[Shell, str]:
    """Make an administrator's key, start a gateway; give the shell and where clients connect."""
    data = {"XDG_DATA_HOME": str(folder / "data")}
    made = await asyncio.to_thread(
        routekey, "keys", "create", "admin", "--policy", "AdministratorAccess", **data
    )
    assert made.returncode == 0, made.stderr
    running = await routekey_serve(None)
    key = dict(line.split("=", 1) for line in made.stdout.splitlines())
    settings = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    shell = Shell(
        endpoint=running.addresses["admin"],
        environ=key | settings | {"AWS_DEFAULT_REGION": REGION, "AWS_PAGER": ""},
        folder=folder,
    )
    return shell, running.addresses["gateway"].replace("http://", "ws://")


async def make_function(shell: Shell, api_id: str) -> str:
    """Make the chat's function, with a role that may push; give its ARN."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    push = {"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": "*"}
    trust["Action"] = "sts:AssumeRole"
    role = await shell.aws(
        "iam create-role --role-name chat --assume-role-policy-document TRUST",
        TRUST=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    await shell.aws(
        "iam put-role-policy --role-name chat --policy-name push --policy-document PUSH",
        PUSH=json.dumps({"Version": "2012-10-17", "Statement": [push]}),
    )
    with zipfile.ZipFile(shell.folder / "chat.zip", "w") as package:
        package.writestr("chat.py", CHAT)
    function = await shell.aws(
        "lambda create-function --function-name chat --runtime python3.12 --timeout 20"
        " --handler chat.handler --zip-file fileb://chat.zip --role ROLE",
        ROLE=role["Role"]["Arn"],
    )
    await shell.aws("lambda wait function-active-v2 --function-name chat")
    await shell.aws(
        "lambda add-permission --function-name chat --statement-id gateway"
        " --action lambda:InvokeFunction --principal apigateway.amazonaws.com --source-arn SOURCE",
        SOURCE=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api_id}/*",
    )
    return str(function["FunctionArn"])


async def make_chat(shell: Shell) -> str:
    """Make the chat, deployed at `production`; give the API's id."""
    api = await shell.aws(
        "apigatewayv2 create-api --name websocket-chat-app-tutorial --protocol-type WEBSOCKET"
        " --route-selection-expression $request.body.action"
    )
    api_id = str(api["ApiId"])
    function_arn = await make_function(shell, api_id)
    path = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions"
    integration = await shell.aws(
        f"apigatewayv2 create-integration --api-id {api_id} --integration-type AWS_PROXY"
        f" --integration-method POST --integration-uri {path}/{function_arn}/invocations"
    )
    target = f"integrations/{integration['IntegrationId']}"
    for route_key in ("$connect", "$disconnect", "$default", "sendmessage"):
        await shell.aws(
            f"apigatewayv2 create-route --api-id {api_id} --route-key {route_key} --target {target}"
        )
    await shell.aws(f"apigatewayv2 create-stage --api-id {api_id} --stage-name production")
    deployment = await shell.aws(
        f"apigatewayv2 create-deployment --api-id {api_id} --stage-name production"
    )
    assert deployment["DeploymentStatus"] == "DEPLOYED"
    return api_id


async def hear(client: ClientConnection) -> str | bytes:
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        return await client.recv()


async def test_the_chat_of_aws_tutorial_is_made_used_and_deleted(
    routekey_serve: RoutekeyRun, tmp_path: Path
) -> None:
    shell, gateway = await open_shell(routekey_serve, tmp_path)
    api_id = await make_chat(shell)
    routes = await shell.aws(f"apigatewayv2 get-routes --api-id {api_id} --query Items[].RouteKey")
    assert sorted(routes) == ["$connect", "$default", "$disconnect", "sendmessage"]
    url = f"{gateway.replace('127.0.0.1', f'{api_id}.localhost')}/production"
    async with connect(url, host="127.0.0.1") as first, connect(url, host="127.0.0.1") as second:
        message = {"action": "sendmessage", "message": "hello, everyone!"}
        await first.send(json.dumps(message))
        assert await hear(second) == "hello, everyone!"
        assert await ask(first, "hello") == f"{HINT}127.0.0.1"
    await shell.aws(f"apigatewayv2 delete-api --api-id {api_id}")
    await shell.aws("lambda delete-function --function-name chat")
    assert await shell.aws("apigatewayv2 get-apis --query Items") == []
    assert await shell.aws("lambda list-functions --query Functions") == []
