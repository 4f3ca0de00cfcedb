"""Stars and question marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.languages.iam.globs import ANY_ONE, ANY_RUN, make_glob


def fits(pattern: str, text: str) -> bool:
    wildcards = {"*": ANY_RUN, "?": ANY_ONE}
    return make_glob(wildcards.get(character, character) for character in pattern).matches(text)


def oracle(pattern: str, text: str) -> bool:
    """Match a glob by trying everything: slow, and plainly right."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(oracle(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in {"?", text[0]} and oracle(pattern[1:], text[1:])


@given(st.text("ab*?", max_size=7), st.text("ab", max_size=8))
def test_globs_match_what_trying_everything_matches(pattern: str, text: str) -> None:
    assert fits(pattern, text) is oracle(pattern, text)


@given(st.text(), st.text())
def test_a_literal_matches_itself_alone(literal: str, text: str) -> None:
    """Whatever it holds: a star in a literal is a star."""
    glob = make_glob([literal])
    assert glob.matches(literal)
    assert glob.matches(text) is (literal == text)


@pytest.mark.parametrize(("text", "is_fitting"), [("", False), ("a", True), ("ab", True)])
def test_a_stretch_of_question_marks_asks_for_as_many_characters(
    text: str, *, is_fitting: bool
) -> None:
    assert fits("*?*", text) is is_fitting


def test_a_stretch_that_only_begins_to_fit_is_looked_for_further_on() -> None:
    assert fits("*ab?c*", "abxabyc")
    assert not fits("*ab?c*", "abxaby")


def test_nothing_matches_nothing() -> None:
    assert make_glob([]).matches("")
    assert not make_glob([]).matches("a")


@pytest.mark.parametrize("pattern", ["*a" * 40 + "*b", "*" * 40 + "b", "*a?" * 40 + "b"])
def test_many_stars_take_no_time(pattern: str) -> None:
    """A matcher that backtracks from star to star would never come to the end of this test."""
    assert not fits(pattern, "a" * 5000)


def test_a_newline_is_a_character_like_another() -> None:
    assert fits("a?b*", "a\nb\n")
    assert not fits("a", "a\n")
