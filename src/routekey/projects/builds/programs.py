"""Functions that are programs: a makefile or the compiler of Go makes them, where it is there.

Layers are put together here too.

The source is copied before, so nothing is left in it; what was made is kept until it changes.
Source: AWS SAM Developer Guide, "Building Lambda functions with custom runtimes"; AWS Lambda
Developer Guide, "Deploy Go Lambda functions with .zip file archives".
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.builds.tools import digest_of, run_tool

_FILES_MAX: Final = 20_000  # of one function's source
_SECONDS_MAX: Final = 600  # a first build fetches what the program needs
_LEFT_OUT: Final = (".git", ".aws-sam", "cdk.out", "node_modules", "target")
_NO_LAYER: Final = (".git", ".aws-sam", "cdk.out")
_REMEDY: Final = "Or run `sam build`: what it leaves in .aws-sam is run"


def build_with_make(folder: Path, logical_id: str, cache: Path) -> Path | None:
    """Run the makefile's target `build-ID`, as SAM does.

    Args:
        folder: the function's source.
        logical_id: the function's, which the target is named after.
        cache: where what is made is kept.

    Returns:
        The folder with what was made; None where there is no make, or no makefile.

    Raises:
        ProjectError: the makefile fails.
    """
    make = which("make")
    if make is None or not (folder / "Makefile").is_file():
        return None

    def run(source: Path, made: Path) -> None:
        run_tool(
            [make, f"build-{logical_id}"],
            folder=source,
            environment={"ARTIFACTS_DIR": str(made)},
            seconds_max=_SECONDS_MAX,
            remedy=_REMEDY,
            doing=f"Building {logical_id} with make",
        )

    return _make(folder, ("make", logical_id), cache, run)


def build_go(folder: Path, cache: Path) -> Path | None:
    """Compile a program in Go to `bootstrap`.

    Returns:
        The folder with it; None where there is no Go, or no module of it.

    Raises:
        ProjectError: it does not compile.
    """
    go = which("go")
    if go is None or not any((each / "go.mod").is_file() for each in (folder, *folder.parents)):
        return None
    if not any(folder.glob("*.go")):
        return None

    def run(_: Path, made: Path) -> None:
        run_tool(
            [go, "build", "-tags", "lambda.norpc", "-o", str(made / "bootstrap"), "."],
            folder=folder,  # its module may lie above, and Go writes nothing here
            environment={"CGO_ENABLED": "0"},
            seconds_max=_SECONDS_MAX,
            remedy=_REMEDY,
            doing=f"Compiling {folder.name} with Go",
        )

    return _make(folder, ("go",), cache, run)


def build_layer(folder: Path, inner: str, cache: Path) -> Path:
    """Put the source of a layer where its runtime looks, as `sam build` does.

    Args:
        folder: the layer's source.
        inner: `python` or `nodejs`.
        cache: where what is made is kept.

    Returns:
        The folder of the layer.
    """

    def run(_: Path, made: Path) -> None:
        shutil.copytree(folder, made / inner, symlinks=True, ignore=_ignore(cache, _NO_LAYER))

    return _make(folder, ("layer", inner), cache, run)


def _make(
    folder: Path, what: tuple[str, ...], cache: Path, run: Callable[[Path, Path], None]
) -> Path:
    """Make something of a folder, unless it was made before of the same files."""
    kept = cache / "programs" / digest_of(str(folder), *what)
    made = kept / digest_of(*_state_of(folder, cache))
    if made.is_dir():
        return made
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=kept) as building:
        source, output = Path(building) / "source", Path(building) / "made"
        shutil.copytree(folder, source, symlinks=True, ignore=_ignore(cache))
        output.mkdir()
        run(source, output)
        output.rename(made)
    return made


def _ignore(
    cache: Path, left_out: tuple[str, ...] = _LEFT_OUT
) -> Callable[[str, list[str]], list[str]]:
    """Leave out what is no source, and a cache that lies within it."""
    return lambda folder, names: [
        name for name in names if name in left_out or Path(folder, name) == cache
    ]


def _state_of(folder: Path, cache: Path) -> Iterator[str]:
    """Tell the files of a folder by name, size and time."""
    waiting, left = [folder], _FILES_MAX
    while waiting:
        for entry in sorted(waiting.pop().iterdir()):
            left -= 1
            if left < 0:
                raise ProjectError(f"more than {_FILES_MAX} files to build", file=str(folder))
            if entry.name in _LEFT_OUT or entry.is_symlink() or entry == cache:
                continue
            if entry.is_dir():
                waiting.append(entry)
            else:
                state = entry.stat()
                yield f"{entry.relative_to(folder)} {state.st_size} {state.st_mtime_ns}"
