"""The gateway under measurement: the real program, `routekey run`, on a project of ours."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.machine import (
    CLIENT_CORE,
    ENVIRONMENT,
    HERE,
    SERVER_CORE,
    BenchmarkError,
    Server,
    pin,
    stop,
)

PROJECT: Final = HERE / "project"
PATH: Final = "/bench"
_OPTIONS: Final = ("--port", "0", "--admin-port", "0")
_START_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.002
_UNLIMITED: Final = {
    "ROUTEKEY_LIMITS_ACCOUNT_RATE": "0",
    "ROUTEKEY_LIMITS_ACCOUNT_BURST": "0",
    "ROUTEKEY_LIMITS_NEW_CONNECTIONS_PER_SECOND": "0",
}
"""AWS's rates would be what is measured; every other check and limit stays on."""


@contextlib.contextmanager
def start_gateway(
    project: Path = PROJECT,
    settings: Mapping[str, str] | None = None,
    *,
    functions_share_cores: bool = False,
    follows_changes: bool = False,
    program: Sequence[str] = ("routekey",),
) -> Iterator[Server]:
    """Run the gateway for as long as the block lasts: itself on its core, functions on the other.

    With `functions_share_cores` the kernel places all of them; with `follows_changes` it reloads.
    The program is the module that runs it, with its own arguments.
    """
    command = [sys.executable, "-m", *program, "run", *_OPTIONS, str(project)]
    with tempfile.TemporaryDirectory(prefix="routekey-bench-") as folder:
        ready, printed = Path(folder) / "ready.json", Path(folder) / "output.txt"
        with printed.open("w") as output:
            process = subprocess.Popen(
                [
                    *command,
                    *("--reload" if follows_changes else "--no-reload", "--ready-file", str(ready)),
                ],
                env={**ENVIRONMENT, **_UNLIMITED, **(settings or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        try:
            addresses = _wait_ready(process, ready, printed)
            server = Server(process, int(addresses["gateway"].rpartition(":")[2]))
            if not functions_share_cores:
                for child in descendants(process.pid):
                    pin(child, CLIENT_CORE)
                pin(process.pid, SERVER_CORE)
            yield server
        finally:
            stop(process)


@contextlib.contextmanager
def extend_project(resources: str) -> Iterator[Path]:
    """Make a copy of the project with more resources, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="routekey-bench-") as folder:
        shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
        template = Path(folder) / "template.yaml"
        template.write_text(template.read_text(encoding="utf-8") + resources, encoding="utf-8")
        yield Path(folder)


def _wait_ready(process: subprocess.Popen[str], ready: Path, printed: Path) -> Mapping[str, str]:
    until = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > until:
            lines = printed.read_text(encoding="utf-8").split("\n")
            raise BenchmarkError(f"the gateway did not start: {' '.join(lines[-3:]).strip()}")
        time.sleep(_POLL_SECONDS)
    document: Mapping[str, str] = json.loads(ready.read_text(encoding="utf-8"))
    return document


def descendants(pid: int) -> list[int]:
    """Name the processes below a process: zygotes and functions."""
    found: list[int] = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # one has just ended
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found
