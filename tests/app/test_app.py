"""The assembly, in the test's own event loop."""

import asyncio
import http.client
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from endpoints.gateway_on_socket import UPGRADE
from routekey.adapters.console import Complaints
from routekey.adapters.functions import LogLine
from routekey.app import Gateway, compile_directory
from routekey.choices import DEFAULT_CHOICES, Choices
from routekey.config import Config, load_config
from routekey.endpoints.addresses import Addresses
from routekey.errors import InputError
from routekey.ids import AccountId
from routekey.resources.api import Api, Integration, IntegrationResponse, IntegrationType
from routekey.resources.function import Code, Function, PackageType, Permission
from routekey.resources.project import Project
from routekey.testing.apis import make_api
from scenarios.running import connect

SECONDS_MAX = 60
ROUTES: dict[str, str | None] = {"$connect": "echo", "$default": "echo", "$disconnect": "echo"}
ECHO = """
import time

def handler(event, context):
    kind = event["requestContext"]["eventType"]
    print(kind, flush=True)
    if kind == "DISCONNECT" and SLOW:
        time.sleep(600)
    return {"statusCode": 200, "body": event.get("body", "")}
"""


class Lines:
    """What the functions printed."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._waiting: dict[str, asyncio.Event] = {}

    def take(self, line: LogLine) -> None:
        self.texts.append(line.text)
        if line.text in self._waiting:
            self._waiting[line.text].set()

    async def wait_for(self, text: str) -> None:
        event = self._waiting.setdefault(text, asyncio.Event())
        if text not in self.texts:
            await asyncio.wait_for(event.wait(), SECONDS_MAX)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    flags = {"gateway.port": 0, "admin.port": 0, "functions.data_folder": str(tmp_path / "data")}
    return load_config(None, {}, flags)


def make_project(tmp_path: Path, *apis: Api, is_slow: bool = False) -> Project:
    code = tmp_path / "code"
    code.mkdir(exist_ok=True)
    (code / "app.py").write_text(f"SLOW = {is_slow}\n{ECHO}")
    echo = Function(
        function_name="echo",
        code=Code(package_type=PackageType.DIRECTORY, path=str(code)),
        handler="app.handler",
        runtime="python3.11",
        role="arn:aws:iam::123456789012:role/echo",
        timeout=600,
        permissions=(Permission(principal="apigateway.amazonaws.com"),),
    )
    return Project(
        region="eu-west-2", account_id=AccountId("123456789012"), apis=apis, functions=(echo,)
    )


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
async def gateway(config: Config, tmp_path: Path, lines: Lines) -> AsyncIterator[Gateway]:
    gateway = make_gateway(config, make_project(tmp_path, two_way_api()), lines)
    yield gateway
    gateway.hurry()
    await gateway.stop()


def two_way_api() -> Api:
    return make_api(ROUTES, two_way=("$default",))


def make_gateway(config: Config, project: Project, lines: Lines) -> Gateway:
    return Gateway(
        config,
        project,
        is_strict=False,
        sink=lines.take,
        telemetry=Complaints(lines.texts.append),
        say=lines.texts.append,
    )


def url(addresses: Addresses) -> str:
    return addresses.stages[0].url


async def ask(address: str, message: str, context: ssl.SSLContext | None = None) -> str:
    async with asyncio.timeout(SECONDS_MAX), connect(address, ssl=context) as client:
        await client.send(message)
        return str(await client.recv())


async def open_silent_client(
    addresses: Addresses,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a WebSocket that answers no close frame."""
    host, _, port = addresses.gateway.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(UPGRADE % b"/dev")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    return reader, writer


def get(address: str, path: str) -> int:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=SECONDS_MAX)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


async def test_it_serves_from_start_to_stop(gateway: Gateway) -> None:
    addresses = await gateway.start()
    assert await ask(url(addresses), "hello") == "hello"
    assert await asyncio.to_thread(get, addresses.admin, "/readyz") == 200
    await gateway.stop()
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await ask(url(addresses), "hello")


async def test_it_speaks_tls_on_the_same_port(gateway: Gateway, tmp_path: Path) -> None:
    addresses = await gateway.start()
    bundle = tmp_path / "data" / "certificates" / "bundle.pem"
    context = ssl.create_default_context(cafile=bundle)
    address = url(addresses).replace("ws://127.0.0.1", "wss://localhost")
    assert await ask(address, "hello", context) == "hello"


async def test_a_stop_runs_the_goodbyes(gateway: Gateway, lines: Lines) -> None:
    addresses = await gateway.start()
    async with connect(url(addresses)) as client:
        await client.send("hello")
        await client.recv()
        await asyncio.gather(gateway.stop(), client.wait_closed())
        assert (client.close_code, client.close_reason) == (1001, "Going away")
    assert "DISCONNECT" in lines.texts


