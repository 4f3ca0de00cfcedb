"""AWS's host names as functions see them: over TLS, on a real socket."""

import http.client
import json
import socket
import ssl
from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from routekey.adapters.certificates import CertificateAuthority
from routekey.adapters.system import SystemClock, SystemIds
from routekey.endpoints.front_door import FindServices, Forward, FrontDoor
from routekey.endpoints.wire import Exchange, Listener, Response
from routekey.errors import InputError, IntegrationFailure
from routekey.gateway.ports import HttpCall, HttpOutcome

API_HOST = "6behyoa40f.execute-api.eu-west-2.amazonaws.com"


class HostEcho:
    """Stands for the execute-api application: it answers with the host it was asked for."""

    def handle_request(self, exchange: Exchange) -> None:
        host = exchange.request.header("host") or ""
        exchange.respond(Response(status=200, body=host.encode()))


async def nowhere() -> None:
    """Nothing stands for other services."""


async def unreachable(call: HttpCall) -> HttpOutcome:
    raise IntegrationFailure(f"nobody listens at {call.url}")


class Service:
    """Stands for a service of ours: it answers with its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def handle_request(self, exchange: Exchange) -> None:
        exchange.respond(Response(status=200, body=self.name.encode()))


def make_door(find_services: FindServices, forward: Forward) -> FrontDoor:
    return FrontDoor(
        HostEcho(),
        Service("sts"),
        Service("own"),
        SystemIds(),
        is_domain=lambda host: host == "chat.example.com",
        find_services=find_services,
        forward=forward,
    )


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path / "certificates", SystemClock())


@pytest.fixture
async def listener(authority: CertificateAuthority) -> AsyncIterator[Listener]:
    listener = await Listener.start(
        make_door(nowhere, unreachable),
        "127.0.0.1",
        0,
        clock=SystemClock(),
        ssl_context=authority.server_context(),
    )
    yield listener
    listener.close()
    await listener.wait_closed()


class Redirected(http.client.HTTPSConnection):
    """What the hook in a function's process does: connect elsewhere, keep the name."""

    def __init__(self, host: str, gateway_port: int, context: ssl.SSLContext) -> None:
        super().__init__(host, context=context, timeout=60)
        self._gateway_port = gateway_port
        self._context = context

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self._gateway_port), timeout=60)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


def ask(host: str, port: int, bundle: Path, *, host_header: str | None = None) -> tuple[int, str]:
    connection = Redirected(host, port, ssl.create_default_context(cafile=bundle))
    connection.request("GET", "/dev", headers={"Host": host_header or host})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


@pytest.mark.parametrize(
    "host",
    [API_HOST, "anyotherid.execute-api.us-east-1.amazonaws.com",
     "6behyoa40f.execute-api.cn-north-1.amazonaws.com.cn"],
)  # fmt: skip
async def test_execute_api_hosts_lead_to_this_gateway(
    listener: Listener, authority: CertificateAuthority, host: str
) -> None:
    """Whatever id the URL has: which API answers is the directory's decision."""
    answer = await to_thread(ask, host, listener.port, authority.write_bundle())
    assert answer == (200, host)


@pytest.mark.parametrize("spelling", [API_HOST.upper(), f"{API_HOST}:443", f"{API_HOST}."])
async def test_a_host_may_be_spelled_in_any_way(
    listener: Listener, authority: CertificateAuthority, spelling: str
) -> None:
    bundle = authority.write_bundle()
    answer = await to_thread(ask, API_HOST, listener.port, bundle, host_header=spelling)
    assert answer == (200, spelling)


@pytest.mark.parametrize(
    "host", ["dynamodb.eu-west-2.amazonaws.com", "execute-api.amazonaws.com.attacker.example"]
)
async def test_other_hosts_get_an_error_that_says_so(
    listener: Listener, authority: CertificateAuthority, host: str
) -> None:
    status, body = await to_thread(ask, host, listener.port, authority.write_bundle())
    assert status == 400
    assert json.loads(body) == {
        "message": f"Routekey's front door: nothing stands for '{host}' here"
    }


