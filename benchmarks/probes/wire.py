"""Messages, pushes, posts and handshakes: what the gateway's own code costs."""

import json
import tempfile
from typing import Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from websockets.sync.client import connect

from benchmarks.gateway import PATH, start_gateway
from benchmarks.machine import (
    Load,
    Server,
    build_folder,
    python_server,
    start_client,
    start_server,
)
from benchmarks.probes import Effort
from benchmarks.results import Figures

_TEXT: Final = '{"action":"%s","n":"########","text":"' + "x" * 56 + '"}'
MESSAGE: Final = _TEXT % "echo"
"""100 bytes of JSON."""
_DATA: Final = b"y" * 200
_TOKEN: Final = "t" * 128
"""As long as a session token of the gateway's."""


def echo(server: Server, path: str, message: str, connections: int, effort: Effort) -> Load:
    """Echo in a closed loop: each connection sends when its last message has come back."""
    with start_client(
        "echo",
        server,
        path=path,
        message=message,
        connections=connections,
        warm=effort.warm_seconds,
        seconds=effort.seconds,
    ) as client:
        return client.measure()


def figures(load: Load) -> Figures:
    """Name what the load client saw."""
    return {"rate": load.rate, "p50_us": load.p50_us, "p99_us": load.p99_us, "cpu_us": load.cpu_us}


def c_echo(effort: Effort) -> Figures:
    """Measure the machine's ceiling."""
    with start_server([build_folder() / "echo"]) as server:
        return figures(echo(server, "/", MESSAGE, 50, effort))


def picows_echo(effort: Effort) -> Figures:
    """Measure a bare server in Python, with 50 connections and with one."""
    with python_server("bare_picows", "echo") as server:
        many = echo(server, "/", MESSAGE, 50, effort)
        one = echo(server, "/", MESSAGE, 1, effort)
        return {**figures(many), "one_p50_us": one.p50_us}


def gateway_echo(effort: Effort) -> Figures:
    """Measure a two-way MOCK route that gives the body back."""
    with start_gateway() as server:
        return figures(echo(server, PATH, MESSAGE, 50, effort))


def picows_push(effort: Effort) -> Figures:
    """Measure one message to many, sent by a bare server."""
    with python_server("bare_picows", "fan") as server:
        return _push(server, effort)


def gateway_push(effort: Effort) -> Figures:
    """Measure one message to many through our connections."""
    with python_server("push") as server:
        return _push(server, effort)


def _push(server: Server, effort: Effort) -> Figures:
    with start_client(
        "fan",
        server,
        connections=effort.crowd + 1,
        warm=effort.warm_seconds,
        seconds=effort.seconds,
    ) as client:
        load = client.measure()
        return {"rate": load.delivered_rate, "cpu_us": load.cpu_us_delivered}


def bare_posts(effort: Effort) -> Figures:
    """Measure a server that reads posts and does nothing, with the same requests."""
    with python_server("bare_picows", "echo") as clients, python_server("bare_post") as server:
        # The WebSockets are there to make the client the same; their server does nothing.
        requests = [
            _sign("ASIA" + "A" * 16, "secret", _TOKEN, f"{n:018}==", server.port)
            for n in range(effort.crowd)
        ]
        with start_client(
            "posts",
            clients,
            connections=1,
            post_port=server.port,
            warm=effort.warm_seconds,
            seconds=effort.seconds,
        ) as client:
            client.server = server
            while client.read_line() != "ids":
                pass
            with _request_file(requests) as file:
                client.write_line(file.name)
                return figures(client.measure())


def gateway_posts(effort: Effort) -> Figures:
    """Measure signed posts by a function's role, each delivered to one of many clients."""
    with start_gateway() as server:
        key, secret, token, region = _fetch_credentials(server)
        with start_client(
            "posts",
            server,
            path=PATH,
            connections=effort.crowd,
            message='{"action":"id"}',
            expect=_DATA.decode(),
            warm=effort.warm_seconds,
            seconds=effort.seconds,
        ) as client:
            ids = []
            while (line := client.read_line()) != "ids":
                if line.startswith("id "):
                    ids.append(line.removeprefix("id "))
            requests = [_sign(key, secret, token, name, server.port, region) for name in ids]
            with _request_file(requests) as file:
                client.write_line(file.name)
                return figures(client.measure())


def _fetch_credentials(server: Server) -> list[str]:
    with connect(f"ws://127.0.0.1:{server.port}{PATH}") as client:
        client.send('{"action": "post", "credentials": true}')
        answer: list[str] = json.loads(client.recv(timeout=30))
        return answer


def _sign(
    key: str,
    secret: str,
    token: str | None,
    connection_id: str,
    port: int,
    region: str = "us-east-1",
) -> bytes:
    """Make the bytes of a post as boto3 would; the signature holds for five minutes."""
    encoded = connection_id.replace("=", "%3D")
    request = AWSRequest(
        method="POST",
        url=f"http://127.0.0.1:{port}{PATH}/@connections/{encoded}",
        data=_DATA,
        headers={"Host": f"127.0.0.1:{port}"},
    )
    SigV4Auth(Credentials(key, secret, token), "execute-api", region).add_auth(request)
    lines = [f"POST {PATH}/@connections/{encoded} HTTP/1.1", f"Content-Length: {len(_DATA)}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + _DATA


def _request_file(requests: list[bytes]) -> "tempfile._TemporaryFileWrapper[bytes]":
    file = tempfile.NamedTemporaryFile(prefix="routekey-bench-")  # noqa: SIM115  # the caller's
    for request in requests:
        file.write(len(request).to_bytes(4, "little") + request)
    file.flush()
    return file


def picows_handshakes(effort: Effort) -> Figures:
    """Measure how fast a bare server takes new connections."""
    with python_server("bare_picows", "echo") as server:
        return _handshakes(server, "/", effort)


def gateway_handshakes(effort: Effort) -> Figures:
    """Measure handshakes on an API without a `$connect` route."""
    with start_gateway() as server:
        return _handshakes(server, PATH, effort)


def _handshakes(server: Server, path: str, effort: Effort) -> Figures:
    with start_client(
        "open", server, path=path, connections=effort.idle_connections, at_once=128
    ) as client:
        return {"rate": client.measure().rate}
