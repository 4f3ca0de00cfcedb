"""The control plane of a whole gateway: made by boto3, used by a WebSocket client, kept."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config as BotoConfig
from botocore.exceptions import ClientError

from routekey.adapters.console import Complaints
from routekey.app import Gateway
from routekey.config import load_config
from routekey.errors import InputError
from routekey.ids import AccountId
from routekey.resources.project import Project
from routekey.testing.apis import make_api
from scenarios.running import connect

REGION, ACCOUNT = "eu-west-2", AccountId("123456789012")
SHOUT = """
def handler(event, context):
    return {"statusCode": 200, "body": event["body"].upper()}
"""


def package(source: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("app.py", source)
    return written.getvalue()


class Account:
    """boto3's clients for one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.api = self._client("apigatewayv2")
        self.functions = self._client("lambda")
        self.iam = self._client("iam")
        self.sts = self._client("sts")

    def _client(self, service: str) -> Any:
        make: Any = boto3.client  # its overloads want a literal
        return make(
            service,
            endpoint_url=self.gateway.addresses.admin,
            region_name=REGION,
            aws_access_key_id="AKIDUNKNOWN",
            aws_secret_access_key="secret",
            config=BotoConfig(retries={"max_attempts": 0}),
        )

    def make_shout(self) -> str:
        """Make a function and an API that it answers; tell the API's id."""
        function = self.functions.create_function(
            FunctionName="shout",
            Runtime="python3.12",
            Role=f"arn:aws:iam::{ACCOUNT}:role/shout",
            Handler="app.handler",
            Code={"ZipFile": package(SHOUT)},
        )
        self.functions.add_permission(
            FunctionName="shout",
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        made = self.api.create_api(
            Name="made", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
        )
        api_id: str = made["ApiId"]
        integration = self.api.create_integration(
            ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=function["FunctionArn"]
        )
        route = self.api.create_route(
            ApiId=api_id,
            RouteKey="$default",
            Target=f"integrations/{integration['IntegrationId']}",
        )
        self.api.create_route_response(
            ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default"
        )
        self.api.create_stage(ApiId=api_id, StageName="live", AutoDeploy=True)
        return api_id

    async def run(self, call: Callable[..., Any], **arguments: Any) -> Any:
        return await asyncio.to_thread(call, **arguments)

    async def close(self) -> None:
        for client in (self.api, self.functions, self.iam, self.sts):
            client.close()


@asynccontextmanager
async def running(
    tmp_path: Path, project: Project | None = None, *, is_strict: bool = False, **flags: object
) -> AsyncIterator[Account]:
    settings = {
        "gateway.port": 0,
        "admin.port": 0,
        "functions.data_folder": str(tmp_path / "data"),
        "store.folder": str(tmp_path / "store"),
        **flags,
    }
    gateway = Gateway(
        load_config(None, {}, settings),
        project or Project(region=REGION, account_id=ACCOUNT),
        is_strict=is_strict,
        sink=lambda _line: None,
        telemetry=Complaints(lambda _text: None),
        say=lambda _text: None,
    )
    await gateway.start()
    account = Account(gateway)
    try:
        yield account
    finally:
        await account.close()
        await gateway.stop()


async def ask(account: Account, api_id: str, message: str) -> str:
    port = int(account.gateway.addresses.gateway.rpartition(":")[2])
    url = f"ws://{api_id}.localhost:{port}/live"
    async with connect(url, host="127.0.0.1", port=port) as client:
        await client.send(message)
        return str(await client.recv())


@pytest.mark.rule("CP-DEPLOY-06", "LAM-PROXY-01")
async def test_what_boto3_makes_is_served_and_is_there_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as account:
        api_id = await asyncio.to_thread(account.make_shout)
        assert await ask(account, api_id, "hello") == "HELLO"
    async with running(tmp_path) as account:
        assert await ask(account, api_id, "again") == "AGAIN"
        answer = await account.run(
            account.functions.invoke, FunctionName="shout", Payload=b'{"body":"x"}'
        )
        assert json.loads(answer["Payload"].read())["body"] == "X"


async def test_a_project_s_api_is_there_too_and_its_reload_keeps_what_was_made(
    tmp_path: Path,
) -> None:
    project = Project(region=REGION, account_id=ACCOUNT, apis=(make_api({"$default": None}),))
    async with running(tmp_path, project) as account:
        made = await asyncio.to_thread(account.make_shout)
        await account.gateway.reload(project)
        listed = (await account.run(account.api.get_apis))["Items"]
        assert {api["ApiId"] for api in listed} == {"6behyoa40f", made}
        await account.gateway.reload(Project(region=REGION, account_id=ACCOUNT))
        listed = (await account.run(account.api.get_apis))["Items"]
        assert [api["ApiId"] for api in listed] == [made]


async def test_in_production_a_stranger_manages_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, is_strict=True) as account:
        with pytest.raises(ClientError) as caught:
            await account.run(account.api.get_apis)
        assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


@pytest.mark.rule("DP-URL-10")
@pytest.mark.parametrize(("is_strict", "status"), [(False, 101), (True, 403)])
async def test_in_production_an_endpoint_that_is_switched_off_has_no_other_name(
    tmp_path: Path, *, is_strict: bool, status: int
) -> None:
    """Who writes `localhost` into his Host header is not on this machine for that."""
    api = replace(make_api({"$default": None}), disable_execute_api_endpoint=True)
    project = Project(region=REGION, account_id=ACCOUNT, apis=(api,))
    async with running(tmp_path, project, is_strict=is_strict) as account:
        port = int(account.gateway.addresses.gateway.rpartition(":")[2])
        for host in ("localhost", f"{api.api_id}.localhost", "ws.example.com"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                f"GET /dev HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            assert (await reader.readline()).split()[1] == str(status).encode()
            writer.close()


async def test_a_store_that_another_gateway_has_is_one_clear_error(tmp_path: Path) -> None:
    async with running(tmp_path):
        with pytest.raises(InputError):
            async with running(tmp_path):
                pytest.fail("two gateways had one store")
