"""What becomes of journals: access logs, execution logs, metrics and traces.

Log events go to a log group, as they do on AWS: the group of an access log is the end of its
destination's ARN, that of an execution log `/aws/apigateway/{apiId}/{stage}` (DP-MON-15).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from routekey.adapters.metrics import Metrics
from routekey.arn import Arn
from routekey.gateway.access_log import AccessLogFormat
from routekey.gateway.directory import Directory
from routekey.gateway.execution_log import write_lines
from routekey.gateway.journal import EventJournal, Journal
from routekey.gateway.ports import IntegrationCall
from routekey.resources.api import LoggingLevel, Stage
from routekey.resources.snapshot import Snapshot

logger = logging.getLogger("routekey.journals")


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One entry of a log group, in CloudWatch's words."""

    group: str
    message: str
    """One line."""
    is_access: bool
    """Whether the stage's own format made it; else it is of the execution log."""


WriteEvent = Callable[[LogEvent], None]
"""Takes a log event; never waits."""

_parse_format: Final = lru_cache(maxsize=1024)(AccessLogFormat.parse)


class Tracer(Protocol):
    """Who makes spans: `traces.Traces`, which needs an extra, and so is not imported here."""

    def link(self, journal: EventJournal, call: IntegrationCall) -> IntegrationCall:
        """Begin the span of an integration."""
        ...

    def record(self, journal: Journal) -> None:
        """End the spans of a journal."""
        ...


class RunningJournals:
    """The readers of journals; it implements the port `Journals`.

    Args:
        write: takes the log events.
        metrics: counts; None where nobody asked for metrics.
        traces: makes spans; None where nobody asked for traces.
    """

    def __init__(
        self, write: WriteEvent, metrics: Metrics | None, traces: Tracer | None = None
    ) -> None:
        self._write = write
        self._metrics = metrics
        self._traces = traces
        self._has_readers = metrics is not None or traces is not None
        self.is_open = self._has_readers

    def watch(self, directory: Directory) -> None:
        """Find out whether any stage that is served now wants a log."""
        self.is_open = self._has_readers or any(
            _wants_log(snapshot.stage)
            for stages in directory.snapshots.values()
            for snapshot in stages.values()
        )

    def link(self, journal: EventJournal, call: IntegrationCall) -> IntegrationCall:
        """Make a call a part of the event's trace, where traces are wanted."""
        if self._traces is None:
            return call
        try:
            return self._traces.link(journal, call)
        except Exception:  # a trace must not break what it tells of
            logger.exception("a call could not be traced")
            return call

    def keep(self, journal: Journal) -> None:
        """Take a journal whose event is over."""
        try:
            if self._traces is not None:
                self._traces.record(journal)
            if self._metrics is not None:
                self._metrics.count(journal)
            if journal.snapshot is not None:
                self._log(journal, journal.snapshot)
        except Exception:  # a log must not break what it tells of
            logger.exception("a journal could not be kept")

    def _log(self, journal: Journal, snapshot: Snapshot) -> None:
        access = snapshot.stage.access_log_settings
        if access is not None:
            line = _parse_format(access.format).render(journal.build_context())
            self._write(LogEvent(_log_group(access.destination_arn), line, is_access=True))
        lines = write_lines(journal)
        if lines:
            group = f"/aws/apigateway/{snapshot.api_id}/{snapshot.stage_name}"
            for line in lines:
                self._write(LogEvent(group, line, is_access=False))


def _wants_log(stage: Stage) -> bool:
    settings = (stage.default_route_settings, *stage.route_settings.values())
    return stage.access_log_settings is not None or any(
        each.logging_level is not LoggingLevel.OFF for each in settings
    )


def _log_group(destination_arn: str) -> str:
    """Name the log group of `arn:aws:logs:…:log-group:NAME[:*]`, or the whole of another ARN."""
    arn = Arn.parse(destination_arn)
    if arn is None or not arn.resource.startswith("log-group:"):
        return destination_arn
    return arn.resource.removeprefix("log-group:").removesuffix(":*")
