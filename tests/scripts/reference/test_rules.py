from pathlib import Path

import pytest

from reference import rules

_TESTS = """
import pytest

pytestmark = [pytest.mark.rule("A-1")]

@pytest.mark.rule("A-2", "A-3")
async def test_this() -> None: ...

@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.rule("A-4"))])
class TestThat:
    @pytest.mark.rule(NAME, *("A-1", "A-2"))
    def test_inside(self) -> None: ...

@pytest.mark.skip
def test_without() -> None: ...
"""


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    folder = tmp_path / "tests"
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "area.txt").write_text("# a note\nA-2 Second | thing\nA-1 First thing\n")
    (folder / "rules" / "not-applicable.txt").write_text("A-2 because\nB-1 unknown\n")
    (folder / "rules" / "restated.txt").write_text("")
    (folder / "test_it.py").write_text(_TESTS)
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "test_foreign.py").write_text("not python")
    return folder


def test_marks_are_found_on_files_functions_methods_and_parameters(tests: Path) -> None:
    assert [(mark.rule_id, mark.test) for mark in rules.read_marks(tests)] == [
        ("A-1", None),
        ("A-2", "test_this"),
        ("A-3", "test_this"),
        ("A-4", "TestThat"),
        ("A-1", "test_inside"),
        ("A-2", "test_inside"),
        ("NAME", "test_inside"),
    ]


def test_mistakes_name_unknown_rules_and_excuses_that_do_not_hold(tests: Path) -> None:
    file = tests / "test_it.py"
    assert rules.find_mistakes(tests) == [
        f"{file}:6: A-3 is no rule of tests/rules",
        f"{file}:9: A-4 is no rule of tests/rules",
        f"{file}:11: NAME is no rule of tests/rules",
        "B-1 is excused, and is no rule of tests/rules",
        "A-2 is excused, and a test names it",
    ]


def test_a_rule_is_not_restated_by_one_that_is_excused(tests: Path) -> None:
    (tests / "test_it.py").write_text("")
    (tests / "rules" / "not-applicable.txt").write_text("A-2 because\n")
    (tests / "rules" / "restated.txt").write_text("A-1 A-2\n")
    assert rules.find_mistakes(tests) == ["A-1 restates A-2, which is itself excused"]


def test_the_page_has_a_row_for_every_rule_in_order(tests: Path) -> None:
    rows = [line for line in rules.render(tests).splitlines() if line.startswith("| A-")]
    place = "[tests/test_it.py](../../tests/test_it.py)"
    assert rows == [
        f"| A-1 | First thing | held | {place}: the whole file, test_inside |",
        f"| A-2 | Second \\| thing | held | {place}: test_this, test_inside |",
    ]


def test_a_rule_that_no_test_names_says_why_or_not_yet(tests: Path) -> None:
    (tests / "test_it.py").write_text("")
    rows = [line for line in rules.render(tests).splitlines() if line.startswith("| A-")]
    assert rows == [
        "| A-1 | First thing | not yet |  |",
        "| A-2 | Second \\| thing | not applicable | because |",
    ]


def test_a_rule_that_restates_another_is_held_with_it(tests: Path) -> None:
    (tests / "rules" / "area.txt").write_text("A-1 First\nA-5 The same\nA-6 Other\nA-7 Again\n")
    (tests / "rules" / "restated.txt").write_text("A-5 A-1\nA-7 A-6\n")
    rows = [line for line in rules.render(tests).splitlines() if line.startswith("| A-")]
    assert rows[1:] == [
        "| A-5 | The same | held | as A-1 |",
        "| A-6 | Other | not yet |  |",
        "| A-7 | Again | not yet | as A-6 |",
    ]
