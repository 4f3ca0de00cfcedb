"""Each claim of the page on security names tests, and each of them is there."""

import re
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).resolve().parent.parent
_PAGE: Final = _ROOT / "docs/explanation/security.md"
_TEST: Final = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_UNHELD: Final = ("What there is to protect", "What is not defended")
"""Sections that claim nothing."""


def _claims() -> list[str]:
    sections = re.split(r"^## ", _PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [
        claim
        for section in sections
        if not section.startswith(_UNHELD)
        for claim in re.findall(r"^- .*(?:\n  .*)*", section, re.MULTILINE)
    ]


@pytest.mark.parametrize("claim", _claims(), ids=lambda claim: claim.partition(".")[0][2:])
def test_a_claim_is_held_by_tests_that_exist(claim: str) -> None:
    named = _TEST.findall(claim)
    assert named
    for path, name in named:
        assert re.search(rf"def {name}\(", (_ROOT / path).read_text(encoding="utf-8")), name


def test_there_are_claims() -> None:
    assert len(_claims()) > 40
