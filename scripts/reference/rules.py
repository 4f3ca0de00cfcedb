"""docs/reference/rule-coverage.md: every rule of AWS's behaviour, and what holds it.

The ids and titles stand in tests/rules/*.txt, one rule a line. A test says which rules it holds by
`@pytest.mark.rule("DP-RTE-09")`; the marks are read from the source, without an import, so that the
page can be made where the tests cannot run.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reference.markdown import page, table

_NOT_APPLICABLE = "not-applicable.txt"
_RESTATED = "restated.txt"
_INTRODUCTION = """\
What Routekey knows of AWS's behaviour is a list of rules.
Each has an id, which its code, its docstring and its tests cite.
This page says for each rule which tests hold it.
A rule that is *not yet* held may well be built: it says that no test names it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that AWS does."""

    id: str
    title: str
    chapter: str
    """The file in tests/rules that lists it, without suffix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A test, or a file of tests, that names a rule."""

    rule_id: str
    file: Path
    line: int
    test: str | None
    """The function or class; None where the whole file is marked."""


def read_rules(folder: Path) -> list[Rule]:
    """Read tests/rules, by file and id."""
    return [
        Rule(id=rule_id, title=title, chapter=file.stem)
        for file in sorted(folder.glob("*.txt"))
        if file.name not in {_NOT_APPLICABLE, _RESTATED}
        for rule_id, title in sorted(_read_pairs(file))
    ]


def read_not_applicable(folder: Path) -> Mapping[str, str]:
    """Read which rules have nothing to hold, by id, with the reason."""
    return dict(_read_pairs(folder / _NOT_APPLICABLE))


def read_restated(folder: Path) -> Mapping[str, str]:
    """Read which rules say what another one says, by id; tests of their own count more."""
    return dict(_read_pairs(folder / _RESTATED))


def read_marks(tests: Path) -> list[Mark]:
    """Read which test names which rule, in order of files and lines."""
    return [
        mark
        for file in sorted(tests.rglob("test_*.py"))
        if "node_modules" not in file.parts
        for mark in sorted(_find_marks(file), key=lambda mark: (mark.line, mark.rule_id))
    ]


def find_mistakes(tests: Path) -> list[str]:
    """Say what is wrong with the marks and the lists, one sentence each."""
    known = {rule.id for rule in read_rules(tests / "rules")}
    marks = read_marks(tests)
    marked = {mark.rule_id for mark in marks}
    reasons, restated = read_not_applicable(tests / "rules"), read_restated(tests / "rules")
    return [
        *(
            f"{mark.file}:{mark.line}: {mark.rule_id} is no rule of tests/rules"
            for mark in marks
            if mark.rule_id not in known
        ),
        *(
            f"{rule_id} is excused, and is no rule of tests/rules"
            for rule_id in (*reasons, *restated, *restated.values())
            if rule_id not in known
        ),
        *(f"{rule_id} is excused, and a test names it" for rule_id in reasons if rule_id in marked),
        *(
            f"{rule_id} restates {other}, which is itself excused"
            for rule_id, other in restated.items()
            if other in restated or other in reasons
        ),
    ]


def render(tests: Path) -> str:
    """Render the page."""
    rules = read_rules(tests / "rules")
    coverage = _Coverage(tests)
    rows = {rule.id: coverage.row(rule) for rule in rules}
    parts = []
    for chapter in dict.fromkeys(rule.chapter for rule in rules):
        chosen = [rows[rule.id] for rule in rules if rule.chapter == chapter]
        parts += [f"## {chapter.replace('-', ' ').capitalize()}\n"]
        parts += [table(["id", "title", "state", "where"], chosen)]
    states = [state for _, _, state, _ in rows.values()]
    summary = table(
        ["rules", "held by tests", "not applicable", "not yet"],
        [[str(len(rules)), *(str(states.count(s)) for s in ("held", "not applicable", "not yet"))]],
    )
    return page("Rule coverage", "tests/rules and tests", _INTRODUCTION, summary, *parts)


class _Coverage:
    """What holds which rule."""

    def __init__(self, tests: Path) -> None:
        self._root = tests.parent
        self._reasons = read_not_applicable(tests / "rules")
        self._restated = read_restated(tests / "rules")
        self._holders: dict[str, list[Mark]] = defaultdict(list)
        for mark in read_marks(tests):
            self._holders[mark.rule_id].append(mark)

    def row(self, rule: Rule) -> tuple[str, str, str, str]:
        """Give a rule's row: id, title, state, where."""
        if holders := self._holders.get(rule.id):
            return rule.id, rule.title, "held", "<br>".join(self._link(holders))
        if reason := self._reasons.get(rule.id):
            return rule.id, rule.title, "not applicable", reason
        if other := self._restated.get(rule.id):
            state = "held" if other in self._holders else "not yet"
            return rule.id, rule.title, state, f"as {other}"
        return rule.id, rule.title, "not yet", ""

    def _link(self, holders: Sequence[Mark]) -> Iterator[str]:
        """Name the tests by file; without lines, so that the page changes only as the tests do."""
        by_file: dict[Path, list[str]] = defaultdict(list)
        for mark in holders:
            by_file[mark.file].append(mark.test or "the whole file")
        for file, names in by_file.items():
            path = file.relative_to(self._root).as_posix()
            yield f"[{path}](../../{path}): {', '.join(dict.fromkeys(names))}"


def _read_pairs(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            rule_id, _, text = line.partition(" ")
            yield rule_id, text


def _find_marks(file: Path) -> Iterator[Mark]:
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield from _find_marks_of(node, file)
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=value):
                yield from _read_calls(value, file, None)
            case _:
                pass


def _find_marks_of(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, file: Path
) -> Iterator[Mark]:
    for decorator in node.decorator_list:
        yield from _read_calls(decorator, file, node.name)
    if isinstance(node, ast.ClassDef):
        for child in node.body:
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _find_marks_of(child, file)


def _read_calls(expression: ast.expr, file: Path, test: str | None) -> Iterator[Mark]:
    """Read `pytest.mark.rule("…", …)`, wherever in the expression it stands."""
    for call in ast.walk(expression):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("mark.rule"):
            for argument in call.args:
                for rule_id in _read_ids(argument):
                    yield Mark(rule_id=rule_id, file=file, line=argument.lineno, test=test)


def _read_ids(argument: ast.expr) -> list[str]:
    """Read one id, or those of a starred tuple."""
    match argument:
        case ast.Constant(value=str(rule_id)):
            return [rule_id]
        case ast.Starred(value=ast.Tuple(elts=elements) | ast.List(elts=elements)):
            return [rule_id for element in elements for rule_id in _read_ids(element)]
        case _:
            # What is no literal is no id either: find_mistakes then names the place.
            return [ast.unparse(argument)]
