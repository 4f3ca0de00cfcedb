"""Access logs, execution logs and those of functions in files: one for each log group, bounded.

    /aws/apigateway/6behyoa40f/dev    FOLDER/aws/apigateway/6behyoa40f/dev.log, dev.log.1, …
    /aws/lambda/echo                  FOLDER/aws/lambda/echo.log, …

A disk can be slow, full or gone. So a thread writes, and the event loop only appends to a bounded
list; what does not fit is dropped and counted. Files are opened for each batch: none stays open,
and a file that somebody moves away is not written to any more.
"""

import logging
import os
import threading
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

import orjson

from routekey.adapters.functions import LogLine, LogSink
from routekey.adapters.journals import LogEvent
from routekey.clock import Clock, format_iso
from routekey.errors import InputError

logger = logging.getLogger("routekey.log_files")

_PENDING_CHARACTERS_MAX: Final = 32 * 1024 * 1024
"""What may wait for a slow disk: 30,000 lines of the longest kind, or a second of a full node."""
_EVENT_CHARACTERS: Final = 200
"""What an event takes in memory beside its message."""
_FILE_MODE: Final = 0o640
"""Logs hold what clients said: not every user of the machine may read them."""


class LogFiles:
    """The files of all log groups.

    Args:
        folder: where they are; made when missing.
        clock: tells when.
        is_json: whether each line is an object with `time`, `logGroup` and `message`. Else access
            logs have the lines that the stage's format makes, and execution logs the time before.
        file_bytes_max: a file that would grow beyond is put aside.
        files_kept: how many of those are kept for each log group.
        pending_characters_max: how much may wait for the disk.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        is_json: bool,
        file_bytes_max: int,
        files_kept: int,
        pending_characters_max: int = _PENDING_CHARACTERS_MAX,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._is_json = is_json
        self._file_bytes_max = file_bytes_max
        self._files_kept = files_kept
        self._pending_characters_max = pending_characters_max
        self._changed = threading.Condition()
        self._events: list[tuple[int, LogEvent]] = []
        self._pending_characters = 0
        self._dropped_count = 0
        self._is_closing = False
        self._failing: set[str] = set()
        """Groups whose last batch was lost, so that each failure is told once."""
        self._writer = threading.Thread(target=self._write_all, name="log files", daemon=True)

    def open(self) -> None:
        """Make the folder and begin to write.

        Raises:
            InputError: the folder cannot be made, or written to.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _refuse(self._folder, error.strerror or str(error)) from error
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise _refuse(self._folder, "it is not writable")
        self._writer.start()

    def write(self, event: LogEvent) -> None:
        """Take one event. Returns at once."""
        now_ms = self._clock.now_ms()
        with self._changed:
            if self._is_closing or self._pending_characters > self._pending_characters_max:
                self._dropped_count += 1
                return
            self._events.append((now_ms, event))
            self._pending_characters += len(event.message) + _EVENT_CHARACTERS
            self._changed.notify()

    def close(self, seconds: float) -> None:
        """Write what is left, so long at most, and take no more."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._writer.join(seconds)

    def _write_all(self) -> None:
        while events := self._take():
            lines: defaultdict[str, list[bytes]] = defaultdict(list)
            for epoch_ms, event in events:
                lines[event.group].append(_render(epoch_ms, event, is_json=self._is_json))
            for group, group_lines in lines.items():
                self._write_group(group, group_lines)

    def _take(self) -> list[tuple[int, LogEvent]]:
        """Wait for events and take all of them; none when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._is_closing)
            events, self._events = self._events, []
            self._pending_characters = 0
            dropped_count, self._dropped_count = self._dropped_count, 0
        if dropped_count:
            logger.warning("%d log events were dropped: the disk is too slow", dropped_count)
        return events

    def _write_group(self, group: str, lines: Iterable[bytes]) -> None:
        path = self._folder / name_file(group)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._append(path, lines)
        except OSError as error:
            if group not in self._failing:
                self._failing.add(group)
                logger.warning("%s cannot be written, lines are lost: %s", path, error.strerror)
        else:
            self._failing.discard(group)

    def _append(self, path: Path, lines: Iterable[bytes]) -> None:
        file = _open_to_append(path)
        try:
            size = file.tell()
            for line in lines:
                if size and size + len(line) > self._file_bytes_max:
                    file.close()
                    self._rotate(path)
                    file, size = _open_to_append(path), 0
                file.write(line)
                size += len(line)
        finally:
            file.close()

    def _rotate(self, path: Path) -> None:
        """Put a full file aside, and those before it one further; the last one goes."""
        numbers = range(1, self._files_kept + 1)
        files = [path, *(path.with_name(f"{path.name}.{number}") for number in numbers)]
        files[-1].unlink(missing_ok=True)
        for older, newer in zip(files[:0:-1], files[-2::-1], strict=True):
            if newer.exists():
                newer.replace(older)


def write_too(files: LogFiles, sink: LogSink) -> LogSink:
    """Write what functions say to their log groups, besides showing it. Source: LAM-LOG-06."""

    def take(line: LogLine) -> None:
        sink(line)
        group = f"/aws/lambda/{line.function_name}"
        files.write(LogEvent(group=group, message=line.text, is_access=False))

    return take


def name_file(group: str) -> Path:
    """Name the file of a log group, below the folder whatever the group is called."""
    parts = [_quote(part) for part in group.split("/") if part]
    *folders, name = parts or ["log"]
    return Path(*folders, f"{name}.log")


def _quote(part: str) -> str:
    return part.replace(".", "%2E") if part in {".", ".."} else quote(part, safe=":#")


def _render(epoch_ms: int, event: LogEvent, *, is_json: bool) -> bytes:
    message = event.message.encode("utf-8", "replace")  # a function can print a lone surrogate
    time = format_iso(epoch_ms)
    if is_json:
        entry = {"time": time, "logGroup": event.group, "message": _read_object(message)}
        return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)
    return message + b"\n" if event.is_access else b"%b %b\n" % (time.encode(), message)


def _read_object(message: bytes) -> object:
    """Give a line that is a JSON object as one: many access log formats make such lines."""
    if message.startswith(b"{"):
        try:
            return orjson.loads(message)
        except orjson.JSONDecodeError:
            pass
    return message.decode()


def _open_to_append(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _FILE_MODE), "ab")


def _refuse(folder: Path, reason: str) -> InputError:
    return InputError(
        f"logs cannot be written to {folder}: {reason}",
        resource="telemetry.log_folder",
        remedy="Name another folder, or let the user that Routekey runs as write to this one.",
    )
