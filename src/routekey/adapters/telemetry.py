"""Who is told what happens, put together: log files, metrics and traces, as far as wanted."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from routekey.adapters.journals import RunningJournals, WriteEvent
from routekey.adapters.log_files import LogFiles
from routekey.adapters.metrics import Metrics
from routekey.clock import Clock
from routekey.errors import InputError

if TYPE_CHECKING:
    from routekey.adapters.traces import Traces

_CLOSE_SECONDS: Final = 5
"""How long the last log events may take to be written: a dead disk does not keep us alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetrySettings:
    """What is wanted; the configuration says what each of them means."""

    is_counting: bool = False
    is_tracing: bool = False
    log_folder: str = ""
    log_format: str = "text"
    log_file_bytes_max: int = 10 * 1024 * 1024
    log_files_kept: int = 5


class Observers:
    """Everything that keeps account, from the first line to the last.

    Args:
        settings: what is wanted.
        clock: tells when.
        count_connections: tells how many connections are open now.

    Raises:
        InputError: traces are wanted, and OpenTelemetry is not installed.
    """

    def __init__(
        self, settings: TelemetrySettings, clock: Clock, count_connections: Callable[[], int]
    ) -> None:
        self.metrics = Metrics(count_connections) if settings.is_counting else None
        self.log_files = _make_log_files(settings, clock)
        self._traces = _make_traces(clock) if settings.is_tracing else None

    def make_journals(self, log: WriteEvent) -> RunningJournals:
        """Make what reads journals for all of them; `log` takes log events without a folder."""
        write = log if self.log_files is None else self.log_files.write
        return RunningJournals(write, self.metrics, self._traces)

    def open(self) -> None:
        """Begin.

        Raises:
            InputError: the folder for logs cannot be used.
        """
        if self.log_files is not None:
            self.log_files.open()

    async def close(self) -> None:
        """Write and send what is left."""
        if self._traces is not None:
            await asyncio.to_thread(self._traces.close)
        if self.log_files is not None:
            await asyncio.to_thread(self.log_files.close, _CLOSE_SECONDS)


def _make_log_files(settings: TelemetrySettings, clock: Clock) -> LogFiles | None:
    if not settings.log_folder:
        return None
    return LogFiles(
        Path(settings.log_folder),
        clock,
        is_json=settings.log_format == "json",
        file_bytes_max=settings.log_file_bytes_max,
        files_kept=settings.log_files_kept,
    )


def _make_traces(clock: Clock) -> "Traces":
    try:
        from routekey.adapters.traces import Traces  # noqa: PLC0415  # an extra, and 150 ms
    except ImportError as error:
        raise InputError(
            f"traces need OpenTelemetry: {error}",
            resource="telemetry.is_tracing",
            remedy="Install routekey[otel].",
        ) from error
    return Traces(clock, os.environ)
