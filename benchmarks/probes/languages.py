"""Templates and routes: what a message's own API costs."""

import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote_plus

import orjson
from airspeed import Template as AirspeedTemplate

from benchmarks.gateway import PATH, extend_project, start_gateway
from benchmarks.machine import BenchmarkError, start_client
from benchmarks.probes import Effort
from benchmarks.results import Figures
from routekey.languages.vtl import Input, Util, compile_template

_ROUTES: Final = 300
_SQS: Final = (
    "Action=SendMessage&MessageGroupId=$input.path('$.room')&MessageDeduplicationId="
    "$context.requestId&MessageAttribute.1.Name=connectionId&MessageAttribute.1.Value.StringValue="
    "$context.connectionId&MessageAttribute.1.Value.DataType=String&MessageAttribute.2.Name="
    "requestId&MessageAttribute.2.Value.StringValue=$context.requestId&MessageAttribute.2.Value."
    "DataType=String&MessageBody=$util.urlEncode($input.json('$'))"
)
"""What applications send to SQS: references, functions, form encoding."""
_CONTEXT: Final = {"requestId": "EOn3uEbGIAMEjkA=", "connectionId": "gbgZmm6Q1QAYKEjmMA=="}
_BODY: Final = '{"action": "send", "room": "lobby", "text": "%s"}' % ("z" * 60)


def templates(effort: Effort) -> Figures:
    """Measure one template, rendered for a new message each time, in two interpreters.

    The times are of the process's CPU. Each has the `$input` and `$util` of its own application;
    the foreign ones do the least that gives the same text, without JSONPath.
    """
    ours, theirs = compile_template(_SQS), AirspeedTemplate(_SQS)
    util, foreign_util = Util(), _ForeignUtil()

    def render_ours() -> str:
        return ours.render({"input": Input(_BODY), "util": util, "context": _CONTEXT})

    def render_theirs() -> str:
        scope = {"input": _ForeignInput(_BODY), "util": foreign_util, "context": _CONTEXT}
        return str(theirs.merge(scope))

    if render_ours() != render_theirs():
        raise BenchmarkError("the two interpreters do not agree")
    return {
        "ours_us": _time(render_ours, effort.seconds / 2),
        "airspeed_us": _time(render_theirs, effort.seconds / 2),
    }


class _ForeignInput:
    """`$input` as an application of airspeed would write it."""

    def __init__(self, body: str) -> None:
        self.body = body

    def path(self, path: str) -> object:
        return orjson.loads(self.body)[path.removeprefix("$.")]

    def json(self, _path: str) -> str:
        return orjson.dumps(orjson.loads(self.body)).decode()


class _ForeignUtil:
    """`$util`, likewise."""

    def urlEncode(self, text: str) -> str:  # noqa: N802  # the template's own name
        return quote_plus(text)


def _time(render: Callable[[], str], seconds: float) -> float:
    count, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        for _ in range(20):
            render()
        count += 20
    return (time.process_time() - began) / count * 1e6


def one_route(effort: Effort) -> Figures:
    """Measure messages that all go to one route of an API with 300."""
    return _spread(effort, 1)


def many_routes(effort: Effort) -> Figures:
    """Measure messages that go to the 300 routes in turn."""
    return _spread(effort, _ROUTES)


def _spread(effort: Effort, numbers: int) -> Figures:
    with (
        extend_project("".join(map(_ROUTE.format, range(_ROUTES)))) as project,
        start_gateway(project) as server,
        start_client(
            "echo",
            server,
            path=PATH,
            message='{"action":"route-########","text":"' + "x" * 62 + '"}',
            numbers=numbers,
            connections=50,
            warm=effort.warm_seconds,
            seconds=effort.seconds,
        ) as client,
    ):
        return {"rate": client.measure().rate}


_ROUTE: Final = """
  Numbered{0}:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: route-{0:08}
      RouteResponseSelectionExpression: $default
      Target: !Sub integrations/${{Echo}}
  Numbered{0}Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties:
      ApiId: !Ref Api
      RouteId: !Ref Numbered{0}
      RouteResponseKey: $default
"""
