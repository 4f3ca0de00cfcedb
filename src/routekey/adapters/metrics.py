"""API Gateway's metrics, counted by journals and read by Prometheus.

The names and dimensions are CloudWatch's; `Route` is set only where the stage wants detailed
metrics. Source: DP-MON-01 to DP-MON-10.
"""

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from routekey.errors import (
    ApiConfigurationError,
    IntegrationFailure,
    IntegrationTimeout,
)
from routekey.gateway.events import ConnectEvent
from routekey.gateway.journal import CommandJournal, EventJournal, Journal
from routekey.gateway.ports import HttpOutcome, LambdaOutcome, MockCall
from routekey.gateway.proxy_answer import peek_status

_COUNTERS: Final = {
    "ConnectCount": "Handshakes that reached the $connect route",
    "MessageCount": "Messages to or from clients, handshakes and goodbyes",
    "IntegrationError": "Answers of an integration with a 4xx or 5xx status",
    "ClientError": "Requests refused by the gateway before the integration",
    "ExecutionError": "Integrations that failed or could not be called",
}
_BUCKETS_MS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 29_000)
_SERIES_MAX: Final = 10_000
"""Of API, stage and route: 300 routes on 33 stages. What lies beyond is counted without a route."""
_EXECUTION_ERRORS: Final = (ApiConfigurationError, IntegrationFailure, IntegrationTimeout)
_SERVER_ERROR: Final = 500
_CLIENT_ERROR: Final = 400

Series = tuple[str, str, str]
"""ApiId, Stage and Route; an empty Route stands for all of the stage's."""


class _Counts:
    """The numbers of one series."""

    __slots__ = ("buckets", "counters", "latency_ms")

    def __init__(self) -> None:
        self.counters = dict.fromkeys(_COUNTERS, 0)
        self.buckets = [0] * (len(_BUCKETS_MS) + 1)
        """Latencies up to each bound, not cumulated; the last has no bound."""
        self.latency_ms = 0


class Metrics(Collector):
    """All numbers of this node.

    Args:
        count_connections: tells how many connections are open now.
        series_max: how many routes have numbers of their own.
    """

    def __init__(
        self, count_connections: Callable[[], int], *, series_max: int = _SERIES_MAX
    ) -> None:
        self._count_connections = count_connections
        self._series_max = series_max
        self._series: dict[Series, _Counts] = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def count(self, journal: Journal) -> None:
        """Count one event or command."""
        if isinstance(journal, CommandJournal):
            self._count_command(journal)
        else:
            self._count_event(journal)

    def render(self) -> bytes:
        """Write all numbers in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(
        self,
    ) -> Iterator[CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily]:
        """Give the numbers to `prometheus_client`."""
        labels = ("ApiId", "Stage", "Route")
        for name, sentence in _COUNTERS.items():
            family = CounterMetricFamily(f"apigateway_{name}", sentence, labels=labels)
            for series, counts in self._series.items():
                family.add_metric(series, counts.counters[name])
            yield family
        histogram = HistogramMetricFamily(
            "apigateway_IntegrationLatency_milliseconds",
            "From the call of an integration to its answer",
            labels=labels,
        )
        for series, counts in self._series.items():
            histogram.add_metric(series, _cumulate(counts.buckets), counts.latency_ms)
        yield histogram
        connections = self._count_connections()
        yield GaugeMetricFamily("routekey_connections", "Connections open now", connections)

    def _count_event(self, journal: EventJournal) -> None:
        """Count a handshake, message or goodbye. Source: DP-MON-03 to DP-MON-06, DP-MON-08."""
        counts = self._find(journal, journal.route_key if journal.route is not None else None)
        counters = counts.counters
        counters["MessageCount"] += 2 if journal.is_replied else 1
        if isinstance(journal.event, ConnectEvent):
            counters["ConnectCount"] += 1
        if isinstance(journal.error, _EXECUTION_ERRORS) or _is_failed_function(journal):
            counters["ExecutionError"] += 1
        elif journal.error is not None or journal.refused_status is not None:
            counters["ClientError"] += 1
        elif isinstance(journal.outcome, HttpOutcome) and journal.outcome.status >= _CLIENT_ERROR:
            counters["IntegrationError"] += 1
        latency_ms = journal.integration_latency_ms
        if latency_ms is not None and not isinstance(journal.call, MockCall):
            counts.latency_ms += latency_ms
            bucket = next((i for i, bound in enumerate(_BUCKETS_MS) if latency_ms <= bound), -1)
            counts.buckets[bucket] += 1

    def _count_command(self, journal: CommandJournal) -> None:
        """Count a callback; it has no integration. Source: DP-MON-07."""
        counts = self._find(journal, journal.route_key)
        if journal.error is None:
            counts.counters["MessageCount"] += 1
        else:
            counts.counters["ClientError"] += 1

    def _find(self, journal: Journal, route_key: str | None) -> _Counts:
        snapshot = journal.snapshot
        if snapshot is None:
            series = ("", "", "")
        else:
            is_detailed = snapshot.stage.default_route_settings.detailed_metrics_enabled
            if isinstance(journal, EventJournal) and journal.route is not None:
                is_detailed = journal.route.settings.detailed_metrics_enabled
            shown = route_key if is_detailed else None
            series = (snapshot.api_id, snapshot.stage_name, shown or "")
            if series not in self._series and len(self._series) >= self._series_max:
                series = (snapshot.api_id, snapshot.stage_name, "")
        counts = self._series.get(series)
        if counts is None:
            counts = self._series[series] = _Counts()
        return counts


def _is_failed_function(journal: EventJournal) -> bool:
    """Tell whether a proxy function answered 5xx, which counts as an execution error (DP-MON-05).

    It does on a message, where such an answer is delivered; on a handshake it is a refusal.
    """
    outcome = journal.outcome
    if not isinstance(outcome, LambdaOutcome) or journal.refused_status is not None:
        return False
    return peek_status(outcome) >= _SERVER_ERROR


def _cumulate(buckets: list[int]) -> list[tuple[str, float]]:
    total = 0
    cumulated: list[tuple[str, float]] = []
    for bound, count in zip((*map(str, _BUCKETS_MS), "+Inf"), buckets, strict=True):
        total += count
        cumulated.append((bound, total))
    return cumulated
