"""Output in lines, and Lambda's own lines around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.adapters.functions.log import Log, LogLine, LogSource


def make_log() -> tuple[Log, list[LogLine]]:
    lines: list[LogLine] = []
    return Log("f", "stream", lines.append), lines


@pytest.mark.rule("LAM-LOG-01", "LAM-LOG-10")
def test_lines_belong_to_the_invocation_that_they_are_written_in() -> None:
    log, lines = make_log()
    log.take(b"at import\n")
    log.begin("id", ["START"])
    log.take(b"hello\n")
    tail = log.end(["END", "REPORT"])
    log.take(b"late\n")
    assert [(line.request_id, line.source.value, line.text) for line in lines] == [
        ("", "function", "at import"),
        ("id", "platform", "START"),
        ("id", "function", "hello"),
        ("id", "platform", "END"),
        ("id", "platform", "REPORT"),
        ("", "function", "late"),
    ]
    assert tail == b"at import\nSTART\nhello\nEND\nREPORT\n"
    log.begin("next", ["START"])
    log.say("INIT_START", is_in_tail=False)
    assert log.end([]) == b"late\nSTART\n"


@pytest.mark.rule("LAM-LOG-10")
def test_a_partial_line_waits_for_the_next_call() -> None:
    log, lines = make_log()
    log.begin("one", [])
    log.take(b"half a ")
    log.end([])
    log.begin("two", [])
    log.take(b"line\n")
    last = lines[-1]
    assert (last.request_id, last.text) == ("two", "half a line")


@pytest.mark.rule("LAM-LOG-06")
def test_the_tail_is_the_last_four_kilobytes() -> None:
    log, _ = make_log()
    log.begin("id", ["START"])
    log.take(b"x" * 10_000 + b"\n")
    tail = log.end(["END"])
    assert len(tail) == 4096
    assert tail.endswith(b"x\nEND\n")
    log.begin("next", ["START"])
    assert log.end([]) == b"START\n"


@pytest.mark.rule("LAM-LOG-02")
def test_a_traceback_is_one_line_with_line_feeds() -> None:
    log, lines = make_log()
    log.take(b"[ERROR] E\rTraceback\r\xc2\xa0File\n")
    assert lines[0].text == "[ERROR] E\nTraceback\n\N{NO-BREAK SPACE}File"


def test_bytes_that_are_no_text_are_replaced() -> None:
    log, lines = make_log()
    log.take(b"\xff\n")
    assert lines[0].text == "\N{REPLACEMENT CHARACTER}"


def test_what_a_dead_process_left_is_a_line_too() -> None:
    log, lines = make_log()
    log.take(b"last words")
    assert lines == []
    log.flush()
    log.flush()
    assert [line.text for line in lines] == ["last words"]


def test_a_line_of_lambda_s_own_needs_no_invocation() -> None:
    log, lines = make_log()
    log.say("INIT_REPORT")
    assert lines[0].source is LogSource.PLATFORM
    assert lines[0].request_id == ""


@given(
    text=st.text(alphabet="ab\n", max_size=60),
    size=st.integers(min_value=1, max_value=20),
)
def test_any_split_of_the_output_gives_the_same_lines(text: str, size: int) -> None:
    log, lines = make_log()
    data = text.encode()
    for start in range(0, len(data), size):
        log.take(data[start : start + size])
    log.flush()
    assert [line.text for line in lines] == text.split("\n")[: -1 if text.endswith("\n") else None][
        : None if text else 0
    ]
