"""The AWS SDK for JavaScript, for Node functions that do not package it.

On AWS the runtime brings it: `@aws-sdk/*` from nodejs18 on, `aws-sdk` before. Here what the sources
ask for, and do not find in a node_modules of their own, is installed once into the user's cache.
"""

import contextlib
import fcntl
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from routekey.errors import ProjectError
from routekey.projects.builds.tools import run_tool

_VERSIONS = {"aws-sdk": "2.1693.0", "@aws-sdk": "^3.888.0", "@smithy": "*"}
"""By scope; the clients of v3 are released one by one, so no single version has them all."""
_ASKED = re.compile(
    rb"""(?:require\s*\(\s*|from\s*|import\s*\(\s*|import\s+)"""
    rb"""["'`](aws-sdk|@aws-sdk/[a-z0-9-]+|@smithy/[a-z0-9-]+)(?:/[^"'`]*)?["'`]"""
)
_SOURCES = frozenset({".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"})
_FILES_MAX = 5000  # more than a package without its node_modules ever has
_FILE_BYTES_MAX = 8 * 1024 * 1024  # a bundle that large brings what it needs
_UNKNOWN = re.compile(r"\b(?:ETARGET|E404)\b")
"""What npm says where the registry has been asked, and has no such version or package."""
_REMEDY = (
    "Install Node with npm and connect to the registry once, or add the package to the function's "
    "own package.json and run `npm install` there."
)


class NodeSdk:
    """The cache of SDK packages."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._refused: set[str] = set()
        """Packages that the registry does not have; it is not asked again at each reload."""

    def find(self, folders: Sequence[Path], *, node: Path) -> Path | None:
        """Find, and if need be install, what a function's sources ask for.

        A package that does not exist is said in a note: what asks for it may never be run.

        Args:
            folders: the code's and the layers'.
            node: the interpreter that the function runs on.

        Returns:
            A folder whose node_modules have what there is; None where nothing is missing.

        Raises:
            ProjectError: npm is not there, or cannot reach the registry.
        """
        missing = sorted(find_missing(folders))
        if not missing:
            return None
        self._folder.mkdir(parents=True, exist_ok=True)
        with _locked(self._folder / "lock"):
            new = [name for name in missing if not self._has(name) and name not in self._refused]
            if new:
                self._say(f"Installing {', '.join(new)} for Node functions (once) …")
                self._install(new, node)
        return self._folder

    def _has(self, name: str) -> bool:
        return name in self._installed() and (self._folder / "node_modules" / name).is_dir()

    def _installed(self) -> dict[str, str]:
        """Read what npm noted when an installation was complete."""
        with contextlib.suppress(OSError, ValueError):
            manifest = json.loads((self._folder / "package.json").read_bytes())
            return dict(manifest.get("dependencies", {}))
        return {}

    def _install(self, names: list[str], node: Path) -> None:
        wanted = [f"{name}@{_VERSIONS[name.partition('/')[0]]}" for name in names]
        try:
            self._run_npm(wanted, node)
        except ProjectError as error:
            if _UNKNOWN.search(error.problem) is None:
                problem = f"npm cannot get {', '.join(names)}: {error.problem}"
                raise ProjectError(problem, remedy=_REMEDY) from error
            self._install_one_by_one(dict(zip(names, wanted, strict=True)), node)

    def _install_one_by_one(self, wanted: dict[str, str], node: Path) -> None:
        """Install what there is: some packages of v3 have ended at an older version."""
        for name, newest in wanted.items():
            for choice in (newest, name):
                try:
                    self._run_npm([choice], node)
                except ProjectError as error:
                    problem = error.problem
                else:
                    break
            else:
                self._refused.add(name)
                self._say(f"note {name} cannot be installed: {problem}. {_REMEDY}")

    def _run_npm(self, wanted: Sequence[str], node: Path) -> None:
        npm = node.parent / "npm"
        command = [
            *(str(npm) if npm.exists() else "npm", "install", "--prefix", str(self._folder)),
            *("--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev", "--loglevel=error"),
            *wanted,
        ]
        run_tool(command, folder=self._folder, environment={})


def find_missing(folders: Sequence[Path]) -> set[str]:
    """Tell which SDK packages sources ask for that no node_modules, theirs or a layer's, has."""
    asked = {name for source in _sources(folders[0]) for name in _read_asked(source)}
    places = [
        *(parent / "node_modules" for parent in (folders[0], *folders[0].parents)),
        *(modules for layer in folders[1:] for modules in layer.glob("nodejs/**/node_modules")),
    ]
    return {name for name in asked if not any((place / name).is_dir() for place in places)}


def _sources(folder: Path) -> Iterator[Path]:
    """Find the function's own sources, without what npm put there."""
    left = _FILES_MAX
    stack = [folder]
    while stack and left > 0:
        try:
            entries = sorted(stack.pop().iterdir())
        except OSError:
            continue
        for entry in entries:
            left -= 1
            if entry.suffix in _SOURCES and entry.is_file():
                yield entry
            elif _may_hold_sources(entry):
                stack.append(entry)


def _may_hold_sources(entry: Path) -> bool:
    is_own = entry.name != "node_modules" and not entry.name.startswith(".")
    return is_own and entry.is_dir() and not entry.is_symlink()


def _read_asked(source: Path) -> set[str]:
    try:
        if source.stat().st_size > _FILE_BYTES_MAX:
            return set()
        return {name.decode() for name in _ASKED.findall(source.read_bytes())}
    except OSError:
        return set()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other gateways out while npm works in the folder."""
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