async def test_a_stop_does_not_wait_for_ever(config: Config, tmp_path: Path, lines: Lines) -> None:
    impatient = replace(config, gateway=replace(config.gateway, shutdown_seconds=0))
    project = make_project(tmp_path, two_way_api(), is_slow=True)
    gateway = make_gateway(impatient, project, lines)
    addresses = await gateway.start()
    async with asyncio.timeout(SECONDS_MAX), connect(url(addresses)):
        await gateway.stop()


@pytest.mark.rule("DP-MGM-09")
async def test_who_is_being_closed_by_a_stop_is_gone_for_others(
    config: Config, tmp_path: Path, lines: Lines
) -> None:
    """Also while it has not answered: what is posted to it would not be sent."""
    slow = replace(config, gateway=replace(config.gateway, drain_seconds=4))
    gateway = make_gateway(slow, make_project(tmp_path, two_way_api()), lines)
    addresses = await gateway.start()
    clients = [await open_silent_client(addresses) for _ in range(2)]
    first = next(iter(gateway._connections)).id
    backend = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=url(addresses).replace("ws:", "http:"),
        region_name="eu-west-2",
        aws_access_key_id="AKIDUNKNOWN",
        aws_secret_access_key="secret",
    )
    await asyncio.to_thread(backend.post_to_connection, ConnectionId=first, Data=b"x")
    async with asyncio.timeout(SECONDS_MAX):
        assert await clients[0][0].readexactly(3) == b"\x81\x01x"
        stopping = asyncio.gather(gateway.stop())
        assert await clients[0][0].readexactly(1) == b"\x88"
        with pytest.raises(ClientError, match="GoneException"):
            await asyncio.to_thread(backend.post_to_connection, ConnectionId=first, Data=b"x")
        gateway.hurry()
        await stopping
    backend.close()
    for _, writer in clients:
        writer.transport.abort()


@pytest.mark.parametrize("is_early", [False, True])
async def test_a_stop_can_be_hurried(
    config: Config, tmp_path: Path, lines: Lines, is_early: bool
) -> None:
    patient = replace(config, gateway=replace(config.gateway, shutdown_seconds=600))
    project = make_project(tmp_path, two_way_api(), is_slow=True)
    gateway = make_gateway(patient, project, lines)
    addresses = await gateway.start()
    async with asyncio.timeout(SECONDS_MAX), connect(url(addresses)):
        stopping = asyncio.gather(gateway.stop())
        if not is_early:
            await lines.wait_for("DISCONNECT")
        gateway.hurry()
        gateway.hurry()
        await stopping


async def test_a_reload_serves_the_new_project_to_open_connections(
    gateway: Gateway, tmp_path: Path, lines: Lines
) -> None:
    addresses = await gateway.start()
    async with asyncio.timeout(SECONDS_MAX), connect(url(addresses)) as client:
        await gateway.reload(make_project(tmp_path, make_api(ROUTES)))
        await client.send("answered by nobody")
        await lines.wait_for("MESSAGE")
        await gateway.reload(make_project(tmp_path, two_way_api()))
        await client.send("answered again")
        assert await client.recv() == "answered again"


async def test_a_reload_that_fails_changes_nothing(gateway: Gateway, tmp_path: Path) -> None:
    addresses = await gateway.start()
    with pytest.raises(InputError):
        await gateway.reload(make_project(tmp_path, make_api({"$oops": None})))
    assert await ask(url(addresses), "hello") == "hello"


async def test_a_reload_cannot_move_to_another_region(gateway: Gateway, tmp_path: Path) -> None:
    addresses = await gateway.start()
    moved = replace(make_project(tmp_path, two_way_api()), region="us-east-1")
    with pytest.raises(InputError, match=r"the region is us-east-1 now.* Start again"):
        await gateway.reload(moved)
    assert gateway.addresses == addresses


