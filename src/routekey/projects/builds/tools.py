"""Running a tool, with a bound on its time, and its complaint made into our error.

What a tool is about to do goes to the logger `routekey.builds`: it may take minutes.
"""

import hashlib
import logging
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import which

from routekey.errors import ProjectError

logger = logging.getLogger("routekey.builds")

SECONDS_MAX = 300  # an installation over a slow line
_COMPLAINT_CHARACTERS_MAX = 600  # as much as is read
_LINE_CHARACTERS_MAX = 300  # some complaints repeat a whole command
_ERROR = re.compile(r"\berror\b|Error: ", re.IGNORECASE)
_NPM = re.compile(r"npm (?:error|ERR!) ?(?:(?:404|notarget|network)\b ?)?")
_ASIDE = re.compile(
    r"A complete log of this run|Note that you can also install|^tarball, folder|^errno |^syscall "
)
"""What npm adds and nobody needs."""
_FRAME = re.compile(
    r"at |\.\.\.|\^+$|Relates to construct|<\.>|└─|.*Subprocess exited with error \d+$"
)
"""Where in a program it went wrong, and what the CDK says of it after that."""
_DIGEST_CHARACTERS = 24

_running: set[subprocess.Popen[bytes]] = set()
_is_over = threading.Event()
"""Set once and for all when this process ends."""


def run_tool(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    seconds_max: float = SECONDS_MAX,
    remedy: str = "",
    doing: str = "",
) -> None:
    """Run a tool in a folder, to its end.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        environment: variables beside those of this process.
        seconds_max: when it is ended.
        remedy: what the user can do where it fails.
        doing: what it does, for the user who waits.

    Raises:
        ProjectError: it is not there, fails, or takes too long.
    """
    name = Path(command[0]).name
    if _is_over.is_set():
        raise ProjectError(f"{name} is not run any more")
    if doing:
        logger.info("%s …", doing)
    try:
        done = _run(command, folder, {**os.environ, **environment}, seconds_max)
    except OSError as error:
        raise ProjectError(f"{name} cannot be run: {error.strerror}", remedy=remedy) from error
    except subprocess.TimeoutExpired as error:
        problem = f"{name} did not end within {seconds_max:.0f} seconds"
        raise ProjectError(problem, remedy=remedy, file=str(folder)) from error
    if done.returncode != 0:
        said = find_complaint((done.stderr or done.stdout).decode(errors="replace"))
        raise ProjectError(f"{name} fails: {said}", remedy=remedy, file=str(folder))


def end_tools() -> None:
    """Kill the tools that run, with all that they have started, and let no more begin.

    For the end of this process: other threads may wait for tools that take minutes.
    """
    _is_over.set()
    for process in tuple(_running):
        _kill(process)


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds_max: float
) -> subprocess.CompletedProcess[bytes]:
    with subprocess.Popen(  # noqa: S603  # a tool that the project asks for; no shell
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # so that what it starts can be killed with it
    ) as process:
        _running.add(process)
        try:
            if _is_over.is_set():  # since it was asked
                _kill(process)
            output, errors = process.communicate(timeout=seconds_max)
        except BaseException:  # its time is over, or Ctrl-C
            _kill(process)
            raise
        finally:
            _running.discard(process)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:  # else its number may be another's
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def find_complaint(text: str) -> str:
    """Find what is wrong in what a tool printed, on one line.

    Where it printed much, frames of its code are left out, and of what remains the lines that speak
    of an error tell more than those that follow them.
    """
    lines = [_NPM.sub("", " ".join(line.split())) for line in text.splitlines()]
    lines = [line for line in lines if line and _ASIDE.search(line) is None]
    said = " ".join(lines)
    if len(said) <= _COMPLAINT_CHARACTERS_MAX:
        return said
    lines = [line for line in lines if _FRAME.match(line) is None] or lines
    said = " ".join(lines)
    if len(said) <= _COMPLAINT_CHARACTERS_MAX:
        return said
    errors = dict.fromkeys(line[:_LINE_CHARACTERS_MAX] for line in lines if _ERROR.search(line))
    return " ".join(errors)[:_COMPLAINT_CHARACTERS_MAX] or said[-_COMPLAINT_CHARACTERS_MAX:]


def find_tool(name: str, folder: Path) -> str | None:
    """Find a program: in a virtual environment of the project, or on the search path."""
    for environment in (".venv", "venv"):
        path = folder / environment / "bin" / name
        if path.is_file():
            return str(path)
    return which(name)


def digest_of(*parts: str | bytes) -> str:
    """Name what is made from these parts."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode(errors="replace") if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()[:_DIGEST_CHARACTERS]


def upwards(folder: Path) -> Iterator[Path]:
    """Give a folder and those above it, where Node looks for packages."""
    yield folder
    yield from folder.parents
