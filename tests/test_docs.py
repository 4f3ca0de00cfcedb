"""What the documentation promises is so: links, commands, snippets, generated pages."""

import ast
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Final

import pytest
import yaml

from reference import command_line, errors, pages
from routekey.choices import Choices
from routekey.config import list_settings
from routekey.quotas import QUOTAS

_ROOT: Final = pages.ROOT
_GENERATED: Final = "<!-- Written by scripts/docs"
_CODE_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "python": ast.parse,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
}


def _pages() -> list[Path]:
    named = [_ROOT / "README.md", _ROOT / "ARCHITECTURE.md", _ROOT / "CONTRIBUTING.md"]
    folders = ("docs", "changes", "examples", "benchmarks")
    found = [page for folder in folders for page in (_ROOT / folder).rglob("*.md")]
    return [*named, *(page for page in sorted(found) if "node_modules" not in page.parts)]


def _read(name: str) -> str:
    return (_ROOT / name).read_text(encoding="utf-8")


def _prose(page: Path) -> list[str]:
    """Give the lines of a page without code and tables; none for what a script wrote."""
    text = page.read_text(encoding="utf-8")
    if _GENERATED in text:
        return []
    lines = _CODE_BLOCK.sub("", text).splitlines()
    return [re.sub(r"^\d+\. ", "", line) for line in lines if not line.startswith("|")]


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.relative_to(_ROOT).as_posix())
class TestEveryPage:
    def test_its_links_lead_somewhere(self, page: Path) -> None:
        text = _CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            path, _, anchor = link.partition("#")
            if "://" in link:
                continue
            target = page if not path else (page.parent / path).resolve()
            assert target.exists(), link
            assert not anchor or anchor in _anchors(target), link

    def test_it_has_one_sentence_a_line(self, page: Path) -> None:
        two = re.compile(r"[\w)`*\"][.!?] +(?!e\.g|i\.e)[A-Z`]")
        assert [line for line in _prose(page) if two.search(line)] == []

    def test_its_snippets_can_be_read(self, page: Path) -> None:
        for language, snippet in _CODE_BLOCK.findall(page.read_text(encoding="utf-8")):
            if language in _READERS:
                _READERS[language](snippet)


def test_the_readme_has_two_commands_one_to_start_and_one_to_test() -> None:
    commands = [code for language, code in _CODE_BLOCK.findall(_read("README.md"))]
    assert commands == ["scripts/serve\n", "scripts/test\n"]
    assert "\nscripts/test " in _read(".ci/run")


def test_contributing_explains_every_script() -> None:
    scripts = {path.name for path in (_ROOT / "scripts").iterdir() if path.is_file()}
    words = {name for name in scripts if "." not in name}
    told = re.findall(r"^\| `scripts/([\w-]+)", _read("CONTRIBUTING.md"), re.MULTILINE)
    assert set(told) == words


def test_the_generated_pages_are_what_the_code_says_now() -> None:
    stale = set(pages.find_stale()) - {
        "rule-coverage.md"
    }  # which tests/test_rule_coverage.py holds
    assert stale == set(), "run scripts/docs"


def test_every_quota_error_and_setting_is_on_its_page() -> None:
    limits, failures = _read("docs/reference/limits.md"), _read("docs/reference/errors.md")
    configuration = _read("docs/reference/configuration.md")
    assert [name for name in QUOTAS if f"| {name} |" not in limits] == []
    assert [name for name in errors.names() if f"| `{name}` |" not in failures] == []
    assert [item.key for item in list_settings() if f"| `{item.key}` |" not in configuration] == []


def test_every_verb_of_the_command_line_is_on_its_page() -> None:
    page = _read("docs/reference/command-line.md")
    assert [verb for verb in command_line.verbs() if f"## routekey {verb}\n" not in page] == []


def test_every_choice_stands_among_the_differences() -> None:
    choices = re.findall(r"^(DP-UNK-\d\d) ", _read("tests/rules/data-plane.txt"), re.MULTILINE)
    differences = _read("docs/explanation/differences.md")
    rows = re.findall(r"^\| (DP-UNK-\d\d) \| .* \| (.+) \|$", differences, re.MULTILINE)
    assert [rule_id for rule_id, _ in rows] == choices
    for rule_id, setting in rows:  # its settings, or why there is none
        declared = [
            f"`choices.{field.name}`"
            for field in fields(Choices)
            if field.metadata["rule"] == rule_id
        ]
        named = re.findall(r"`choices\.\w+`", setting)
        assert sorted(named) == sorted(declared)
        assert declared or setting.startswith(("none: ", "`limits."))


def test_the_architecture_names_what_is_there() -> None:
    text, source = _read("ARCHITECTURE.md"), _ROOT / "src/routekey"
    named = re.findall(r"`([a-z_]+(?:/[a-z_]+)*(?:/|\.py))`", text)
    assert [name for name in named if not (source / name).exists()] == []
    tree = text.split("src/routekey/\n")[1].split("```")[0]
    packages = {path.name for path in source.iterdir() if (path / "__init__.py").exists()}
    assert [name for name in sorted(packages) if f"── {name}/" not in tree] == []


def test_every_news_fragment_has_a_known_kind() -> None:
    kinds = "added|changed|fixed|removed|security"
    names = [page.name for page in (_ROOT / "changes").iterdir() if page.name != "README.md"]
    assert [name for name in names if not re.fullmatch(rf"[a-z0-9-]+\.({kinds})\.md", name)] == []