@pytest.mark.parametrize(("section", "flag"), [("gateway", "port"), ("admin", "admin-port")])
async def test_a_failed_start_leaves_nothing_behind(
    config: Config, tmp_path: Path, lines: Lines, section: str, flag: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listening = replace(getattr(config, section), port=port)
        broken = replace(config, **{section: listening})
        gateway = make_gateway(broken, make_project(tmp_path, two_way_api()), lines)
        with pytest.raises(InputError, match=rf"port {port} is in use\..* --{flag}"):
            await gateway.start()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_host_that_is_not_ours_is_an_error(
    config: Config, tmp_path: Path, lines: Lines
) -> None:
    foreign = replace(config, gateway=replace(config.gateway, host="192.0.2.1"))
    gateway = make_gateway(foreign, make_project(tmp_path, two_way_api()), lines)
    with pytest.raises(InputError, match=r"cannot listen on 192\.0\.2\.1:0"):
        await gateway.start()


async def test_a_host_without_an_address_is_an_error(
    config: Config, tmp_path: Path, lines: Lines
) -> None:
    nowhere = replace(config, gateway=replace(config.gateway, host="nowhere.invalid"))
    gateway = make_gateway(nowhere, make_project(tmp_path, two_way_api()), lines)
    with pytest.raises(InputError, match=r"cannot listen on nowhere\.invalid:0"):
        await gateway.start()


async def test_several_apis_have_a_path_each(config: Config, tmp_path: Path, lines: Lines) -> None:
    apis = [make_api(ROUTES, api_id=api_id, two_way=("$default",)) for api_id in ("one", "two")]
    gateway = make_gateway(config, make_project(tmp_path, *apis), lines)
    addresses = await gateway.start()
    port = addresses.gateway.rpartition(":")[2]
    assert [stage.url for stage in addresses.stages] == [
        f"ws://127.0.0.1:{port}/one/dev",
        f"ws://127.0.0.1:{port}/two/dev",
    ]
    for stage in addresses.stages:
        async with connect(stage.url) as client:
            await client.send(stage.api_id)
            assert await client.recv() == stage.api_id
    await gateway.stop()


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")],
)
async def test_the_addresses_can_be_reached_whatever_it_listens_on(
    config: Config, tmp_path: Path, lines: Lines, host: str, shown: str
) -> None:
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 on this machine")
    listening = replace(config, gateway=replace(config.gateway, host=host))
    gateway = make_gateway(listening, make_project(tmp_path, two_way_api()), lines)
    addresses = await gateway.start()
    assert addresses.gateway.startswith(f"http://{shown}:")
    assert await ask(url(addresses), "hello") == "hello"
    await gateway.stop()


async def test_the_certificates_are_kept_in_the_users_data(
    config: Config, tmp_path: Path, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = replace(config, functions=replace(config.functions, data_folder=""))
    for variables, folder in (
        ({"XDG_DATA_HOME": str(tmp_path / "xdg")}, tmp_path / "xdg"),
        ({"XDG_DATA_HOME": "", "HOME": str(tmp_path)}, tmp_path / ".local" / "share"),
    ):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        gateway = make_gateway(usual, make_project(tmp_path, two_way_api()), lines)
        await gateway.start()
        await gateway.stop()
        assert (folder / "routekey" / "certificates" / "authority.pem").exists()


async def test_it_behaves_as_was_chosen_where_nobody_knows(
    config: Config, tmp_path: Path, lines: Lines
) -> None:
    matched, other = (
        IntegrationResponse(integration_response_key=key, response_templates={"$default": text})
        for key, text in (("/0/", "matched"), ("$default", "other"))
    )
    mock = Integration(
        integration_id="echo",
        integration_type=IntegrationType.MOCK,
        request_templates={"$default": '{"statusCode":200}'},
        responses=(matched, other),
    )
    api = make_api({"$default": "echo"}, two_way=("$default",))
    project = make_project(tmp_path, replace(api, integrations=(mock,)))
    chosen = Choices(plain_get_status=403, response_key_match="part")
    for choices, status, text in ((chosen, 403, "matched"), (Choices(), 426, "other")):
        gateway = make_gateway(replace(config, choices=choices), project, lines)
        address = url(await gateway.start())
        assert await ask(address, "x") == text
        plain, _, path = address.removeprefix("ws://").partition("/")
        assert await asyncio.to_thread(get, plain, f"/{path}") == status
        await gateway.stop()


@pytest.mark.rule("DP-INT-37")
async def test_an_aws_integration_alone_starts_the_emulator_and_never_asks_aws(
    gateway: Gateway, tmp_path: Path
) -> None:
    """The project declares no table, so that nothing else has started it."""
    tables = Integration(
        integration_id="echo",
        integration_type=IntegrationType.AWS,
        integration_uri="arn:aws:apigateway:eu-west-2:dynamodb:action/ListTables",
        credentials_arn="arn:aws:iam::123456789012:role/elsewhere",
        responses=(IntegrationResponse(integration_response_key="$default"),),
    )
    api = make_api({"$default": "echo"}, two_way=("$default",))
    await gateway.start()
    await gateway.reload(make_project(tmp_path, replace(api, integrations=(tables,))))
    assert await ask(url(gateway.addresses), "{}") == '{"TableNames": []}'


def test_a_directory_has_every_stage(tmp_path: Path) -> None:
    directory = compile_directory(make_project(tmp_path, two_way_api()), DEFAULT_CHOICES)
    assert directory.resolve("127.0.0.1:8080", "/dev") is not None
    assert directory.resolve("127.0.0.1:8080", "/live") is None


def test_traces_without_opentelemetry_end_with_the_remedy(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "routekey.adapters.traces", None)  # as if not installed
    tracing = replace(config, telemetry=replace(config.telemetry, is_tracing=True))
    project = make_project(tmp_path, two_way_api())
    with pytest.raises(InputError, match=r"is_tracing: traces need .* Install routekey\[otel\]"):
        make_gateway(tracing, project, Lines())
