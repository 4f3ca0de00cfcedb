"""Connections that say nothing: memory, CPU, and the pause of a garbage collection."""

import time
from contextlib import ExitStack
from typing import Final

from websockets.sync.client import connect

from benchmarks.gateway import PATH, start_gateway
from benchmarks.machine import Server, python_server, start_client
from benchmarks.probes import Effort
from benchmarks.results import Figures

_WATCHED_SECONDS: Final = 3.0
_GATEWAYS: Final = 3


def picows(effort: Effort) -> Figures:
    """Measure a bare server, as lean as its settings allow."""
    with python_server("bare_picows", "echo") as server:
        return _measure(server, "/", effort)


def gateway(effort: Effort) -> Figures:
    """Measure the gateway, with all that it keeps of a connection."""
    with start_gateway() as server:
        return _measure(server, PATH, effort)


def gateways(effort: Effort) -> Figures:
    """Measure three gateways, each with its share of many connections."""
    each = effort.many_connections // _GATEWAYS
    kilobytes = 0.0
    with ExitStack() as running:
        servers = [running.enter_context(start_gateway()) for _ in range(_GATEWAYS)]
        for server in servers:
            with start_client("open", server, path=PATH, connections=20) as client:
                client.measure()
        for server in servers:
            before = server.resident_bytes
            client = running.enter_context(
                start_client("open", server, path=PATH, connections=each, at_once=128)
            )
            client.measure()
            kilobytes += (server.resident_bytes - before) / 1024
    return {"kilobytes": kilobytes / (each * _GATEWAYS)}


def tls(effort: Effort) -> Figures:
    """Measure our listener over TLS, with a connection's state behind it."""
    with python_server("push", "tls") as server:
        return _measure(server, "/", effort, tls=1)


def collection(effort: Effort) -> Figures:
    """Measure a full garbage collection while the connections are open."""
    with (
        python_server("push") as server,
        start_client("open", server, connections=effort.idle_connections) as client,
    ):
        client.measure()
        with connect(f"ws://127.0.0.1:{server.port}/") as asking:
            pauses = []
            for _ in range(5):
                asking.send("collect")
                pauses.append(float(asking.recv(timeout=30)))
        return {"pause_ms": sorted(pauses)[2]}


def _measure(server: Server, path: str, effort: Effort, tls: int = 0) -> Figures:
    # The first connections pay for what is made once.
    with start_client("open", server, path=path, connections=20, tls=tls) as client:
        client.measure()
    before = server.resident_bytes
    with start_client(
        "open", server, path=path, connections=effort.idle_connections, at_once=128, tls=tls
    ) as client:
        rate = client.measure().rate
        kilobytes = (server.resident_bytes - before) / effort.idle_connections / 1024
        cpu = server.cpu_seconds
        time.sleep(_WATCHED_SECONDS)
        cores = (server.cpu_seconds - cpu) / _WATCHED_SECONDS
    return {"kilobytes": kilobytes, "rate": rate, "cores": cores}
