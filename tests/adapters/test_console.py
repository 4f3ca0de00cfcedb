"""The terminal."""

import logging
import os
from collections.abc import Callable, Iterator

import pytest

from routekey.adapters.console import (
    Complaints,
    Console,
    ConsoleLog,
    is_coloured,
    make_visible,
)

logger = logging.getLogger("routekey.console.test")

REQUEST_ID = "8a7f1d3e-0000-4000-8000-000000000001"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for descriptor in (reader, writer):
        try:
            os.close(descriptor)
        except OSError:
            continue


def written(pipe: tuple[int, int], write: Callable[[Console], None], **options: bool) -> str:
    """Collect what a console writes, until it is closed."""
    reader, writer = pipe
    console = Console(writer, is_coloured=options.get("is_coloured", False))
    write(console)
    console.close(5)
    os.close(writer)
    with os.fdopen(os.dup(reader), encoding="utf-8") as stream:
        return stream.read()


def test_lines_come_out_in_order(pipe: tuple[int, int]) -> None:
    def write(console: Console) -> None:
        for number in range(1000):
            console.print(f"line {number}")

    assert written(pipe, write).splitlines() == [f"line {number}" for number in range(1000)]


def test_a_log_line_names_the_function_and_the_whole_request_id(pipe: tuple[int, int]) -> None:
    text = written(pipe, lambda console: console.print_log("echo", REQUEST_ID, "hello"))
    assert text == f"echo {REQUEST_ID} hello\n"


def test_each_line_of_a_traceback_is_labelled(pipe: tuple[int, int]) -> None:
    text = written(pipe, lambda console: console.print_log("echo", REQUEST_ID, "one\ntwo"))
    assert text == f"echo {REQUEST_ID} one\necho {REQUEST_ID} two\n"


def test_a_terminal_gets_a_short_request_id_in_colour(pipe: tuple[int, int]) -> None:
    text = written(
        pipe, lambda console: console.print_log("echo", REQUEST_ID, "hello"), is_coloured=True
    )
    assert "\x1b[90m8a7f1d3e\x1b[0m hello" in text
    assert REQUEST_ID not in text


def test_what_cannot_be_encoded_is_escaped(pipe: tuple[int, int]) -> None:
    assert written(pipe, lambda console: console.print("lone \ud800")) == "lone \\ud800\n"


def test_a_reader_that_stalls_loses_lines_and_is_told_how_many(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    console = Console(writer, is_coloured=False, pending_characters_max=100)
    console.print("x" * 1_000_000)  # more than the pipe holds: the writer is stuck from here on
    os.read(reader, 1)
    for _ in range(50):
        console.print("y" * 9)
    with os.fdopen(os.dup(reader), encoding="utf-8") as stream:
        text = stream.read(1_000_000 + 11 * 10)
        console.print("again")
        console.close(5)
        os.close(writer)
        text += stream.read()
    kept = text.count("yyyyyyyyy\n")
    assert kept == 11
    assert f"({50 - kept} lines dropped: the output is not read)" in text


def test_a_reader_that_left_stops_nobody(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.close(reader)
    console = Console(writer, is_coloured=False)
    console.print("nobody reads this")
    console._writer.join(5)
    assert not console._writer.is_alive()
    console.print("nor this")
    console.close(5)


def test_a_closed_console_takes_no_more(pipe: tuple[int, int]) -> None:
    def write(console: Console) -> None:
        console.print("before")
        console.close(5)
        console.print("after")

    assert written(pipe, write) == "before\n"


def test_closing_does_not_wait_for_a_reader_that_stalls(pipe: tuple[int, int]) -> None:
    _, writer = pipe
    console = Console(writer, is_coloured=False)
    console.print("x" * 1_000_000)
    console.close(0.01)
    assert console._writer.is_alive()
    os.close(pipe[0])
    console._writer.join(5)
    assert not console._writer.is_alive()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain \t text", "plain \t text"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x1b[2Jgone", "␛[2Jgone"),
        ("back\x08\x7f\x9b", "back␈��"),
        ("return\r", "return␍"),
    ],
)
def test_a_function_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert make_visible(text) == shown


@pytest.mark.parametrize(
    ("environ", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    environ: dict[str, str], is_terminal: bool, expected: bool
) -> None:
    assert is_coloured(environ, is_terminal=is_terminal) is expected


def test_paint_colours_only_where_colours_are_shown(pipe: tuple[int, int]) -> None:
    def write(console: Console) -> None:
        console.print(console.paint("red", "red") + console.paint("bold", "bold"))

    assert written(pipe, write) == "redbold\n"


def test_paint_knows_colours_and_bold(pipe: tuple[int, int]) -> None:
    def write(console: Console) -> None:
        console.print(console.paint("red", "red") + console.paint("bold", "bold"))

    assert written(pipe, write, is_coloured=True) == "\x1b[31mred\x1b[0m\x1b[1mbold\x1b[0m\n"


@pytest.fixture
def logged() -> Iterator[list[str]]:
    lines: list[str] = []
    log = ConsoleLog(lines.append)
    logger.addHandler(log)
    yield lines
    logger.removeHandler(log)


def test_log_records_are_printed_with_their_traceback(logged: list[str]) -> None:
    try:
        int("\x1b")
    except ValueError:
        logger.exception("it failed: \x1b[2J")
    assert logged[0].startswith("ERROR routekey.console.test: it failed: ␛[2J\nTraceback")


def test_a_log_record_that_cannot_be_formatted_stops_nobody(
    logged: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logger, "propagate", False)  # pytest's own handler would raise
    logger.warning("%d", "not a number")
    assert logged == []
    assert "Logging error" in capsys.readouterr().err


def test_a_complaint_is_made_once() -> None:
    lines: list[str] = []
    complaints = Complaints(lines.append)
    for text in ("pin the id", "pin the id", "\x1b[2J"):
        complaints.complain(text)
    assert lines == ["note pin the id", "note ␛[2J"]


def test_complaints_end_before_they_fill_the_memory() -> None:
    lines: list[str] = []
    complaints = Complaints(lines.append)
    for number in range(1100):
        complaints.complain(f"host {number} is unknown")
    assert len(lines) == 1000
