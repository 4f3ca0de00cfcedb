"""What functions import and nobody has installed: it comes as one more layer.

`sam build` and the Serverless Framework's plugins install what requirements.txt or package.json
names before they deploy. Here it goes into the user's cache, once for each list, and is laid under
a function as a layer is. What the runtime brings itself, and what is there, is left alone.
Source: in-the-wild 2; LAM-ENV-06.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.builds.tools import digest_of, run_tool, upwards
from routekey.resources.function import INSTALLED_PACKAGES, Code, Function, PackageType
from routekey.resources.project import Notice, Project

_REQUIREMENT: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)[^#]*")
_INCLUDED: Final = re.compile(r"\s*(?:-r|--requirement)[ =]?\s*([^#\s]+)")
_LISTS_MAX: Final = 20  # a list that includes itself would never end
_VERSIONED: Final = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?)\s*[=<>~!]=?|((?:@[\w.-]+/)?[\w.-]+)@"
)
"""A package with its version, as pip and as npm write it."""
_FAILURES_MAX: Final = 3
_BROUGHT: Final = frozenset(
    (
        "awslambdaric",
        "boto3",
        "botocore",
        "jmespath",
        "python-dateutil",
        "s3transfer",
        "six",
        "urllib3",
    )
)
"""What Lambda's Python runtimes bring."""
_BROUGHT_NODE: Final = re.compile(r"aws-sdk|@aws-sdk/.*|@smithy/.*")
_LOCAL: Final = ("file:", "link:", "workspace:")  # packages of the project itself
_IMPORTED: Final = re.compile(
    rb"""(?:require\s*\(|from|import\s*\(?)\s*["'`]((?:@[\w.-]+/)?[\w][\w.-]*)"""
)
_MANIFEST: Final = "package.json"
_NODE_SUFFIXES: Final = frozenset((".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"))
_TARGET: Final = "{target}"
_NPM_FLAGS: Final = (
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--omit=dev",
    "--loglevel=error",
    "--fetch-retries=1",
)
_FILES_MAX: Final = 2000  # more sources than a function of its own has
_FILE_BYTES_MAX: Final = 1024 * 1024  # a source larger than that is a bundle, and has it all


def add_dependencies(project: Project, cache: Path) -> Project:
    """Give each function a layer with what it names and lacks.

    What cannot be installed is said in a notice: the function may do without it.
    """
    functions: list[Function] = []
    notices: list[Notice] = []
    for function in project.functions:
        found = _find_layers(function, cache)
        notices += (Notice(text=text, resource=function.function_name) for text in found.problems)
        layers = (Code(package_type=PackageType.DIRECTORY, path=path) for path in found.paths)
        functions.append(replace(function, layers=(*layers, *function.layers)))
    return replace(
        project, functions=tuple(functions), notices=(*project.notices, *dict.fromkeys(notices))
    )


@dataclass(slots=True)
class _Layers:
    """What was installed for a function, and what could not be."""

    paths: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def _find_layers(function: Function, cache: Path) -> _Layers:
    found = _Layers()
    is_python = function.runtime.startswith("python")
    if not is_python and not function.runtime.startswith("nodejs"):
        return found
    install = partial(install_python if is_python else _install_node, cache=cache)
    for wanted in dict.fromkeys(_wanted(function, is_python=is_python)):
        if not wanted:
            continue
        try:
            found.paths.append(install(wanted))
        except ProjectError as error:
            _install_one_by_one(wanted, install, found, error.problem)
    return found


def _wanted(function: Function, *, is_python: bool) -> Iterator[tuple[str, ...]]:
    """List what has to be installed: for the code, and for each layer that somebody builds."""
    code = function.code
    if code.package_type is PackageType.DIRECTORY:
        folder = Path(code.source_path or code.path)
        yield missing_requirements(folder) if is_python else _specify(missing_packages(folder))
    for layer in function.layers:
        if layer.package_type is PackageType.DIRECTORY:
            inner = Path(layer.path) / ("python" if is_python else "nodejs")
            for folder in (Path(layer.path), inner):
                yield missing_requirements(folder) if is_python else _specify(lacking(folder))


def _specify(packages: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name}@{version}" for name, version in sorted(packages.items()))


def _install_one_by_one(
    wanted: tuple[str, ...], install: Callable[[tuple[str, ...]], str], found: _Layers, problem: str
) -> None:
    """Install what can be: an old version may not exist any more, or not for what runs here.

    Where the first few all fail, nobody answers, and the rest is not asked for.
    """
    failures = 0
    for requirement in wanted:
        choices = [each for each in _choices(requirement) if (each,) != wanted]
        for choice in choices:
            try:
                found.paths.append(install((choice,)))
            except ProjectError as error:
                problem = error.problem if choice == requirement else problem
            else:
                if choice != requirement:
                    text = f"{requirement} cannot be installed here; {choice} is, as it is now"
                    found.problems.append(text)
                break
        else:
            found.problems.append(f"{requirement} cannot be installed: {problem}")
            failures += 1
            if not found.paths and failures >= _FAILURES_MAX:
                break


