"""Functions that read files."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects.document import Value, parse_document
from routekey.projects.terraform.evaluation import Budget
from routekey.projects.terraform.files import call_file_function


@dataclass
class Ground:
    """A folder with a template and a text."""

    root: Path
    budget: Budget = field(default_factory=Budget)
    files: list[str] = field(default_factory=list)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    (tmp_path / "a.txt").write_text("hi", encoding="utf-8")
    (tmp_path / "t.tpl").write_text("${upper(name)}!${timestamp()}", encoding="utf-8")
    (tmp_path / "bad.tpl").write_text("${other}", encoding="utf-8")
    (tmp_path / "loop.tpl").write_text('${templatefile("loop.tpl", {})}', encoding="utf-8")
    return Ground(tmp_path)


def call(ground: Ground, name: str, *arguments: Value) -> Value:
    return call_file_function(name, list(arguments), ground, parse_document("a", file="f").place())


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("file", ["a.txt"], "hi"),
        ("filebase64", ["a.txt"], "aGk="),
        ("fileexists", ["a.txt"], True),
        ("fileexists", ["b.txt"], False),
        ("filebase64sha256", ["b.txt"], "digest-of-b.txt"),
        ("fileset", [".", "*.t*"], ["a.txt", "bad.tpl", "loop.tpl", "t.tpl"]),
        ("templatefile", ["t.tpl", {"name": "x"}], "X!1970-01-01T00:00:00Z"),
        ("yamldecode", ["a: 1"], {"a": 1}),
        ("uuid", [], "00000000-0000-4000-8000-000000000000"),
    ],
)
def test_a_function_reads(
    ground: Ground, name: str, arguments: list[Value], expected: Value
) -> None:
    assert call(ground, name, *arguments) == expected


def test_paths_start_at_the_root_and_files_are_noted(ground: Ground) -> None:
    assert call(ground, "abspath", "a.txt") == str(ground.root / "a.txt")
    call(ground, "file", "a.txt")
    call(ground, "file", "a.txt")
    assert ground.files == [str(ground.root / "a.txt")]


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("file", [], "takes more arguments"),
        ("file", ["b.txt"], "there is no file"),
        ("file", ["\0"], "is not a path"),
        ("nonsense", ["a"], "there is no function nonsense"),
        ("fileset", [".", "/*"], "is not a pattern"),
        ("templatefile", ["t.tpl", 3], "takes a path and a map"),
        ("templatefile", ["bad.tpl", {}], "is not given other"),
        ("templatefile", ["loop.tpl", {}], "may not call templatefile"),
    ],
)
def test_what_cannot_be_read_is_an_error(
    ground: Ground, name: str, arguments: list[Value], problem: str
) -> None:
    with pytest.raises(ProjectError, match=problem):
        call(ground, name, *arguments)
