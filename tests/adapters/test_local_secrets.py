"""Secrets that a project declares, in the real emulator."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from routekey.adapters.aws_services import EmbeddedServices
from routekey.ids import AccountId
from routekey.resources.service import ServiceResource

REGION, ACCOUNT = "eu-west-2", AccountId("210987654321")


def secret(name: str, **more: str) -> ServiceResource:
    return ServiceResource(
        type="AWS::SecretsManager::Secret",
        logical_id=name,
        properties={"Name": name, **more},
        reference=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-a1b2c3",
    )


class Local:
    """An emulator, and what it said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.services = EmbeddedServices(REGION, ACCOUNT, self.said.append)

    async def call(self, operation: str, **arguments: Any) -> Any:
        client = boto3.client(
            "secretsmanager",
            region_name=REGION,
            endpoint_url=await self.services.endpoint(),
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
        )
        try:
            return await asyncio.to_thread(getattr(client, operation), **arguments)
        finally:
            client.close()

    async def read(self, name: str) -> str:
        value: str = (await self.call("get_secret_value", SecretId=name))["SecretString"]
        return value


@pytest.fixture
async def local() -> AsyncIterator[Local]:
    made = Local()
    yield made
    await made.services.close()


async def test_a_secret_is_there_by_its_name_and_by_the_arn_that_functions_get(
    local: Local,
) -> None:
    await local.services.make([secret("chat/key", SecretString="s3cret"), secret("empty")])
    assert await local.read("chat/key") == "s3cret"
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:chat/key-a1b2c3"
    assert await local.read(arn) == "s3cret"
    assert (await local.call("describe_secret", SecretId="empty"))["Name"] == "empty"
    assert local.said == []


async def test_what_a_function_put_stays_until_the_project_says_another_value(
    local: Local,
) -> None:
    await local.services.make([secret("a", SecretString="1")])
    await local.call("put_secret_value", SecretId="a", SecretString="put")
    await local.services.make([secret("a", SecretString="1"), secret("b", SecretString="2")])
    assert await local.read("a") == "put"
    await local.services.make([secret("a", SecretString="3"), secret("b", SecretString="2")])
    assert await local.read("a") == "3"


async def test_a_secret_that_is_no_longer_declared_goes(local: Local) -> None:
    await local.services.make([secret("a", SecretString="1")])
    await local.services.make([])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        await local.read("a")
    await local.services.make([secret("a", SecretString="2")])
    assert await local.read("a") == "2"


async def test_what_the_emulator_refuses_is_said_without_the_value(local: Local) -> None:
    await local.services.make([secret("", SecretString="s3cret"), secret("b", SecretString="2")])
    (said,) = local.said
    assert said.startswith("note the local services cannot make the secret : ")
    assert "s3cret" not in said
    assert await local.read("b") == "2"
