"""`python -m benchmarks.inside FILE run …`: the program as it is, which also counts when asked.

At each SIGUSR1 it writes to the file how many tasks and timers its loop has. Nothing outside the
process knows of them, and to count nothing but at the signal leaves the program as fast as it is.
"""

import asyncio
import gc
import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Final

from benchmarks.machine import BenchmarkError
from routekey.cli import main

_ANSWER_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.01


def count() -> dict[str, int]:
    """Count the tasks that have not ended and the timers that have not run, of the running loop.

    uvloop keeps its timers in a set that only the garbage collector is shown.
    """
    loop = asyncio.get_running_loop()
    timers = {
        id(each)
        for kept in gc.get_referents(loop)
        if isinstance(kept, set)
        for each in kept
        if type(each).__name__ == "TimerHandle"
    }
    return {"tasks": len(asyncio.all_tasks(loop)), "timers": len(timers)}


def ask(process: subprocess.Popen[str], answer: Path) -> Mapping[str, int]:
    """Have a process that runs this module count, and read what it found.

    Raises:
        BenchmarkError: it does not answer.
    """
    answer.unlink(missing_ok=True)
    process.send_signal(signal.SIGUSR1)
    until = time.monotonic() + _ANSWER_SECONDS
    while not answer.exists():
        if process.poll() is not None or time.monotonic() > until:
            raise BenchmarkError("the gateway does not say what tasks and timers it has")
        time.sleep(_POLL_SECONDS)
    counts: Mapping[str, int] = json.loads(answer.read_text(encoding="utf-8"))
    return counts


def answer_to(file: Path) -> None:
    """Write the counts to the file at each SIGUSR1 from now on, whole or not at all."""

    def write(_signal: int, _frame: FrameType | None) -> None:
        unfinished = file.with_suffix(".part")
        unfinished.write_text(json.dumps(count()), encoding="utf-8")
        unfinished.rename(file)

    signal.signal(signal.SIGUSR1, write)


if __name__ == "__main__":
    answer_to(Path(sys.argv.pop(1)))
    main()
