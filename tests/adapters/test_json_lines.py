"""Logs for machines."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from routekey.adapters.json_lines import JsonLines, JsonLog

logger = logging.getLogger("routekey.json_lines.test")


@dataclass
class SetClock:
    """A clock that stands."""

    def now_ms(self) -> int:
        return 1_790_000_000_123


@dataclass
class Written:
    """What was written, read back."""

    texts: list[str]

    @property
    def entries(self) -> list[dict[str, str]]:
        return [json.loads(text) for text in self.texts]


@pytest.fixture
def written() -> Written:
    return Written([])


@pytest.fixture
def lines(written: Written) -> JsonLines:
    return JsonLines(written.texts.append, SetClock())


@pytest.fixture
def log(lines: JsonLines) -> Iterator[None]:
    handler = JsonLog(lines)
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


def test_a_line_of_a_function_names_it_and_its_request(lines: JsonLines, written: Written) -> None:
    lines.print_log("echo", "8a7f", "one\ntwo")
    assert written.entries == [
        {
            "time": "2026-09-21T14:13:20.123Z",
            "level": "INFO",
            "function": "echo",
            "requestId": "8a7f",
            "message": "one\ntwo",
        }
    ]


def test_an_entry_is_one_line_whatever_is_printed(lines: JsonLines, written: Written) -> None:
    lines.print_log("echo", "", 'quote " \n \x1b[2J \ud800 \u2028')
    assert "\n" not in written.texts[0]
    assert written.entries[0]["message"] == 'quote " \n \x1b[2J ? \u2028'
    assert "requestId" not in written.entries[0]


def test_a_line_of_the_gateway_has_a_level(lines: JsonLines, written: Written) -> None:
    lines.print(lines.paint("serving", "green"))
    assert (written.entries[0]["level"], written.entries[0]["message"]) == ("INFO", "serving")


@pytest.mark.usefixtures("log")
def test_a_log_record_keeps_its_traceback(written: Written) -> None:
    try:
        int("x")
    except ValueError:
        logger.exception("it failed with %s", "x")
    entry = written.entries[0]
    assert (entry["level"], entry["logger"]) == ("ERROR", "routekey.json_lines.test")
    assert entry["message"] == "it failed with x"
    assert entry["traceback"].endswith("invalid literal for int() with base 10: 'x'\n")


@pytest.mark.usefixtures("log")
def test_a_record_that_cannot_be_formatted_stops_nobody(
    written: Written, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logger, "propagate", False)  # pytest's own handler would raise
    logger.warning("%d", "not a number")
    assert written.texts == []
    assert "Logging error" in capsys.readouterr().err
