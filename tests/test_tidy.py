"""What no tool of ours checks, read from the tree itself.

Each list of excuses names a place and the reason; an excuse that is no longer needed is a failure
too, so the lists only shrink.
"""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT: Final = Path(__file__).resolve().parents[1]
_FILE_LINES_MAX: Final = 500
_FUNCTION_LINES_MAX: Final = 60
_CODE: Final = {".py", ".mjs", ".cjs", ".js", ".sh", ""}
_TEXT: Final = _CODE | {".md", ".toml", ".txt", ".json", ".yaml", ".yml", ".html", ".css"}

Excuses: TypeAlias = dict[str, str]

LONG_FILES: Excuses = {}
LONG_FUNCTIONS: Excuses = {}
WITHOUT_TEST_FILE: Excuses = {
    "src/routekey/gateway/handshake.py": "test_events.py and test_authorizers.py",
    "src/routekey/gateway/templates.py": "test_integrations.py",
    "src/routekey/resources/api.py": "values that every test of the gateway and projects makes",
    "src/routekey/resources/integration_plan.py": "gateway/test_integrations.py",
    "src/routekey/resources/parameters.py": "gateway/test_integrations.py",
    "src/routekey/testing/apis.py": "what the tests of the gateway stand on",
    "src/routekey/testing/fakes.py": "the same",
    "src/routekey/testing/world.py": "the same",
}
WITHOUT_MODULE: Excuses = {
    "tests/adapters/functions/test_function_errors.py": "a page: docs/reference/function-errors.md",
    "tests/endpoints/test_signed_requests.py": "a half of test_execute_api.py, which is long",
    "tests/gateway/test_mapped_responses.py": "a half of test_responses.py",
}
SLEEPS: Excuses = {}


def _assert_none(found: Iterable[str]) -> None:
    places = sorted(found)
    assert not places, "\n".join(["", *places])


