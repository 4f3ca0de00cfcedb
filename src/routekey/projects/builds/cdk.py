"""Applications of the CDK: `cdk synth` writes them as templates.

An application runs with its own packages. Where nobody has installed them, they are installed in
the cache, once for each package.json, and lent to the folder while the templates are written.
Assets stay where they are, so functions run from their sources; what the application bundles
itself goes into the cache. Source: AWS CDK Developer Guide, "cdk synth".
"""

import fcntl
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from shutil import which
from string import Template
from tempfile import TemporaryDirectory
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.builds.dependencies import install_python, missing_requirements
from routekey.projects.builds.esbuild import ESBUILD
from routekey.projects.builds.tools import digest_of, find_tool, run_tool, upwards

CONFIGURATION: Final = "cdk.json"
_SOURCES: Final = ("*.py", "*.ts", "bin/*.ts", "lib/*.ts", "*/*_stack.py")
_BY_HAND: Final = "run `npx cdk synth`; what it leaves in cdk.out is read"
_SEARCH_PATH: Final = (".venv/bin", "venv/bin", "node_modules/.bin")
_PACKAGES: Final = "node_modules"
_MANIFEST: Final = "package.json"
_LISTS: Final = (_MANIFEST, "package-lock.json", ".npmrc")
_NPM_FLAGS: Final = (
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--install-links",
    "--loglevel=error",
)
_NPX: Final = Template("""#!/bin/sh
# Functions are bundled in folders of their own, and npx looks beside them only.
for word in "$$@"; do
  case "$$word" in
    -*) ;;
    *)
      if [ -x ${bin}/"$$word" ]; then
        while [ "$$1" != "$$word" ]; do shift; done
        shift
        exec ${bin}/"$$word" "$$@"
      fi
      break ;;
  esac
done
exec ${npx} "$$@"
""")
_TOOL: Final = "aws-cdk@2"
"""The tool of today works with the libraries of all versions 2."""


@contextmanager
def synthesized(folder: Path, cache: Path | None, search_path: str) -> Iterator[Path]:
    """Let the CDK write an application's templates, and keep others from writing them meanwhile.

    Args:
        folder: the application's.
        cache: where they go; None runs nothing.
        search_path: where programs are found, `PATH`.

    Yields:
        The folder with the manifest.

    Raises:
        ProjectError: the CDK cannot be had, or fails.
    """
    if cache is None:
        raise _not_installed(folder)
    assembly = cache / "cdk" / digest_of(str(folder.resolve()))
    assembly.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(assembly, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # `routekey check` beside `routekey run`
        _synthesize(folder, assembly, cache, search_path)
        yield assembly
    finally:
        os.close(descriptor)


def _synthesize(folder: Path, assembly: Path, cache: Path, search_path: str) -> None:
    own = [str(folder / name) for name in _SEARCH_PATH]
    try:
        packages = _install_packages(folder, cache)
        python_path = _install_python(folder, cache)
        if packages is not None:
            own.insert(0, _write_npx(packages))
        with nullcontext() if packages is None else _lent(packages, folder / _PACKAGES):
            cdk = _find_cdk(folder) or _install_tool(folder, cache)
            run_tool(
                [cdk, "synth", "--quiet", "--no-staging", "--output", str(assembly)],
                folder=folder,
                environment={
                    "PATH": ":".join((*own, search_path, str(Path(sys.executable).parent))),
                    "CDK_DISABLE_VERSION_CHECK": "1",
                    **python_path,
                },
                remedy=f"Or {_BY_HAND}",
                doing="Synthesizing the CDK application",
            )
    except OSError as error:
        raise _not_installed(folder, error.strerror or str(error)) from error


def _not_installed(folder: Path, problem: str = "") -> ProjectError:
    why = f": {problem}" if problem else ""
    return ProjectError(
        f"this is a CDK application, and its cdk is not installed{why}",
        remedy=f"Install its packages, as with `npm install`. Or elsewhere: {_BY_HAND}",
        file=str(folder / CONFIGURATION),
    )


def source_patterns(folder: Path) -> tuple[str, ...]:
    """Tell where the application is usually written: a change there makes new templates."""
    return tuple(f"{folder}/{pattern}" for pattern in _SOURCES)


def _find_cdk(folder: Path) -> str | None:
    for parent in upwards(folder):
        path = parent / "node_modules" / ".bin" / "cdk"
        if path.is_file():
            return str(path)
    return find_tool("cdk", folder)


def _install_packages(folder: Path, cache: Path) -> Path | None:
    """Install what an application in Node names, and a bundler; None where somebody has."""
    is_installed = any((each / _PACKAGES).is_dir() for each in upwards(folder))
    if is_installed or not (folder / _MANIFEST).is_file():
        return None
    lists = [folder / name for name in _LISTS if (folder / name).is_file()]
    texts = [each.read_bytes() for each in lists]
    kept = cache / "cdk-packages" / digest_of(*texts)
    bundler = () if b'"esbuild"' in texts[0] else (ESBUILD,)
    doing = "Installing the packages of the CDK application (once)"
    _install(folder, kept, lists, bundler, doing)
    return kept / _PACKAGES


def _write_npx(packages: Path) -> str:
    """Write an `npx` that finds packages wherever it is called from; give its folder."""
    folder = packages.parent / "bin"
    folder.mkdir(exist_ok=True)
    words = {"bin": shlex.quote(str(packages / ".bin")), "npx": which("npx") or "npx"}
    program = folder / "npx"
    program.write_text(_NPX.substitute(words), encoding="utf-8")
    program.chmod(0o755)
    return str(folder)


@contextmanager
def _lent(packages: Path, link: Path) -> Iterator[None]:
    """Let a folder have packages for a while.

    Node, TypeScript and the bundler all look beside the application, and nowhere else.
    """
    with suppress(FileExistsError):  # another gateway was faster
        link.symlink_to(packages, target_is_directory=True)
    try:
        yield
    finally:
        if link.is_symlink():
            link.unlink(missing_ok=True)


def _install_tool(folder: Path, cache: Path) -> str:
    """Install the tool itself, for applications that do not bring it."""
    kept = cache / "cdk-tool" / digest_of(_TOOL)
    _install(folder, kept, (), (_TOOL,), "Installing the CDK's tool (once)")
    return str(kept / _PACKAGES / ".bin" / "cdk")


def _install(
    folder: Path, kept: Path, lists: Sequence[Path], names: Sequence[str], doing: str
) -> None:
    """Install packages beside their place and move them there: what is half done never counts."""
    if kept.is_dir():
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=kept.parent) as building:
        made = Path(building) / "made"
        made.mkdir()
        for each in lists:
            shutil.copy(each, made)
        npm = (which("npm") or "npm", "install", "--prefix", str(made), *_NPM_FLAGS, *names)
        try:
            run_tool(npm, folder=made, environment={}, doing=doing)
        except ProjectError as error:
            raise _not_installed(folder, error.problem) from error
        with suppress(OSError):  # another gateway was faster
            made.rename(kept)


def _install_python(folder: Path, cache: Path) -> dict[str, str]:
    """Install what an application in Python requires, where it has no environment of its own."""
    wanted = missing_requirements(folder)
    if not wanted or any((folder / name).is_dir() for name in (".venv", "venv")):
        return {}
    try:
        installed = Path(install_python(wanted, cache)) / "python"
    except ProjectError as error:
        raise _not_installed(folder, error.problem) from error
    return {"PYTHONPATH": f"{installed}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
