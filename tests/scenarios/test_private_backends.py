"""HTTP backends on this machine: at hand for `run`, out of reach for `serve` unless allowed."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scenarios.conftest import RoutekeyRun
from scenarios.projects import write_project
from scenarios.running import ask

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n%b\r\nhello"
CHOICE = b"Sec-WebSocket-Protocol: chat\r\nX-A: b\r\n"


@pytest.fixture
async def backend_url() -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER % (CHOICE if b"mqtt, chat" in head else b""))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()


@pytest.fixture(params=["INTERNET", "VPC_LINK"])
def connection(request: pytest.FixtureRequest) -> dict[str, str]:
    """Say how AWS would reach the backend."""
    if request.param == "INTERNET":
        return {}
    return {"ConnectionType": "VPC_LINK", "ConnectionId": "a1b2c3"}


@pytest.fixture
def routes() -> tuple[str, ...]:
    """Name the routes that ask the backend."""
    return ("$default",)


@pytest.fixture
def project(
    tmp_path: Path, backend_url: str, connection: dict[str, str], routes: tuple[str, ...]
) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    write_project(folder, {}, dict.fromkeys(routes, "Http"), two_way=("$default",))
    template = json.loads((folder / "template.json").read_text())
    template["Resources"]["HttpIntegration"] = {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "IntegrationType": "HTTP_PROXY",
            "IntegrationMethod": "POST",
            "IntegrationUri": backend_url,
            **connection,
        },
    }
    (folder / "template.json").write_text(json.dumps(template))
    return folder


@pytest.mark.rule("DP-UNK-32")
async def test_run_reaches_a_backend_on_this_machine(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    running = await routekey_run(project)
    async with running.connect() as client:
        assert await ask(client, "hi") == "hello"


@pytest.mark.rule("DP-HSK-07", "DP-HSK-08")
@pytest.mark.parametrize("routes", [("$connect", "$default")])
@pytest.mark.parametrize("connection", ["INTERNET"], indirect=True)
async def test_a_backend_chooses_the_sub_protocol(project: Path, routekey_run: RoutekeyRun) -> None:
    running = await routekey_run(project)
    async with running.connect(subprotocols=["mqtt", "chat"]) as client:
        assert client.subprotocol == "chat"
        assert client.response is not None
        assert "X-A" not in client.response.headers


@pytest.mark.parametrize("connection", ["INTERNET"], indirect=True)
async def test_serve_refuses_it_and_its_log_names_the_setting(
    project: Path, routekey_serve: RoutekeyRun
) -> None:
    """Else a message could make the gateway ask what only the gateway can reach."""
    running = await routekey_serve(project)
    async with running.connect() as client:
        assert json.loads(await ask(client, "hi"))["message"] == "Internal server error"
    await running.wait_for_output("127.0.0.1, which is no public address")
    await running.wait_for_output("set integrations.private_backends to allow")


@pytest.mark.parametrize("connection", ["INTERNET"], indirect=True)
async def test_serve_reaches_it_where_the_operator_allows_it(
    project: Path, tmp_path: Path, routekey_serve: RoutekeyRun
) -> None:
    settings = tmp_path / "routekey.toml"
    settings.write_text('[integrations]\nprivate_backends = "allow"\n')
    running = await routekey_serve(project, "--config", str(settings))
    async with running.connect() as client:
        assert await ask(client, "hi") == "hello"
