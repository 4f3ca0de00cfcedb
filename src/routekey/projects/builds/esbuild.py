"""TypeScript made into JavaScript by esbuild: the project's own, or one that is installed once.

Source: AWS SAM Developer Guide, "Building Node.js Lambda functions with esbuild".
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import which
from typing import Final

from routekey.projects.builds.dependencies import missing_packages
from routekey.projects.builds.tools import digest_of, run_tool, upwards
from routekey.projects.document import Value

ESBUILD: Final = "esbuild@0.25.12"
"""What npm is asked for."""
_BUILD_SECONDS_MAX: Final = 60  # esbuild takes a second for what webpack takes a minute for
_BUNDLES_MAX: Final = 3
_FLAGS: Final = (
    "--bundle",
    "--platform=node",
    "--target=node18",
    "--sourcemap=inline",
    "--log-level=error",
)
_SDK: Final = ("aws-sdk", "@aws-sdk", "@smithy")
"""What the runtime brings; it is left out of the bundle where the project does not have it."""


def find_esbuild(folder: Path, cache: Path) -> Path:
    """Find esbuild's package, and install it where there is none.

    Args:
        folder: what is to be built; packages above it count.
        cache: where it is installed.

    Raises:
        ProjectError: npm is not there, or does not get it.
    """
    own = cache / "esbuild"
    for parent in (*upwards(folder), own):
        package = parent / "node_modules" / "esbuild"
        if (package / "bin" / "esbuild").is_file():
            return package
    own.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=own) as building:
        run_tool(
            [which("npm") or "npm", "install", "--prefix", building, *_QUIETLY, ESBUILD],
            folder=Path(building),
            environment={},
            remedy="Install Node with npm and connect to the registry once, or add esbuild to the "
            "project's own package.json",
            doing="Installing esbuild (once)",
        )
        with suppress(OSError):  # another gateway was faster
            (Path(building) / "node_modules").rename(own / "node_modules")
    return own / "node_modules" / "esbuild"


_QUIETLY: Final = ("--no-audit", "--no-fund", "--loglevel=error")


def bundle_handler(
    folder: Path, entry: Path, cache: Path, *, output: str, flags: Sequence[str]
) -> Path:
    """Bundle a handler's file with what it imports.

    Args:
        folder: the code folder of the function.
        entry: the file that the handler is built from.
        cache: where the bundle goes.
        output: the path of the bundle in its folder, as the handler names it.
        flags: further flags of esbuild's.

    Returns:
        A folder with the bundle.

    Raises:
        ProjectError: it does not build, or esbuild cannot be had.
    """
    package = find_esbuild(folder, cache)
    bundles = cache / "bundles" / digest_of(str(folder), str(entry))
    bundles.mkdir(parents=True, exist_ok=True)
    missing = [name for name in _SDK if not _has_package(folder, name)]
    external = [f"{name}/*" if name.startswith("@") else name for name in missing]
    external += missing_packages(folder)  # they come as a layer
    with tempfile.TemporaryDirectory(dir=bundles) as building:
        run_tool(
            [
                str(package / "bin" / "esbuild"),
                str(entry),
                f"--outfile={Path(building) / output}",
                *_FLAGS,
                *(f"--external:{each}" for each in external),
                *flags,
            ],
            folder=folder,
            environment={},
            seconds_max=_BUILD_SECONDS_MAX,
            remedy=f"Correct it, or install what it imports: npm install, in {folder}",
        )
        built = bundles / digest_of((Path(building) / output).read_bytes())
        if not built.is_dir():  # the same bundle keeps its folder, and the function its warmth
            shutil.copytree(building, built)
    _forget_old(bundles, built)
    return built


def esbuild_flags(properties: Mapping[str, Value]) -> tuple[str, ...]:
    """Write SAM's `BuildProperties` as flags; those of bundles that we place ourselves are left."""
    flags = [f"--{flag}={properties[name]}" for name, flag in _TEXTS.items() if name in properties]
    flags += [f"--{flag}" for name, flag in _SWITCHES.items() if properties.get(name) is True]
    for name, flag in _LISTS.items():
        value = properties.get(name)
        items = [f"{key}={item}" for key, item in value.items()] if isinstance(value, dict) else []
        items += [str(item) for item in value] if isinstance(value, list) else []
        flags += (f"--{flag}:{item}" for item in items)
    return tuple(flags)


_TEXTS: Final = {"MainFields": "main-fields", "Target": "target"}
_SWITCHES: Final = {"KeepNames": "keep-names", "Minify": "minify"}
_LISTS: Final = {
    "Alias": "alias",
    "Banner": "banner",
    "Define": "define",
    "External": "external",
    "Footer": "footer",
    "Inject": "inject",
    "Loader": "loader",
}


def _forget_old(bundles: Path, newest: Path) -> None:
    """Keep few bundles of a handler; the one before may still be starting."""
    newest.touch()
    by_age = sorted(bundles.iterdir(), key=lambda bundle: bundle.stat().st_mtime, reverse=True)
    for bundle in by_age[_BUNDLES_MAX:]:
        shutil.rmtree(bundle, ignore_errors=True)


def _has_package(folder: Path, name: str) -> bool:
    return any((parent / "node_modules" / name).is_dir() for parent in upwards(folder))