def _choices(requirement: str) -> tuple[str, ...]:
    """Give a requirement, and the same package without its version."""
    named = _VERSIONED.match(requirement)
    return (requirement,) if named is None else (requirement, named[1] or named[2])


def missing_requirements(folder: Path) -> tuple[str, ...]:
    """List the requirements of a code folder that neither the runtime nor the folder has."""
    present = _BROUGHT | {
        _plain(path.name.partition("-")[0]) for path in folder.glob("*.dist-info")
    }
    found = filter(None, map(_REQUIREMENT.match, _read_requirements(folder / "requirements.txt")))
    return tuple(
        dict.fromkeys(match[0].strip() for match in found if _plain(match[1]) not in present)
    )


def _read_requirements(file: Path) -> Iterator[str]:
    """Give the lines of a list, and of those that it includes (`-r base.txt`)."""
    waiting = [file]
    for number, each in enumerate(waiting):
        if number == _LISTS_MAX:
            return
        try:
            text = each.read_text(encoding="utf-8-sig", errors="replace")
        except (OSError, ValueError):
            continue
        for line in text.splitlines():
            if (included := _INCLUDED.match(line)) is not None:
                waiting.append(each.parent / included[1])
            else:
                yield line


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def missing_packages(folder: Path) -> Mapping[str, str]:
    """Tell which packages a code folder imports and names, and no node_modules has."""
    named = next((each for each in upwards(folder) if (each / _MANIFEST).is_file()), None)
    lacks = lacking(folder, named) if named is not None else {}
    imported = set(_imports(folder)) if lacks else set()
    return {name: version for name, version in lacks.items() if name in imported}


def lacking(folder: Path, named: Path | None = None) -> Mapping[str, str]:
    """Tell which packages are named and not there: a layer has them for others to import.

    Args:
        folder: where they are looked for, and above.
        named: the folder whose package.json names them; None takes the same one.
    """
    try:
        manifest = json.loads(((named or folder) / _MANIFEST).read_bytes())
        wanted = {str(name): str(at) for name, at in manifest.get("dependencies", {}).items()}
    except (AttributeError, OSError, ValueError):
        return {}  # npm will say what is wrong with it
    return {
        name: version
        for name, version in wanted.items()
        if not _BROUGHT_NODE.fullmatch(name)
        and not version.startswith(_LOCAL)
        and not any((each / "node_modules" / name).is_dir() for each in upwards(folder))
    }


def _imports(folder: Path) -> Iterator[str]:
    waiting, left = [folder], _FILES_MAX
    while waiting and left > 0:
        for entry in _list(waiting.pop()):
            left -= 1
            if entry.is_dir() and not entry.is_symlink():
                if entry.name != "node_modules" and not entry.name.startswith("."):
                    waiting.append(entry)
            elif entry.suffix in _NODE_SUFFIXES and entry.is_file():  # no editor's dangling link
                yield from (name.decode() for name in _IMPORTED.findall(_read(entry)))


def _list(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # not ours to read, as a database's folder that lies beside the code


def _read(source: Path) -> bytes:
    try:
        return source.read_bytes() if source.stat().st_size <= _FILE_BYTES_MAX else b""
    except OSError:
        return b""


def install_python(requirements: tuple[str, ...], cache: Path) -> str:
    """Install Python packages, once for each list.

    Returns:
        A folder as a layer has it, with the packages below `python`.

    Raises:
        ProjectError: they cannot be had.
    """
    folder = cache / "python" / digest_of(sys.version, *requirements)
    doing = f"Installing {', '.join(requirements)} for Python functions (once)"
    _install((*_pip(), "--target", _TARGET, *requirements), folder / "python", doing)
    return str(folder)


def _pip() -> tuple[str, ...]:
    if (uv := which("uv")) is not None:
        return uv, "pip", "install", "--python", sys.executable, "--quiet"
    return sys.executable, "-m", "pip", "install", "--quiet", "--retries=1", "--timeout=15"


def _install_node(wanted: tuple[str, ...], cache: Path) -> str:
    folder = cache / "npm" / digest_of(*wanted)
    npm = (which("npm") or "npm", "install", "--prefix", _TARGET, *_NPM_FLAGS)
    names = ", ".join(wanted if len(wanted) == 1 else (_choices(each)[-1] for each in wanted))
    doing = f"Installing {names} for Node functions (once)"
    _install((*npm, *wanted), folder / INSTALLED_PACKAGES, doing)
    return str(folder)


def _install(command: tuple[str, ...], target: Path, doing: str) -> None:
    if not target.is_dir() and (problem := _try_install(command, target, doing)):
        raise ProjectError(problem)


@lru_cache(maxsize=64)  # a reload does not ask a registry again that did not answer before
def _try_install(command: tuple[str, ...], target: Path, doing: str) -> str:
    """Install beside the target and move it there: what is half done never counts.

    Returns:
        What went wrong; empty where nothing did.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent) as building:
        made = Path(building) / "made"
        made.mkdir()
        filled = [str(made) if part == _TARGET else part for part in command]
        try:
            run_tool(filled, folder=made, environment={}, doing=doing)
        except ProjectError as error:
            return error.problem
        with suppress(OSError):  # another gateway was faster
            made.rename(target)
    return ""
