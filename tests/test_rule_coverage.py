"""The list of rules, the tests' marks and the page that shows both are in step."""

import re
from pathlib import Path

from reference import rules
from reference.pages import ROOT

_TESTS = ROOT / "tests"
_WORDS_MAX = 12
_AREAS = "CP|DP|LAM|SEC|VTL"


def test_every_mark_names_a_rule_that_exists() -> None:
    mistakes = rules.find_mistakes(_TESTS)
    assert not mistakes, "\n".join(["", *mistakes])


def test_rules_have_one_id_and_a_short_title() -> None:
    listed = rules.read_rules(_TESTS / "rules")
    ids = [rule.id for rule in listed]
    assert len(ids) == len(set(ids))
    for rule in listed:
        assert re.fullmatch(rf"({_AREAS})-[A-Z0-9]+-\d\d", rule.id)
        assert 0 < len(rule.title.split()) <= _WORDS_MAX, rule


def test_every_rule_that_the_code_cites_exists() -> None:
    known = {rule.id for rule in rules.read_rules(_TESTS / "rules")}
    cited = {
        (source.relative_to(ROOT).as_posix(), rule_id)
        for source in _sources()
        for rule_id in re.findall(rf"\b(?:{_AREAS})-[A-Z0-9]+-\d\d\b", source.read_text("utf-8"))
    }
    assert {place for place in cited if place[1] not in known} == set()


def test_the_page_is_what_the_tests_say_now() -> None:
    page = (ROOT / "docs/reference/rule-coverage.md").read_text("utf-8")
    is_current = page == rules.render(_TESTS)  # the two, compared by pytest, would fill the screen
    assert is_current, "run scripts/docs"


def _sources() -> list[Path]:
    return [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.mjs")]
