"""Logs in files, on a real disk."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from routekey.adapters.functions import LogLine, LogSource
from routekey.adapters.journals import LogEvent
from routekey.adapters.log_files import LogFiles, name_file, write_too
from routekey.errors import InputError
from routekey.testing.fakes import FakeClock

EXECUTION = "/aws/apigateway/6behyoa40f/dev"
MakeFiles = Callable[..., LogFiles]


@pytest.fixture
def make_files(tmp_path: Path) -> Iterator[MakeFiles]:
    made: list[LogFiles] = []

    def make(**options: Any) -> LogFiles:
        options = {"is_json": False, "file_bytes_max": 10_000, "files_kept": 2} | options
        files = LogFiles(tmp_path / "logs", FakeClock(1_790_000_000_123), **options)
        files.open()
        made.append(files)
        return files

    yield make
    for files in made:
        files.close(10)


def access(message: str) -> LogEvent:
    return LogEvent("chat-access", message, is_access=True)


def execution(message: str) -> LogEvent:
    return LogEvent(EXECUTION, message, is_access=False)


def test_each_log_group_has_a_file(make_files: MakeFiles, tmp_path: Path) -> None:
    """An access log has the operator's own lines; in an execution log the time is ours."""
    files = make_files()
    files.write(access("CONNECT 200"))
    files.write(execution("(Id=) Starting execution"))
    files.write(access("MESSAGE 200"))
    files.close(10)
    assert (tmp_path / "logs/chat-access.log").read_text() == "CONNECT 200\nMESSAGE 200\n"
    assert (tmp_path / "logs/aws/apigateway/6behyoa40f/dev.log").read_text() == (
        "2026-09-21T14:13:20.123Z (Id=) Starting execution\n"
    )


def test_as_json_each_line_is_an_object(make_files: MakeFiles, tmp_path: Path) -> None:
    files = make_files(is_json=True)
    for message in ("plain \udcff", '{"status":"200"}', '{"broken'):
        files.write(access(message))
    files.close(10)
    text = (tmp_path / "logs/chat-access.log").read_text()
    entries = [json.loads(line) for line in text.splitlines()]
    assert {(entry["time"], entry["logGroup"]) for entry in entries} == {
        ("2026-09-21T14:13:20.123Z", "chat-access")
    }
    assert [entry["message"] for entry in entries] == ["plain ?", {"status": "200"}, '{"broken']


@pytest.mark.parametrize(("kept", "left"), [(2, ["6", "5", "4"]), (0, ["6"])])
def test_a_full_file_is_put_aside_and_the_oldest_goes(
    make_files: MakeFiles, tmp_path: Path, kept: int, left: list[str]
) -> None:
    files = make_files(file_bytes_max=10, files_kept=kept)
    for number in range(7):
        files.write(access(f"{number}" * 9))
    files.close(10)
    names = ["chat-access.log", *(f"chat-access.log.{n}" for n in range(1, kept + 1))]
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == names
    assert [(tmp_path / "logs" / name).read_text()[0] for name in names] == left


def test_a_file_grows_on_after_a_restart(make_files: MakeFiles, tmp_path: Path) -> None:
    for number in range(2):
        files = make_files()
        files.write(access(str(number)))
        files.close(10)
    assert (tmp_path / "logs/chat-access.log").read_text() == "0\n1\n"


@pytest.mark.parametrize(
    ("group", "file"),
    [
        ("/aws/apigateway/a/dev", "aws/apigateway/a/dev.log"),
        ("../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd.log"),
        ("", "log.log"),
        ("a b\n", "a%20b%0A.log"),
        ("arn:aws:firehose:eu:1:stream/x", "arn:aws:firehose:eu:1:stream/x.log"),
    ],
)
def test_no_log_group_leaves_the_folder(group: str, file: str) -> None:
    assert name_file(group) == Path(file)


def test_a_group_that_cannot_be_written_is_told_once_and_stops_no_other(
    make_files: MakeFiles, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "logs/chat-access.log").mkdir(parents=True)
    for _ in range(2):
        files = make_files()
        files.write(access("lost"))
        files.write(execution("kept"))
        files.close(10)
    assert (tmp_path / "logs/aws/apigateway/6behyoa40f/dev.log").read_text().count("kept") == 2
    assert caplog.text.count("chat-access.log cannot be written, lines are lost: Is a dir") == 2


def test_what_a_slow_disk_cannot_take_is_dropped_and_counted(
    make_files: MakeFiles, caplog: pytest.LogCaptureFixture
) -> None:
    """The writer is held in its first report, as a disk would hold it, while more comes."""
    held, freed = threading.Event(), threading.Event()

    class Hold(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002  # a handler's
            held.set()
            freed.wait(10)

    hold = Hold()
    logging.getLogger("routekey.log_files").addHandler(hold)
    try:
        files = make_files(pending_characters_max=10)
        files.write(LogEvent("x" * 300, "a name too long for a file", is_access=True))
        assert held.wait(10)
        logging.getLogger("routekey.log_files").removeHandler(hold)
        for _ in range(4):
            files.write(access("y" * 20))
        freed.set()
        files.close(10)
    finally:
        freed.set()
        logging.getLogger("routekey.log_files").removeHandler(hold)
    assert "3 log events were dropped" in caplog.text


def test_after_the_end_nothing_is_taken(make_files: MakeFiles, tmp_path: Path) -> None:
    files = make_files()
    files.close(10)
    files.write(access("late"))
    assert list((tmp_path / "logs").iterdir()) == []


@pytest.mark.parametrize("folder", ["file/logs", "file"])
def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    files = LogFiles(tmp_path / folder, FakeClock(0), is_json=False, file_bytes_max=1, files_kept=0)
    with pytest.raises(InputError, match=r"telemetry\.log_folder: logs cannot be written to"):
        files.open()


@pytest.mark.rule("LAM-LOG-06")
def test_what_functions_say_is_shown_and_written_to_their_groups(
    make_files: MakeFiles, tmp_path: Path
) -> None:
    files, shown = make_files(), list[LogLine]()
    take = write_too(files, shown.append)
    line = LogLine(
        function_name="echo", stream="", request_id="r", source=LogSource.FUNCTION, text="hello"
    )
    take(line)
    files.close(10)
    assert shown == [line]
    assert (tmp_path / "logs/aws/lambda/echo.log").read_text() == "2026-09-21T14:13:20.123Z hello\n"
