"""Connections to AWS's names, seen from inside a Python function."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.functions.laboratory import Lab, SystemClock
from routekey.adapters.certificates import CertificateAuthority
from routekey.adapters.functions import FrontDoor

HOST = "abcdefghij.execute-api.us-east-1.amazonaws.com"


@asynccontextmanager
async def serve_hosts(folder: Path) -> AsyncIterator[tuple[FrontDoor, list[str]]]:
    """Answer 204 over TLS, and note which host was asked for."""
    hosts: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")
        hosts.extend(line[6:] for line in lines if line.startswith("host: "))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    authority = CertificateAuthority(folder, SystemClock())
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=authority.server_context())
    async with server:
        port = server.sockets[0].getsockname()[1]
        bundle = authority.write_bundle()
        yield FrontDoor(host="127.0.0.1", port=port, ca_bundle=bundle), hosts


async def test_the_sdk_and_the_standard_library_reach_the_gateway_over_trusted_tls(
    lab: Lab, tmp_path: Path
) -> None:
    source = """
    import boto3, http.client, urllib.request
    def handler(host, context):
        client = boto3.client("apigatewaymanagementapi", endpoint_url=f"https://{host}/p")
        client.post_to_connection(ConnectionId="x", Data=b"hello")
        connection = http.client.HTTPSConnection(host.upper(), 8443)
        connection.request("GET", "/")
        return [connection.getresponse().status, urllib.request.urlopen(f"https://{host}/").status]
    """
    async with serve_hosts(tmp_path / "ca") as (front_door, hosts):
        lab.pools.set_front_door(front_door)
        await lab.serve(lab.python(source))
        assert await lab.call(HOST) == [204, 204]
    assert hosts == [HOST, f"{HOST}:8443", HOST]


async def test_other_names_resolve_as_ever(lab: Lab, tmp_path: Path) -> None:
    source = """
    import socket
    def handler(names, context):
        return [socket.getaddrinfo(name, 443)[0][4] for name in names]
    """
    async with serve_hosts(tmp_path / "ca") as (front_door, _):
        lab.pools.set_front_door(front_door)
        await lab.serve(lab.python(source))
        seen = await lab.call(["127.0.0.2", HOST, f"{HOST}."])
    assert seen == [
        ["127.0.0.2", 443],
        ["127.0.0.1", front_door.port],
        ["127.0.0.1", front_door.port],
    ]


async def test_a_bundle_of_the_function_s_own_stays(lab: Lab, tmp_path: Path) -> None:
    source = "import os\ndef handler(name, context): return os.environ[name]"
    async with serve_hosts(tmp_path / "ca") as (front_door, _):
        lab.pools.set_front_door(front_door)
        await lab.serve(lab.python(source, environment={"AWS_CA_BUNDLE": "/mine.pem"}))
        assert await lab.call("AWS_CA_BUNDLE") == "/mine.pem"
        assert await lab.call("SSL_CERT_FILE") == str(front_door.ca_bundle)