async def test_boto3_reads_that_error(listener: Listener, authority: CertificateAuthority) -> None:
    bundle = authority.write_bundle()
    client = boto3.client(
        "dynamodb",
        region_name="eu-west-2",
        endpoint_url=f"https://localhost:{listener.port}",
        verify=str(bundle),
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    )
    with pytest.raises(ClientError, match="nothing stands for"):
        await to_thread(client.list_tables)
    client.close()


@asynccontextmanager
async def door_to(
    authority: CertificateAuthority, find_services: FindServices, forward: Forward
) -> AsyncIterator[Listener]:
    listener = await Listener.start(
        make_door(find_services, forward),
        "127.0.0.1",
        0,
        clock=SystemClock(),
        ssl_context=authority.server_context(),
    )
    try:
        yield listener
    finally:
        listener.abort()
        await listener.wait_closed()


async def somewhere() -> str:
    return "http://127.0.0.1:1/"


async def test_another_service_is_asked_under_its_own_name(authority: CertificateAuthority) -> None:
    calls: list[HttpCall] = []

    async def forward(call: HttpCall) -> HttpOutcome:
        calls.append(call)
        headers = (("Content-Length", "99"), ("Content-Type", "text/plain"))
        return HttpOutcome(status=418, headers=headers, body=b"tea")

    async with door_to(authority, somewhere, forward) as listener:
        host = "dynamodb.eu-west-2.amazonaws.com"
        answer = await to_thread(ask, host, listener.port, authority.write_bundle())
    assert answer == (418, "tea")
    assert calls[0].url == "http://127.0.0.1:1/dev"
    assert dict(calls[0].headers)["Host"] == host


async def test_a_body_that_is_too_large_is_refused_and_nothing_is_put_in_its_place(
    authority: CertificateAuthority, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[HttpCall] = []

    async def forward(call: HttpCall) -> HttpOutcome:
        calls.append(call)
        return HttpOutcome(status=200, headers=(), body=b"")

    async with door_to(authority, somewhere, forward) as listener:
        client = boto3.client(
            "s3",
            region_name="eu-west-2",
            endpoint_url=f"https://localhost:{listener.port}",
            verify=str(authority.write_bundle()),
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
        )
        with pytest.raises(ClientError, match="Request Entity Too Large"):
            await to_thread(client.put_object, Bucket="b", Key="k", Body=b"a" * 200_000)
        client.close()
    assert calls == []
    assert "is too large; send it in parts" in caplog.text


async def not_installed() -> str:
    raise InputError("the emulator is not installed")


@pytest.mark.parametrize(
    ("find_services", "text"),
    [(somewhere, "did not answer: nobody listens"), (not_installed, "is not installed")],
)
async def test_a_service_that_cannot_be_asked_is_an_error_that_says_why(
    authority: CertificateAuthority, find_services: FindServices, text: str
) -> None:
    async with door_to(authority, find_services, unreachable) as listener:
        host = "sqs.eu-west-2.amazonaws.com"
        status, body = await to_thread(ask, host, listener.port, authority.write_bundle())
    assert status == 400
    assert text in body


@pytest.mark.rule("DP-MGM-03")
@pytest.mark.parametrize(
    ("host", "body"),
    [
        ("chat.example.com", "chat.example.com"),
        ("sts.amazonaws.com", "sts"),
        ("sts.eu-west-2.amazonaws.com", "sts"),
        ("lambda.eu-west-2.amazonaws.com", "own"),
        ("apigateway.eu-west-2.amazonaws.com", "own"),
        ("iam.amazonaws.com", "own"),
    ],
)
async def test_custom_domains_and_the_services_of_this_gateway_are_ours(
    listener: Listener, authority: CertificateAuthority, host: str, body: str
) -> None:
    answer = await to_thread(ask, host, listener.port, authority.write_bundle())
    assert answer == (200, body)
