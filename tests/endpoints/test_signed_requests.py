"""Every refusal of a signed request, as it is on the wire: of a callback, and of a handshake."""

import asyncio
import http.client
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

import pytest
import websockets
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from routekey.endpoints.execute_api import ExecuteApi
from routekey.endpoints.wire import Listener, Settings
from routekey.languages.iam import Policy, parse_policy
from routekey.resources.api import AuthorizationType
from routekey.resources.identity import Credential, Principal
from routekey.tasks import wait_for_all
from routekey.testing.apis import ACCOUNT_ID, REGION, make_api
from routekey.testing.fakes import Handler
from routekey.testing.world import FakeWorld

OPEN = make_api(
    {"$connect": "accept", "$disconnect": "goodbye", "$default": "echo"}, two_way=["$default"]
)
API = replace(
    OPEN,
    routes=tuple(
        replace(route, authorization_type=AuthorizationType.AWS_IAM)
        if route.route_key == "$connect"
        else route
        for route in OPEN.routes
    ),
)
ARN: Final = f"arn:aws:execute-api:{REGION}:********{ACCOUNT_ID[-4:]}:{API.api_id}/dev"
SESSION: Final = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/Echo/echo"
UPGRADE: Final = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def policy(effect: str) -> Policy:
    statement = {"Effect": effect, "Action": "execute-api:*", "Resource": "*"}
    return parse_policy({"Version": "2012-10-17", "Statement": statement})


ROLE = Principal(arn=SESSION, account=ACCOUNT_ID, user_id="AROA:echo", policies=(policy("Allow"),))
KEY = Credential(
    access_key_id="ASIAIOSFODNN7EXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    session_token="token",
    principal=ROLE,
)


@dataclass(kw_only=True)
class Request:
    """What is sent; each refusal spoils one of its parts."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    key: Credential = KEY
    region: str = REGION
    service: str = "execute-api"

    def sign(self) -> None:
        request = AWSRequest(
            self.method, f"http://localhost{self.path}", self.headers, self.body or None
        )
        keys = Credentials(
            self.key.access_key_id, self.key.secret_access_key, self.key.session_token
        )
        SigV4Auth(keys, self.service, self.region).add_auth(request)
        self.headers = {name: str(value) for name, value in request.headers.items()}


class Gateway:
    """A strict gateway on a port of its own; it knows one key."""

    def __init__(self, world: FakeWorld, port: int, goodbyes: asyncio.Queue[object]) -> None:
        self.world = world
        self.port = port
        self.goodbyes = goodbyes

    def request(self, door: str) -> Request:
        if door == "handshake":
            headers = {**UPGRADE, "Host": f"localhost:{self.port}"}
            return Request(method="GET", path="/dev", headers=headers)
        connection_id = self.world.world.ids.connection_id()
        return Request(
            method="POST",
            path=f"/dev/@connections/{connection_id}",
            headers={"Host": f"localhost:{self.port}", "Content-Type": "text/plain"},
            body=b"hello",
        )

    async def send(self, request: Request) -> tuple[int, Mapping[str, str], bytes]:
        return await asyncio.to_thread(self._send, request)

    def _send(self, request: Request) -> tuple[int, Mapping[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(request.method, request.path, request.body, request.headers)
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, headers, b"" if answer.status == 101 else answer.read()
        finally:
            connection.close()


@asynccontextmanager
async def running() -> AsyncIterator[Gateway]:
    goodbyes: asyncio.Queue[object] = asyncio.Queue()
    handlers: dict[str, Handler] = {
        "accept": lambda _: {"statusCode": 200},
        "echo": lambda event: {"statusCode": 200, "body": event["body"]},
        "goodbye": goodbyes.put_nowait,
    }
    world = FakeWorld(API, handlers=handlers, now_ms=time.time_ns() // 1_000_000)
    world.credentials[KEY.access_key_id] = KEY
    world.world.stranger = None
    listener = await Listener.start(
        ExecuteApi(world.world),
        "127.0.0.1",
        0,
        clock=world.clock,
        settings=Settings(tick_seconds=0.05),
    )
    try:
        yield Gateway(world, listener.port, goodbyes)
    finally:
        listener.abort()
        await listener.wait_closed()
        await wait_for_all(10)


Spoil = Callable[[Gateway, Request], None]


def unsigned(_gateway: Gateway, _request: Request) -> None:
    """Leave it as it is."""


def signed_with(**changes: object) -> Spoil:
    """Sign with another key, or for another place."""

    def spoil(_gateway: Gateway, request: Request) -> None:
        for name, value in changes.items():
            setattr(request, name, value)
        request.sign()

    return spoil


def changed(name: str, value: str | None) -> Spoil:
    """Sign, then change a header."""

    def spoil(_gateway: Gateway, request: Request) -> None:
        request.sign()
        request.headers.pop(name, None)
        if value is not None:
            request.headers[name] = value

    return spoil


def at_another_time(minutes: int) -> Spoil:
    """Sign, and let the gateway's clock run on or back."""

    def spoil(gateway: Gateway, request: Request) -> None:
        request.sign()
        gateway.world.clock.advance(minutes * 60)

    return spoil


def known_as(**changes: object) -> Spoil:
    """Sign, and let the gateway know something else of the key."""

    def spoil(gateway: Gateway, request: Request) -> None:
        gateway.world.credentials[KEY.access_key_id] = replace(KEY, **changes)  # type: ignore[arg-type]  # its fields
        request.sign()

    return spoil


MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details.\n\n"
    "The Canonical String for this request should have been\n'"
)
INVALID_TOKEN = "The security token included in the request is invalid."
REFUSALS: list[tuple[str, Spoil, str, str]] = [
    (
        "SEC-ERR-01",
        unsigned,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    ),
    (
        "SEC-ERR-02",
        signed_with(key=replace(KEY, secret_access_key="guessed")),
        "InvalidSignatureException",
        MISMATCH,
    ),
    (
        "SEC-ERR-03",
        signed_with(key=replace(KEY, access_key_id="ASIAUNKNOWN")),
        "UnrecognizedClientException",
        INVALID_TOKEN,
    ),
    (
        "SEC-ERR-03",
        changed("X-Amz-Security-Token", None),
        "UnrecognizedClientException",
        INVALID_TOKEN,
    ),
    (
        "SEC-ERR-03",
        changed("X-Amz-Security-Token", "other"),
        "UnrecognizedClientException",
        INVALID_TOKEN,
    ),
    (
        "SEC-ERR-04",
        known_as(expires_ms=1),
        "ExpiredTokenException",
        "The security token included in the request is expired",
    ),
    ("SEC-ERR-05", at_another_time(6), "InvalidSignatureException", "Signature expired: "),
    (
        "SEC-ERR-06",
        at_another_time(-6),
        "InvalidSignatureException",
        "Signature not yet current: ",
    ),
    (
        "SEC-ERR-07",
        changed("Authorization", "AWS4-HMAC-SHA256 Signature=0"),
        "IncompleteSignatureException",
        "Authorization header requires 'Credential' parameter. ",
    ),
    (
        "SEC-ERR-08",
        signed_with(region="mars"),
        "InvalidSignatureException",
        "Credential should be scoped to a valid region, not 'mars'.",
    ),
    (
        "SEC-ERR-08",
        signed_with(service="s3"),
        "InvalidSignatureException",
        "Credential should be scoped to correct service: 'execute-api'.",
    ),
]
DENIALS = [
    (
        known_as(principal=replace(ROLE, policies=())),
        "because no identity-based policy allows the {action} action",
    ),
    (
        known_as(principal=replace(ROLE, policies=(*ROLE.policies, policy("Deny")))),
        "with an explicit deny in an identity-based policy",
    ),
    (
        known_as(principal=replace(ROLE, session_policies=(Policy(),))),
        "because no session policy allows the {action} action",
    ),
]
DOORS = ["callback", "handshake"]


async def refused(door: str, spoil: Spoil) -> tuple[str, Mapping[str, str]]:
    """Send a spoilt request; give the type and the body of the 403."""
    async with running() as gateway:
        request = gateway.request(door)
        spoil(gateway, request)
        status, headers, body = await gateway.send(request)
    assert status == 403
    assert headers["content-type"] == "application/json"
    assert int(headers["content-length"]) == len(body)
    assert {"x-amzn-requestid", "x-amz-apigw-id"} <= headers.keys()
    members: Mapping[str, str] = json.loads(body)
    return headers["x-amzn-errortype"], members


@pytest.mark.rule("SEC-ERR-01", "SEC-ERR-02", "SEC-ERR-03", "SEC-ERR-04", "SEC-ERR-05")
@pytest.mark.rule("SEC-ERR-06", "SEC-ERR-07", "SEC-ERR-08", "DP-MGM-09", "DP-HSK-12", "DP-AUT-13")
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("rule", "spoil", "kind", "start"), REFUSALS)
async def test_a_bad_signature_is_refused_in_aws_s_words(
    door: str, rule: str, spoil: Spoil, kind: str, start: str
) -> None:
    found, members = await refused(door, spoil)
    assert found == kind, rule
    assert list(members) == ["message"]
    assert members["message"].startswith(start)


@pytest.mark.rule("SEC-ERR-09", "SEC-ERR-20", "SEC-CONN-04", "SEC-CONN-01", "DP-MGM-09")
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("spoil", "end"), DENIALS)
async def test_a_missing_permission_is_refused_in_aws_s_words(
    door: str, spoil: Spoil, end: str
) -> None:
    action, resource = {
        "callback": (
            "execute-api:ManageConnections",
            f"{ARN}/POST/@connections/{{connectionId}}",
        ),
        "handshake": ("execute-api:Invoke", f"{ARN}/$connect"),
    }[door]
    found, members = await refused(door, spoil)
    assert found == "AccessDeniedException"
    assert members == {
        "Message": f"User: {SESSION} is not authorized to perform: {action} on resource: "
        f"{resource} {end.format(action=action)}"
    }


@pytest.mark.rule("SEC-SIG-06", "SEC-CONN-01", "SEC-PRE-05")
async def test_what_is_signed_and_permitted_passes() -> None:
    """The connection of the callback was never open: that it is gone is told who may know."""
    for door, expected in (("callback", 410), ("handshake", 101)):
        async with running() as gateway:
            request = gateway.request(door)
            request.sign()
            assert (await gateway.send(request))[0] == expected


@pytest.mark.rule("SEC-DOOR-01", "SEC-DOOR-03", "DP-AUT-01")
async def test_an_open_connection_keeps_the_verdict_that_it_was_opened_with() -> None:
    """Its key is gone: it still sends, and its `$disconnect` still runs."""
    async with running() as gateway:
        request = Request(method="GET", path="/dev", headers={"Host": f"localhost:{gateway.port}"})
        request.sign()
        del request.headers["Host"]  # which the client writes itself
        url = f"ws://localhost:{gateway.port}/dev"
        async with websockets.connect(
            url, additional_headers=request.headers, compression=None
        ) as client:
            gateway.world.credentials.clear()
            await client.send("still here")
            assert await client.recv() == "still here"
        await asyncio.wait_for(gateway.goodbyes.get(), 60)
