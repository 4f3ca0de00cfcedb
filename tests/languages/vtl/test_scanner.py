"""A place in a template: lines, tokens, depth."""

import re

import pytest

from routekey.errors import TemplateError
from routekey.languages.vtl.nodes import Body
from routekey.languages.vtl.scanner import DEPTH_MAX, Scanner


def scan(text: str) -> Scanner:
    return Scanner(text, lambda _: Body(()))


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", [1]), ("a", [1, 1]), ("a\nb", [1, 1, 2, 2]), ("a\r\n\nb\n", [1, 1, 1, 2, 3, 3, 3])],
)
def test_each_place_has_its_line(text: str, lines: list[int]) -> None:
    scanner = scan(text)
    found = []
    for scanner.position in range(len(text) + 1):
        found.append(scanner.line)
    assert found == lines


def test_the_inside_of_a_string_counts_on_from_its_line() -> None:
    outer = scan("\n\n'")
    outer.position, outer.depth = 3, 7
    inner = outer.inside("a\nb", outer.line)
    inner.position = 2
    assert (inner.line, inner.depth, inner.is_string, outer.is_string) == (4, 7, True, False)


def test_a_token_is_taken_only_if_it_is_here() -> None:
    scanner = scan("  ab")
    assert not scanner.take("ab")
    assert not scanner.take_next("b")
    assert scanner.position == 0
    assert scanner.take_next("a")
    assert (scanner.position, scanner.peek(), scanner.is_at_end) == (3, "b", False)
    assert scanner.match(re.compile("b")) is not None
    assert (scanner.is_at_end, scanner.peek()) == (True, "")


@pytest.mark.rule("VTL-WS-01")
@pytest.mark.parametrize(
    ("text", "position"), [(" \t\nx", 3), ("\r\nx", 2), ("\n\n", 1), (" x", 0), (" ", 0)]
)
def test_only_blanks_with_a_newline_are_skipped(text: str, position: int) -> None:
    scanner = scan(text)
    scanner.skip_newline()
    assert scanner.position == position


@pytest.mark.parametrize(
    ("text", "message"),
    [("\n x", "2: #set lacks '(' before 'x'"), ("\n", "1: #set lacks '(' before the end")],
)
def test_what_has_to_come_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        scan(text).expect("(", "#set")
    assert str(caught.value) == f":{message}"


def test_depth_has_a_bound() -> None:
    scanner = scan("")
    for _ in range(DEPTH_MAX):
        scanner.enter()
    scanner.leave()
    scanner.enter()
    with pytest.raises(TemplateError, match="nests deeper"):
        scanner.enter()
