"""Notices: each once, and not without end."""

import pytest

from routekey.errors import ProjectError
from routekey.projects.document import parse_document
from routekey.projects.notices import NOTICES_MAX, Notices


def test_a_notice_is_said_once_for_each_resource() -> None:
    notices = Notices()
    document = parse_document("a:\n  b: 1", file="f")
    notices.add("odd", document.place("a", "b", resource="A"))
    notices.add("odd", document.place("a", resource="A"))
    notices.add("odd", document.place("a", resource="B"))
    notices.add("odd")
    said = [(notice.line, notice.resource) for notice in notices.all()]
    assert said == [(2, "A"), (1, "B"), (None, None)]


def test_nobody_reads_more_than_so_many() -> None:
    notices = Notices()
    for number in range(NOTICES_MAX + 1):
        notices.add(str(number))
    assert len(notices.all()) == NOTICES_MAX


def test_a_guess_is_a_notice_or_where_nothing_may_be_guessed_an_error() -> None:
    place = parse_document("a: 1", file="f").place("a")
    notices = Notices()
    notices.guess("nobody says a", "it is 1", place, "Say it")
    assert [notice.text for notice in notices.all()] == ["nobody says a; it is 1. Say it"]
    with pytest.raises(ProjectError, match=r"f:1: nobody says a. Say it"):
        Notices(is_guessing=False).guess("nobody says a", "it is 1", place, "Say it")
