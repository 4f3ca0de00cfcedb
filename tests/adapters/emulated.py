"""The emulator of other AWS services, as a test uses it."""

import asyncio
from typing import Any

import boto3

from routekey.adapters.aws_services import EmbeddedServices
from routekey.ids import AccountId

REGION = "eu-west-2"
ACCOUNT = AccountId("210987654321")


class Local:
    """An emulator, and what it said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.started: list[str] = []
        self.services = EmbeddedServices(
            REGION, ACCOUNT, self.said.append, on_start=self.started.append
        )

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        make_client: Any = boto3.client  # its overloads want a literal
        client = make_client(
            service,
            region_name=REGION,
            endpoint_url=await self.services.endpoint(),
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
        )
        try:
            return await asyncio.to_thread(getattr(client, operation), **arguments)
        finally:
            client.close()

    async def count(self, table: str, **query: Any) -> int:
        answer = await self.call("dynamodb", "query" if query else "scan", TableName=table, **query)
        counted: int = answer["Count"]
        return counted

    async def read_secret(self, name: str) -> str:
        answer = await self.call("secretsmanager", "get_secret_value", SecretId=name)
        value: str = answer["SecretString"]
        return value
