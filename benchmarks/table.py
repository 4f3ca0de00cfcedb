"""The table: which figure stands beside which, and what is aimed at."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from benchmarks.probes import Effort, functions, idle, languages, starts, wire
from benchmarks.results import Figures, Row

PROBES: Final[Mapping[str, Callable[[Effort], Figures]]] = MappingProxyType(
    {
        "c echo": wire.c_echo,
        "picows echo": wire.picows_echo,
        "echo": wire.gateway_echo,
        "picows push": wire.picows_push,
        "push": wire.gateway_push,
        "bare posts": wire.bare_posts,
        "posts": wire.gateway_posts,
        "bare frames": functions.bare_frames,
        "reply": functions.reply,
        "handshakes": functions.handshakes,
        "bare runtime API": functions.bare_runtime_api,
        "reply over HTTP": functions.reply_over_http,
        "bare boto3": functions.bare_boto,
        "boto3": functions.post,
        "boto3 by two": functions.post_by_two,
        "picows idle": idle.picows,
        "idle": idle.gateway,
        "idle, three": idle.gateways,
        "idle in TLS": idle.tls,
        "collection": idle.collection,
        "fresh": starts.fresh,
        "start": starts.gateway,
        "templates": languages.templates,
        "one route": languages.one_route,
        "many routes": languages.many_routes,
    }
)
"""In this order, round by round: what is compared runs close together."""

ROWS: Final = (
    Row(
        "echo by a MOCK route, 50 connections",
        "/s",
        ("echo", "rate"),
        ("picows echo", "rate"),
        ">= 0.6",
    ),
    Row("CPU of an echo", "µs", ("echo", "cpu_us"), ("c echo", "cpu_us"), "<= 2.5"),
    Row(
        "push from inside to 1,000, deliveries",
        "/s",
        ("push", "rate"),
        ("picows push", "rate"),
        ">= 0.8",
    ),
    Row(
        "signed posts, delivered to 1,000",
        "/s",
        ("posts", "rate"),
        ("bare posts", "rate"),
        ">= 0.25",
    ),
    Row(
        "echo by a function's result, one process",
        "/s",
        ("reply", "rate"),
        ("bare frames", "rate"),
        ">= 0.8",
    ),
    Row(
        "the same, one connection, round trip",
        "µs",
        ("reply", "one_p50_us"),
        ("picows echo", "one_p50_us"),
        "<= 4",
    ),
    Row(
        "echo through boto3, round trip",
        "µs",
        ("boto3", "one_p50_us"),
        ("bare boto3", "p50_us"),
        "<= 1.7",
    ),
    Row(
        "echo through boto3, one process",
        "/s",
        ("boto3", "rate"),
        ("bare boto3", "cpu_rate"),
        ">= 0.65",
    ),
    Row("the same by two processes", "/s", ("boto3 by two", "rate"), ("boto3", "rate"), ">= 1.4"),
    Row(
        "echo over the HTTP Runtime API, one process",
        "/s",
        ("reply over HTTP", "rate"),
        ("bare runtime API", "rate"),
        ">= 0.8",
    ),
    Row(
        "handshakes without a $connect function",
        "/s",
        ("idle", "rate"),
        ("picows idle", "rate"),
        ">= 0.8",
    ),
    Row(
        "handshakes by a warm $connect function",
        "/s",
        ("handshakes", "rate"),
        ("reply", "rate"),
        ">= 0.8",
    ),
    Row("memory of an idle connection", "KB", ("idle", "kilobytes"), None, "<= 4"),
    Row(
        "the same, beside picows",
        "KB",
        ("idle", "kilobytes"),
        ("picows idle", "kilobytes"),
        "<= 0.4",
    ),
    Row(
        "memory of one of 50,000, over three gateways",
        "KB",
        ("idle, three", "kilobytes"),
        None,
        "<= 4",
    ),
    Row("memory of an idle connection in TLS", "KB", ("idle in TLS", "kilobytes"), None, "<= 30"),
    Row("CPU of the idle connections", "cores", ("idle", "cores"), None, "<= 0.01"),
    Row("pause of a full garbage collection", "ms", ("collection", "pause_ms"), None, "<= 25"),
    Row(
        "new function process with a boto3 client",
        "ms",
        ("start", "cold_ms"),
        ("fresh", "client_ms"),
        "<= 0.1",
    ),
    Row(
        "start to first message by a function",
        "ms",
        ("start", "start_ms"),
        ("fresh", "import_ms"),
        "<= 5",
    ),
    Row(
        "a template for SQS", "µs", ("templates", "ours_us"), ("templates", "airspeed_us"), "<= 0.2"
    ),
    Row(
        "messages to 300 routes in turn",
        "/s",
        ("many routes", "rate"),
        ("one route", "rate"),
        ">= 0.95",
    ),
)
