"""A gateway on a real socket, with functions in Python, whose world the test owns."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import boto3
import httptools
import websockets
from botocore.config import Config

from routekey.app.parts import listener_settings
from routekey.choices import DEFAULT_CHOICES, Choices
from routekey.endpoints.execute_api import ExecuteApi
from routekey.endpoints.wire import Listener
from routekey.quotas import Limits
from routekey.resources.api import Api
from routekey.tasks import wait_for_all
from routekey.testing.apis import REGION, make_api
from routekey.testing.fakes import Handler
from routekey.testing.world import FakeWorld

Event = Mapping[str, Any]


def accept(_: Event) -> object:
    return {"statusCode": 200}


def echo(event: Event) -> object:
    return {"statusCode": 200, "body": event["body"]}


def shout(event: Event) -> object:
    return {"statusCode": 200, "body": event["body"].upper()}


def fail(_: Event) -> object:
    raise ValueError("bad thing")


API = make_api(
    {
        "$connect": "accept",
        "$disconnect": "goodbye",
        "$default": "echo",
        "fail": "fail",
        "quiet": "echo",
    },
    two_way=["$default"],
)


class Running:
    """A gateway on a port of its own, whose world the test owns."""

    def __init__(self, world: FakeWorld, execute_api: ExecuteApi, listener: Listener) -> None:
        self.world = world
        self.execute_api = execute_api
        self.listener = listener
        self.goodbyes: asyncio.Queue[Event] = asyncio.Queue()
        world.functions.handlers["goodbye"] = self.goodbyes.put_nowait

    def connect(self, path: str = "/dev", **options: Any) -> websockets.connect:
        return websockets.connect(
            f"ws://127.0.0.1:{self.listener.port}{path}", compression=None, **options
        )

    async def goodbye(self) -> tuple[int, str]:
        """Wait for the `$disconnect` event: its code and reason."""
        context = (await asyncio.wait_for(self.goodbyes.get(), 60))["requestContext"]
        return context["disconnectStatusCode"], context["disconnectReason"]

    @property
    def connection_id(self) -> str:
        (connection,) = self.world.connections
        return connection.id

    def client(self, stage: str = "dev") -> Any:
        """Make boto3's client for `@connections`, as an operator on this machine has it."""
        return boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=f"http://127.0.0.1:{self.listener.port}/{stage}",
            region_name=REGION,
            aws_access_key_id="AKIDUNKNOWN",
            aws_secret_access_key="secret",
            config=Config(retries={"max_attempts": 0}, parameter_validation=False),
        )

    async def call(self, operation: str, stage: str = "dev", **arguments: Any) -> Any:
        client = self.client(stage)
        try:
            return await asyncio.to_thread(getattr(client, operation), **arguments)
        finally:
            client.close()

    async def exchange(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send raw bytes; read one answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.listener.port)
        writer.write(request)
        answer = _Answer()
        parser = httptools.HttpResponseParser(answer)
        while not answer.is_whole:
            data = await asyncio.wait_for(reader.read(65536), 60)
            if not data:
                break
            with suppress(httptools.HttpParserUpgrade):
                parser.feed_data(data)
        writer.close()
        await writer.wait_closed()
        return parser.get_status_code(), answer.headers, answer.body


class _Answer:
    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.body = b""
        self.is_whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_whole = True


@asynccontextmanager
async def running(
    *apis: Api,
    limits: Limits | None = None,
    choices: Choices = DEFAULT_CHOICES,
    **handlers: Handler,
) -> AsyncIterator[Running]:
    known: dict[str, Handler] = {"accept": accept, "echo": echo, "fail": fail, **handlers}
    world = FakeWorld(*(apis or (API,)), handlers=known, limits=limits, choices=choices)
    execute_api = ExecuteApi(world.world)
    settings = replace(listener_settings(world.limits, choices), tick_seconds=0.05)
    listener = await Listener.start(
        execute_api, "127.0.0.1", 0, clock=world.clock, settings=settings
    )
    try:
        yield Running(world, execute_api, listener)
    finally:
        listener.abort()
        await listener.wait_closed()
        await wait_for_all(10)


UPGRADE = (
    b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
