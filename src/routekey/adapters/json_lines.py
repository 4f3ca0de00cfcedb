"""Logs for machines: one JSON object a line, for whoever collects a production gateway's output."""

import logging
import traceback
from collections.abc import Callable

import orjson

from routekey.clock import Clock, format_iso


class JsonLines:
    """Write everything that a person would read on a terminal as JSON.

    Args:
        print_text: prints one line.
        clock: tells when.
    """

    def __init__(self, print_text: Callable[[str], None], clock: Clock) -> None:
        self._print_text = print_text
        self._clock = clock

    def print(self, text: str) -> None:
        """Write a line of the gateway's own."""
        self.write(level="INFO", message=text)

    def print_log(self, function: str, request_id: str, text: str) -> None:
        """Write what a function printed; a traceback stays one entry."""
        self.write(level="INFO", function=function, requestId=request_id, message=text)

    def paint(self, text: str, colour: str) -> str:  # noqa: ARG002  # `Output`'s
        """Leave a text as it is."""
        return text

    def write(self, **members: str) -> None:
        """Write one entry; members that are empty are left out."""
        entry = {"time": format_iso(self._clock.now_ms())}
        entry |= {
            # A lone surrogate is no JSON; functions can print one.
            name: value.encode("utf-8", "replace").decode()
            for name, value in members.items()
            if value
        }
        self._print_text(orjson.dumps(entry).decode())


class JsonLog(logging.Handler):
    """Send log records there."""

    def __init__(self, lines: JsonLines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, its traceback beside the message."""
        try:
            trace = traceback.format_exception(*record.exc_info) if record.exc_info else []
            self._lines.write(
                level=record.levelname,
                logger=record.name,
                message=record.getMessage(),
                traceback="".join(trace),
            )
        except Exception:  # noqa: BLE001  # a record that cannot be formatted is its author's bug
            self.handleError(record)