@cache
def _files() -> tuple[str, ...]:
    """Name every file that is committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=_ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return tuple(sorted(name for name in set(listed) if (_ROOT / name).is_file()))


@cache
def _read(name: str) -> str:
    return (_ROOT / name).read_text(encoding="utf-8")


def _modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for name in _files():
        if name.endswith(".py") and name.startswith(folders):
            yield name, ast.parse(_read(name))


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _long_files() -> set[str]:
    names = (name for name in _files() if Path(name).suffix in _CODE and name != "LICENSE")
    return {name for name in names if len(_read(name).splitlines()) > _FILE_LINES_MAX}


def _long_functions() -> set[str]:
    return {
        f"{name}:{function.name}"
        for name, tree in _modules("src/", "tests/", "scripts/", "benchmarks/")
        for function in _functions(tree)
        if (function.end_lineno or 0) - function.lineno >= _FUNCTION_LINES_MAX
    }


def _without_test_file() -> set[str]:
    """Find the modules that decide something, and have no test file.

    A module without a branch (declarations, ports, values) is held by those who use it.
    """
    deciding = {name for name, tree in _modules("src/") if any(map(_is_branch, ast.walk(tree)))}
    sources = {name for name in deciding if not Path(name).name.startswith("__")}
    return {name for name in sources if not any((_ROOT / test).is_file() for test in _tests(name))}


def _is_branch(node: ast.AST) -> bool:
    return isinstance(node, ast.If | ast.IfExp | ast.For | ast.While | ast.Try | ast.Match)


def _tests(source: str) -> Iterator[str]:
    """Name the test file of a module, and those of the packages that it is a part of.

    A language's parser is tested through the language: tests/languages/vtl/test_vtl.py holds all of
    languages/vtl.
    """
    yield _test_of(source)
    for folder in Path(source).relative_to("src/routekey").parents:
        if folder.name:
            yield f"tests/{folder.as_posix()}/test_{folder.name}.py"


def _test_of(source: str) -> str:
    path = Path(source).relative_to("src/routekey")
    return f"tests/{path.with_name(f'test_{path.name}').as_posix()}"


def _without_module() -> set[str]:
    """Find the tests of nothing; whole-system tests stand in folders of their own."""
    free = {"benchmarks", "conformance", "scenarios", "scripts"}
    tests = [Path(name) for name in _files() if re.fullmatch(r"tests/.+/test_\w+\.py", name)]
    sources = {_test_of(name) for name, _ in _modules("src/")} | _test_files_of_packages()
    stems = tuple(f"{source.removesuffix('.py')}_" for source in sources)  # one in parts
    strays = {test.as_posix() for test in tests if test.parts[1] not in free} - sources
    return {test for test in strays if not test.startswith(stems)}


def _test_files_of_packages() -> set[str]:
    """Name the tests of whole packages (vtl/test_vtl.py) and of files in other languages."""
    paths = [Path(name).relative_to("src/routekey") for name in _files() if name.startswith("src/")]
    folders = {folder for path in paths for folder in path.parents if folder.name}
    inside = {f"tests/{folder.as_posix()}/test_{folder.name}.py" for folder in folders}
    beside = {f"tests/{path.with_name(f'test_{path.stem}.py').as_posix()}" for path in paths}
    return inside | beside


def _sleeps() -> set[str]:
    """Find the tests that wait for time instead of for a condition; `sleep(0)` only yields."""
    return {
        f"{name}:{call.lineno}"
        for name, tree in _modules("tests/")
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in {"time.sleep", "asyncio.sleep", "sleep"}
        and [ast.unparse(argument) for argument in call.args] != ["0"]
    }


@pytest.mark.parametrize(
    ("find", "excuses"),
    [
        pytest.param(_long_files, LONG_FILES, id="files of over 500 lines"),
        pytest.param(_long_functions, LONG_FUNCTIONS, id="functions of over 60 lines"),
        pytest.param(_without_test_file, WITHOUT_TEST_FILE, id="modules without a test file"),
        pytest.param(_without_module, WITHOUT_MODULE, id="test files without a module"),
        pytest.param(_sleeps, SLEEPS, id="tests that sleep"),
    ],
)
def test_there_are_no_exceptions_but_the_excused(
    find: Callable[[], set[str]], excuses: Excuses
) -> None:
    found = find()
    _assert_none(found - set(excuses))
    _assert_none(f"{name} needs no excuse any more" for name in set(excuses) - found)


def test_every_module_says_what_it_is() -> None:
    silent = {
        name
        for name, tree in _modules("src/", "scripts/", "benchmarks/")
        if not ast.get_docstring(tree)
    }
    _assert_none(silent)


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "util", "helpers", "common", "core", "misc", "manager", "handlers"}
    _assert_none(name for name, _ in _modules("src/") if nothing & set(Path(name).parts))
    _assert_none(name for name, _ in _modules("src/") if Path(name).stem in nothing)


def test_nothing_is_left_for_later() -> None:
    # A letter in brackets keeps this file from naming what it bans; so too below.
    later = re.compile("TO[D]O|FIX[M]E|XX[X]:|rais[e] NotImplemented")
    _assert_none(_lines_with(later, _CODE))


def test_no_line_names_a_machine_or_a_registry() -> None:
    hosts = r"py[p]i\.org|python[h]osted|npm[j]s|deb\.[d]ebian|proxy\.[g]olang"
    places = r"/wor[k]/|share[d]/(?:aws|style|design)|/roo[t]/"
    _assert_none(_lines_with(re.compile(f"{hosts}|{places}"), _TEXT))


def test_no_line_points_to_a_text_that_readers_do_not_have() -> None:
    """Rules are cited by their ids; chapters of other documents mean nothing here."""
    chapter = re.compile(r"(?:templates|security|lambda|-plane|-wild|performance|design)\.m[d] §")
    _assert_none(_lines_with(chapter, _TEXT))


def test_every_suppression_gives_its_reason() -> None:
    bare = re.compile(r"#\s*(?:no[q]a|type:\s*ig[n]ore|pragma: n[o] cover)\b[^#]*$")
    _assert_none(_lines_with(bare, {".py"}))


def test_what_the_program_imports_is_what_it_asks_for() -> None:
    """An import that only works because a tool brought the package breaks where it is absent."""
    project = tomllib.loads(_read("pyproject.toml"))["project"]
    lines = chain(project["dependencies"], *project["optional-dependencies"].values())
    asked = {canonicalize_name(Requirement(line).name) for line in lines}
    asked |= {canonicalize_name("botocore")}  # which boto3 is made of
    asked |= set(map(canonicalize_name, ("joserfc", "werkzeug")))  # and moto[server]
    owners = packages_distributions()
    for name, tree in _modules("src/"):
        for package in _imported(tree) - sys.stdlib_module_names - {"routekey"}:
            distributions = {canonicalize_name(owner) for owner in owners.get(package, [package])}
            assert distributions & asked, f"{name} imports {package}"


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module)
            case _:
                pass
    return {name.partition(".")[0] for name in names}


def test_what_a_package_exports_is_there() -> None:
    for name, tree in _modules("src/"):
        exported = _read_all(tree)
        if exported is None:
            continue
        module = importlib.import_module(_module_name(name))
        assert [item for item in exported if not hasattr(module, item)] == [], name
        assert len(exported) == len(set(exported)), name


def _read_all(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                return list(ast.literal_eval(value))
            case _:
                pass
    return None


def _module_name(source: str) -> str:
    parts = Path(source).relative_to("src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _lines_with(pattern: re.Pattern[str], suffixes: set[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name in _files()
        if Path(name).suffix in suffixes and Path(name).name != "package-lock.json"
        for number, line in enumerate(_read(name).splitlines(), 1)
        if pattern.search(line)
    ]
