"""Functions: the way through a process, by its result and through boto3."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Final

from benchmarks.gateway import PATH, PROJECT, extend_project, start_gateway
from benchmarks.machine import (
    CLIENT_CORE,
    HERE,
    SERVER_CORE,
    BenchmarkError,
    Server,
    python_server,
    start_client,
)
from benchmarks.probes import Effort
from benchmarks.probes.wire import MESSAGE, echo
from benchmarks.results import Figures

_ONE_PROCESS: Final = {"ROUTEKEY_FUNCTIONS_ENVIRONMENTS_MAX": "1"}
_TWO_PROCESSES: Final = {"ROUTEKEY_FUNCTIONS_ENVIRONMENTS_MAX": "2"}
REPLY: Final = MESSAGE.replace('"echo"', '"reply"')
_POST: Final = MESSAGE.replace('"echo"', '"post"')
_CONNECT_ROUTE: Final = """
  ConnectFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: connect.handler
  ConnectPermission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref ConnectFunction
      Principal: apigateway.amazonaws.com
  Connect:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${ConnectFunction.Arn}/invocations
  ConnectRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: $connect
      Target: !Sub integrations/${Connect}
"""  # noqa: E501  # as a template has it
_HTTP: Final = MESSAGE.replace('"echo"', '"http"')
_HTTP_ROUTE: Final = """
  HttpFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: reply.handler
      Environment:
        Variables:
          AWS_LAMBDA_EXEC_WRAPPER: /usr/bin/env
  HttpPermission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref HttpFunction
      Principal: apigateway.amazonaws.com
  Http:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${HttpFunction.Arn}/invocations
  HttpRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: http
      RouteResponseSelectionExpression: $default
      Target: !Sub integrations/${Http}
  HttpRouteResponse:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties:
      ApiId: !Ref Api
      RouteId: !Ref HttpRoute
      RouteResponseKey: $default
"""  # noqa: E501  # as a template has it
"""A function with a wrapper, which does nothing, speaks the HTTP Runtime API."""
_SLACK_SECONDS: Final = 60


def bare_frames(effort: Effort) -> Figures:
    """Measure round trips of bare frames over a Unix socket."""
    return _run("bare_frames", effort.seconds, SERVER_CORE, CLIENT_CORE)


def bare_boto(effort: Effort) -> Figures:
    """Measure boto3's call alone, to a server that does nothing."""
    with (
        tempfile.TemporaryDirectory(prefix="routekey-bench-") as folder,
        python_server("bare_post", folder) as server,
    ):
        authority = f"{folder}/authority.pem"
        bare = _run("bare_boto", server.port, effort.seconds, authority, core=CLIENT_CORE)
        # What one core could do if it did nothing else.
        return {**bare, "cpu_rate": 1e6 / bare["cpu_us"]}


def reply(effort: Effort, *, shares_cores: bool = False) -> Figures:
    """Measure echoes by a function's result: one process, 50 connections and one."""
    with start_gateway(PROJECT, _ONE_PROCESS, functions_share_cores=shares_cores) as server:
        return _measure(server, REPLY, effort)


def post(effort: Effort, *, shares_cores: bool = False) -> Figures:
    """Measure echoes through boto3: one process, 50 connections and one."""
    with start_gateway(PROJECT, _ONE_PROCESS, functions_share_cores=shares_cores) as server:
        return _measure(server, _POST, effort)


def post_by_two(effort: Effort) -> Figures:
    """Measure echoes through boto3 by two processes; they share the cores with the gateway."""
    with start_gateway(PROJECT, _TWO_PROCESSES, functions_share_cores=True) as server:
        return {"rate": echo(server, PATH, _POST, 50, effort).rate}


def bare_runtime_api(effort: Effort) -> Figures:
    """Measure AWS's runtime client on a Runtime API that does nothing."""
    return _run(
        "bare_runtime_api", effort.warm_seconds, effort.seconds, CLIENT_CORE, core=SERVER_CORE
    )


def reply_over_http(effort: Effort) -> Figures:
    """Measure echoes by a function's result, its process on the HTTP Runtime API."""
    with (
        extend_project(_HTTP_ROUTE) as project,
        start_gateway(project, _ONE_PROCESS) as server,
    ):
        return _measure(server, _HTTP, effort)


def handshakes(effort: Effort, *, shares_cores: bool = False) -> Figures:
    """Measure handshakes that a warm `$connect` function admits, by one process."""
    with (
        extend_project(_CONNECT_ROUTE) as project,
        start_gateway(project, _ONE_PROCESS, functions_share_cores=shares_cores) as server,
    ):
        with start_client("open", server, path=PATH) as client:
            client.measure()  # until the function's process is there
        with start_client(
            "open", server, path=PATH, connections=effort.idle_connections // 2, at_once=50
        ) as client:
            return {"rate": client.measure().rate}


def _measure(server: Server, message: str, effort: Effort) -> Figures:
    one = echo(server, PATH, message, 1, effort)
    many = echo(server, PATH, message, 50, effort)
    return {
        "rate": many.rate,
        "cpu_us": many.cpu_us,
        "one_rate": one.rate,
        "one_p50_us": one.p50_us,
        "one_p99_us": one.p99_us,
    }


def _run(name: str, *arguments: object, core: int | None = None) -> Mapping[str, float]:
    """Run a measurement that is a program of its own and prints its figures."""
    command = [sys.executable, str(HERE / "servers" / f"{name}.py"), *map(str, arguments)]
    pinned = command if core is None else ["taskset", "-c", str(core), *command]
    done = subprocess.run(
        pinned, check=False, capture_output=True, text=True, timeout=_SLACK_SECONDS
    )
    if done.returncode:
        raise BenchmarkError(done.stderr.strip())
    measured: Mapping[str, float] = json.loads(done.stdout)
    return measured
