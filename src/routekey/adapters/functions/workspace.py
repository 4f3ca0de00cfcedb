"""The temporary folder of one gateway: it goes with the gateway, or with the next one's start.

A gateway that was killed cannot clean up. So each folder has a file that its gateway holds locked;
the kernel lets go of the lock when the gateway dies, and whoever finds an unlocked folder removes
it.
"""

import contextlib
import fcntl
import itertools
import shutil
import tempfile
from pathlib import Path
from typing import IO

_PREFIX = "routekey-functions-"
_DRAFT_PREFIX = ".routekey-functions-"
_LOCK = "lock"


class Workspace:
    """A folder for everything that function processes need only while this gateway lives."""

    def __init__(self, parent: Path | None = None) -> None:
        """Sweep what dead gateways have left beside it, and make the folder."""
        self._parent = Path(tempfile.gettempdir()) if parent is None else parent
        self._sweep()
        # Under a name that no sweep looks for, until it is locked.
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT_PREFIX, dir=self._parent))
        self._lock = (draft / _LOCK).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.folder = draft.rename(draft.with_name(_PREFIX + draft.name[len(_DRAFT_PREFIX) :]))
        self._numbers = itertools.count(1)

    def make_folder(self, name: str) -> Path:
        """Make a new folder in it."""
        folder = self.folder / f"{name}-{next(self._numbers)}"
        folder.mkdir()
        return folder

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def _sweep(self) -> None:
        for folder in self._parent.glob(f"{_PREFIX}*"):
            # What is another user's cannot be opened: let it be.
            with contextlib.suppress(OSError), (folder / _LOCK).open("rb") as lock:
                if _is_free(lock):
                    shutil.rmtree(folder, ignore_errors=True)


def _is_free(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
