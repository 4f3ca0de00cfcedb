"""The emulator of other AWS services, with data that stays: the program of its process.

    python -m routekey.adapters.kept_services HOST PORT FOLDER

It is moto's server, which holds all in memory, and a file beside it: read before it listens,
written after changes and in the end. A child of the process writes what it has from its parent at
that moment, as Redis does, so that no request waits, however much there is.

To the gateway it speaks on its standard output, an object a line: a `note` is to be said, and a
`problem` is why it does not start.
"""

import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import run_simple

from routekey.adapters.services_file import (
    SNAPSHOT_FILE,
    damaged,
    hold_folder,
    read_snapshot,
    write_snapshot,
)
from routekey.adapters.services_snapshot import restore_snapshot, take_snapshot
from routekey.errors import InputError

_PAUSE_SECONDS_MIN: Final = 2.0
"""Between a change and its saving: what a crash of the machine costs."""
_PAUSE_SHARE: Final = 20
"""How many times longer than a saving the next pause is: it takes one core in twenty at most."""
_RETRY_SECONDS: Final = 30.0
_NICE: Final = 10
_READING: Final = ("BatchGet", "Describe", "Get", "List", "Query", "Receive", "Scan")
"""How operations begin that change nothing, or nothing to be kept: a message whose receipt is
forgotten comes back."""


def is_change(environ: Mapping[str, Any]) -> bool:
    """Tell whether a request may change what is held."""
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        return not target.rpartition(".")[2].startswith(_READING)
    return environ["REQUEST_METHOD"] not in {"GET", "HEAD", "OPTIONS"}


class Keeper:
    """Saves what the emulator holds, after changes.

    Args:
        folder: where to.
        say: tells the user what cannot be kept, once.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._said: set[str] = set()
        self._changed, self._stopping = Event(), Event()
        self._is_saved = True
        self._thread = Thread(target=self._keep, name="keeper", daemon=True)
        self._thread.start()

    def note_change(self) -> None:
        """Save soon."""
        self._changed.set()

    def close(self) -> None:
        """Save what is not saved yet."""
        was_changed = self._changed.is_set()
        self._stopping.set()
        self._changed.set()
        self._thread.join()
        if was_changed or not self._is_saved:
            self._save()

    def _keep(self) -> None:
        pause = _PAUSE_SECONDS_MIN
        while True:
            self._changed.wait()
            if self._stopping.wait(pause):
                return
            began = time.monotonic()
            self._save()
            pause = max(_PAUSE_SECONDS_MIN, _PAUSE_SHARE * (time.monotonic() - began))
            if not self._is_saved:
                self._changed.set()
                pause = max(_RETRY_SECONDS, pause)

    def _save(self) -> None:
        self._changed.clear()
        try:
            self._is_saved, problems = save_in_child(self._folder)
        except OSError as error:  # there can be no more processes, or not with this much memory
            self._is_saved, problems = False, [_describe_failure(error)]
        for problem in problems:
            if problem not in self._said:
                self._said.add(problem)
                self._say(problem)


def save_in_child(folder: Path) -> tuple[bool, list[str]]:
    """Save what this process holds, in a child that sees it as it is now.

    The child takes no lock, as a thread that it does not have may hold it; what it says comes
    through a pipe.

    Returns:
        Whether it is saved, and what the user should know.

    Raises:
        OSError: there can be no child.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = _save_and_tell(folder, writing)
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as stream:
        problems = stream.read().splitlines()
    _, status = os.waitpid(child, 0)
    return status == 0, problems


def _save_and_tell(folder: Path, writing: int) -> int:
    """Save, in the child; the exit status tells whether it is done."""
    gc.disable()  # it would touch, and so copy, all that the parent has
    os.nice(_NICE)
    try:
        content, left_out = take_snapshot()
        write_snapshot(folder, content)
    except Exception as error:  # noqa: BLE001  # there is nobody else who could say it
        os.write(writing, _describe_failure(error).encode())
        return 1
    lines = [f"the local services keep nothing of {name} between runs" for name in left_out]
    os.write(writing, "\n".join(lines).encode())
    return 0


def _describe_failure(error: Exception) -> str:
    what = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
    return f"the data of the local services cannot be saved now: {what}"


def serve(host: str, port: int, folder: Path, tell: Callable[[Mapping[str, str]], None]) -> None:
    """Serve what is kept in a folder until SIGTERM, and keep it.

    Raises:
        InputError: what is there cannot be used.
    """
    hold_folder(folder)
    content = read_snapshot(folder)
    if content is not None:
        try:
            restore_snapshot(content)
        except Exception as error:
            raise damaged(folder / SNAPSHOT_FILE, str(error)) from error
    del content
    keeper = Keeper(folder, lambda problem: tell({"note": problem}))
    application: Any = DomainDispatcherApplication(create_backend_app)

    def watched(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            answer: Iterable[bytes] = application(environ, start_response)
            return answer
        finally:
            if is_change(environ):
                keeper.note_change()

    try:
        run_simple(host, port, watched, threaded=True, request_handler=MotoRequestHandler)
    finally:
        keeper.close()


def main(host: str, port: str, folder: str) -> None:
    """Run until the gateway says so or ends; a Ctrl-C is the gateway's to hear."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = str(sys.maxsize)  # a file's position is shared
    messages = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever moto prints

    def tell(message: Mapping[str, str]) -> None:
        with suppress(BrokenPipeError):  # the gateway was killed
            os.write(messages, json.dumps(message).encode() + b"\n")

    try:
        serve(host, int(port), Path(folder), tell)
    except InputError as error:
        tell({"problem": error.problem, "remedy": error.remedy, "file": error.file or ""})
        sys.exit(2)


def _stop(_number: int, _frame: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
