"""`routekey logs FUNCTION`: what a function has said, from the files of its log group."""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Annotated, BinaryIO, Final
from urllib.parse import unquote

import typer

from routekey.cli.project_flags import ConfigOption
from routekey.config import load_config
from routekey.errors import InputError

EXAMPLES: Final = """\b
Examples:
  routekey logs echo
  routekey logs -f echo
  routekey logs -n 0 -f /aws/apigateway/6behyoa40f/dev"""
_LINES: Final = 100
_LINES_MAX: Final = 100_000
"""They are kept in memory while the end of the file is looked for."""
_POLL_SECONDS: Final = 0.2
"""How late a new line may be shown; watching by the kernel misses files on some network disks."""
_FUNCTIONS: Final = "aws/lambda"


def logs_verb(
    name: Annotated[str, typer.Argument(help="A function's name, or any log group's.")],
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with the lines that come, until Ctrl-C.")
    ] = False,
    lines: Annotated[
        int,
        typer.Option("--lines", "-n", min=0, max=_LINES_MAX, help="How many of the last lines."),
    ] = _LINES,
    config_file: ConfigOption = None,
) -> None:
    """Show the log of a function, with Lambda's own lines about each call.

    The gateway writes it to a file where `telemetry.log_folder` is set; this reads that file,
    whether the gateway runs or not.
    """
    from routekey.adapters.console import make_visible  # noqa: PLC0415  # `--help` need not wait

    path = _find_file(_find_folder(config_file), name, is_awaited=follow)
    shown = chain(read_last(path, lines), follow_file(path, _wait)) if follow else None
    for line in shown or read_last(path, lines):
        text = line.decode("utf-8", "replace")
        sys.stdout.write(make_visible(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()


def read_last(path: Path, count: int) -> Iterable[bytes]:
    """Read the last lines of a file that may not be there yet."""
    try:
        with path.open("rb") as file:
            return deque(file, maxlen=count)
    except FileNotFoundError:
        return ()


def follow_file(path: Path, wait: Callable[[], None]) -> Iterator[bytes]:
    """Give the lines that are added to a file from now on, without end.

    A full file is put aside and a new one begun: the rest of the old one comes first.

    Args:
        path: of a file that may not be there yet.
        wait: waits a while; called whenever there is nothing new.
    """
    file = _try_open(path)
    if file is not None:
        file.seek(0, os.SEEK_END)
    try:
        while True:
            if file is not None:
                yield from _read_lines(file)
            newer = None if file is not None and _is_at(file, path) else _try_open(path)
            if newer is None:
                wait()
                continue
            if file is not None:
                yield from _read_lines(file)  # what came between the two looks
                file.close()
            file = newer
    finally:
        if file is not None:
            file.close()


def _read_lines(file: BinaryIO) -> Iterator[bytes]:
    """Read whole lines; a line that is being written is left for the next time."""
    while line := file.readline():
        if not line.endswith(b"\n"):
            file.seek(-len(line), os.SEEK_CUR)
            return
        yield line


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Tell whether a path still leads to an open file."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _try_open(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _wait() -> None:
    time.sleep(_POLL_SECONDS)


def _find_folder(config_file: Path | None) -> Path:
    folder = load_config(config_file, os.environ, {}).telemetry.log_folder
    if not folder:
        raise InputError(
            "logs are not written to files",
            resource="telemetry.log_folder",
            remedy="Set it for the gateway and for this command, as with "
            "ROUTEKEY_TELEMETRY_LOG_FOLDER=/tmp/logs; until then, `routekey run` prints them.",
        )
    return Path(folder)


def _find_file(folder: Path, name: str, *, is_awaited: bool) -> Path:
    """Find the file of a function or log group; one to follow may come later.

    Raises:
        InputError: there is none, nor will one be waited for.
    """
    from routekey.adapters.log_files import name_file  # noqa: PLC0415  # `--help` need not wait

    function, group = folder / name_file(f"/{_FUNCTIONS}/{name}"), folder / name_file(name)
    for path in (function, group):
        if path.exists():
            return path
    known = list(_list_groups(folder))
    problem = f"there is no log of {name} in {folder}"
    if is_awaited:
        typer.echo(f"note {problem} yet", err=True)
        return group if "/" in name else function
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    remedy = f"Did you mean {close[0]}?" if close else f"There is: {', '.join(known) or 'none'}."
    raise InputError(problem, remedy=remedy)


def _list_groups(folder: Path) -> Iterator[str]:
    """Name what has a log: functions by their names, other groups by theirs."""
    for path in sorted(folder.rglob("*.log")):
        parts = [unquote(part) for part in path.relative_to(folder).with_suffix("").parts]
        group = "/".join(parts)
        if len(parts) > 1:
            function = group.removeprefix(f"{_FUNCTIONS}/")
            yield function if function != group else f"/{group}"
        else:
            yield group
