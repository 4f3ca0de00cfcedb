"""Peers: other programs that run WebSocket APIs of API Gateway, measured on the same functions.

They are installed, at the versions that their folders name, into the cache folder of the user, not
into the project. They may use both cores, and ours may too when it is measured beside them.
"""

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

import boto3
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks.gateway import PROJECT
from benchmarks.machine import ENVIRONMENT, HERE, BenchmarkError, Server, start_client
from benchmarks.probes import Effort, functions
from benchmarks.probes.wire import echo
from benchmarks.results import Figures, Row

_CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "routekey-bench"
_START_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.1
_HANDSHAKES: Final = 100
"""Few: some of them start a process for each."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A program beside which ours is measured."""

    command: Callable[[Path, int], Sequence[str]]
    """What starts it, given its folder and the port for WebSockets."""
    ours: str = "our reply"
    """The probe of ours that answers in the same way."""
    prepare: Callable[[int], str] = lambda _: "/"
    """Make the API on a program that has just started; gives the path to connect to."""
    port_variable: str = ""
    """The environment variable that takes the port, where the command does not."""


def probes_of(names: Sequence[str]) -> Mapping[str, Callable[[Effort], Figures]]:
    """Give the probes of some peers; each starts the peer anew, so that one may fail alone."""
    ours = {
        "our reply": partial(functions.reply, shares_cores=True),
        "our boto3": partial(functions.post, shares_cores=True),
        "our handshakes": partial(functions.handshakes, shares_cores=True),
    }
    theirs = {
        f"{name}, {what}": partial(probe, name)
        for name in names
        for what, probe in (("one", _one), ("many", _many), ("handshakes", _handshakes))
    }
    return {**ours, **theirs} if names else {}


def rows_of(names: Sequence[str]) -> list[Row]:
    """Give the rows in which our figures stand beside those of some peers."""
    rows = []
    for name in names:
        for what, figure, title in (
            ("one", "one_rate", "function echo, 1 connection"),
            ("many", "rate", "function echo, 50 connections"),
        ):
            place = (f"{name}, {what}", figure)
            rows.append(Row(f"{name}: {title}", "/s", (PEERS[name].ours, figure), place, ">= 1"))
        place = (f"{name}, handshakes", "rate")
        title = f"{name}: handshakes with $connect function"
        rows.append(Row(title, "/s", ("our handshakes", "rate"), place, ">= 1"))
    return rows


def _one(name: str, effort: Effort) -> Figures:
    with _start(name) as (server, path):
        return {"one_rate": echo(server, path, functions.REPLY, 1, effort).rate}


def _many(name: str, effort: Effort) -> Figures:
    with _start(name) as (server, path):
        return {"rate": echo(server, path, functions.REPLY, 50, effort).rate}


def _handshakes(name: str, _: Effort) -> Figures:
    with (
        _start(name) as (server, path),
        start_client("open", server, path=path, connections=_HANDSHAKES, at_once=10) as client,
    ):
        return {"rate": client.measure().rate}


@contextlib.contextmanager
def _start(name: str) -> Iterator[tuple[Server, str]]:
    """Run a peer, in a session of its own, for as long as the block lasts."""
    peer, folder, port = PEERS[name], _install(name), _free_port()
    named = {peer.port_variable: str(port)} if peer.port_variable else {}
    with (folder / "output.txt").open("w") as output:
        process = subprocess.Popen(
            peer.command(folder, port),
            cwd=folder,
            env={**ENVIRONMENT, **named, "SLS_TELEMETRY_DISABLED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        yield Server(process, port), _wait_ready(process, peer, port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_ready(process: subprocess.Popen[str], peer: Peer, port: int) -> str:
    """Wait until a message is answered, so that its function is warm; gives the path."""
    until, path = time.monotonic() + _START_SECONDS, ""
    while process.poll() is None and time.monotonic() < until:
        try:
            with socket.create_connection(("localhost", port)):
                path = path or peer.prepare(port)
            with connect(f"ws://localhost:{port}{path}", proxy=None) as client:
                client.send(functions.REPLY)
                client.recv(until - time.monotonic())
                return path
        except (OSError, WebSocketException):
            time.sleep(_POLL_SECONDS)
    raise BenchmarkError("the peer did not start")


@cache
def _install(name: str) -> Path:
    """Install a peer, where it is not yet; gives its folder, with our functions in it."""
    folder = _CACHE / name
    shutil.copytree(HERE / "peers" / name, folder, dirs_exist_ok=True)
    shutil.copytree(PROJECT / "functions", folder / "functions", dirs_exist_ok=True)
    if (folder / "package.json").exists():
        _run("npm", "install", "--no-audit", "--no-fund", folder=folder)
    else:
        _run(sys.executable, "-m", "venv", ".venv", folder=folder)
        _run(".venv/bin/pip", "install", "-qr", "requirements.txt", folder=folder)
    return folder


def _run(*command: str, folder: Path) -> None:
    try:
        done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise BenchmarkError(f"{command[0]} is needed to install it") from error
    if done.returncode:
        raise BenchmarkError(f"it could not be installed: {done.stderr.strip().splitlines()[-1]}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("", 0))
        port: int = listener.getsockname()[1]
        return port


def _make_api(port: int) -> str:
    """Make the API with boto3, as on AWS."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    lambdas = session.client("lambda", endpoint_url=f"http://localhost:{port}")
    apis = session.client("apigatewayv2", endpoint_url=f"http://localhost:{port}")
    selection = "$request.body.action"
    api = apis.create_api(
        Name="bench", ProtocolType="WEBSOCKET", RouteSelectionExpression=selection
    )
    api_id = api["ApiId"]
    for name, key in (("connect", "$connect"), ("reply", "reply")):
        function = lambdas.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler=f"{name}.handler",
            Role="arn:aws:iam::000000000000:role/bench",
            Code={"ZipFile": _zip(PROJECT / "functions" / f"{name}.py")},
        )
        invocations = f"functions/{function['FunctionArn']}/invocations"
        integration = apis.create_integration(
            ApiId=api_id,
            IntegrationType="AWS_PROXY",
            IntegrationUri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/{invocations}",
        )
        target = f"integrations/{integration['IntegrationId']}"
        two_way = {"RouteResponseSelectionExpression": "$default"} if name == "reply" else {}
        route = apis.create_route(ApiId=api_id, RouteKey=key, Target=target, **two_way)
        if two_way:
            apis.create_route_response(
                ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default"
            )
    apis.create_stage(ApiId=api_id, StageName="bench", AutoDeploy=True)
    return f"/_aws/execute-api/{api_id}/bench"


def _zip(file: Path) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.write(file, file.name)
    return package.getvalue()


def _serverless_offline(folder: Path, port: int) -> Sequence[str]:
    ports = ("--websocketPort", port, "--httpPort", _free_port(), "--lambdaPort", _free_port())
    program = folder / "node_modules" / ".bin" / "serverless"
    return [str(part) for part in (program, "offline", "--noPrependStageInUrl", *ports)]


def _architect(folder: Path, port: int) -> Sequence[str]:
    return [str(folder / "node_modules" / ".bin" / "sandbox"), "--port", str(port)]


def _ministack(folder: Path, _: int) -> Sequence[str]:
    return [str(folder / ".venv" / "bin" / "python"), "-m", "ministack"]


PEERS: Final[Mapping[str, Peer]] = MappingProxyType(
    {
        "serverless-offline": Peer(_serverless_offline),
        "ministack": Peer(_ministack, prepare=_make_api, port_variable="GATEWAY_PORT"),
        "architect": Peer(_architect, ours="our boto3"),
    }
)
