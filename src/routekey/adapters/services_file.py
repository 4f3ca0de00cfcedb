"""The file in which the emulator's data stays between runs, and the lock that is held with it.

A line of JSON that says what follows, and a snapshot (`services_snapshot.py`). The file is ours
alone and is written whole or not at all; one that is damaged, or from another version of the
emulator, is never replaced: the error says what to do.
"""

import fcntl
import hashlib
import json
import os
import time
from importlib.metadata import version
from pathlib import Path
from typing import Final

from routekey.adapters.private_files import is_private, write_private_file
from routekey.errors import InputError

SNAPSHOT_FILE: Final = "services.snapshot"
_LOCK_FILE: Final = "services.lock"
_LOCK_SECONDS_MAX: Final = 20.0
"""The emulator of a gateway that was killed may still write its last."""
_LOCK_POLL_SECONDS: Final = 0.1
_FORMAT: Final = 1
_HEAD_BYTES_MAX: Final = 1024
_ANEW: Final = "or delete the file: tables, queues and the like begin empty then."


def hold_folder(folder: Path, seconds_max: float = _LOCK_SECONDS_MAX) -> int:
    """Make a folder ours until this process and its children have ended.

    Returns:
        The descriptor that holds it.

    Raises:
        InputError: another process has it and does not end, or it cannot be used.
    """
    file = folder / _LOCK_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InputError(
            f"the data of the local services cannot be kept: {error.strerror}",
            remedy="Name a folder that you can write to with --data.",
            file=str(file),
        ) from error
    give_up = time.monotonic() + seconds_max
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < give_up:
                time.sleep(_LOCK_POLL_SECONDS)
                continue
            os.close(descriptor)
            raise InputError(
                "another process keeps the data of its local services here",
                remedy="Stop it, or give this one another data folder.",
                file=str(file),
            ) from None
        return descriptor


def read_snapshot(folder: Path) -> bytes | None:
    """Read what was kept; None where nothing was.

    Raises:
        InputError: it cannot be used.
    """
    file = folder / SNAPSHOT_FILE
    try:
        with file.open("rb") as stream:
            is_ours, head = is_private(stream), stream.readline(_HEAD_BYTES_MAX)
            content = stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(
            f"the data of the local services cannot be read: {error.strerror}", file=str(file)
        ) from error
    if not is_ours:
        raise InputError(
            "the data of the local services is open to other users, so it is not used",
            remedy=f"Set its mode to 0600, if nobody has changed it, {_ANEW}",
            file=str(file),
        )
    _check(head, content, file)
    return content


def write_snapshot(folder: Path, content: bytes) -> None:
    """Keep a snapshot in the place of the one before, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    head = {"format": _FORMAT, "moto": version("moto"), "sha256": _digest(content)}
    line = json.dumps(head).encode() + b"\n"
    write_private_file(folder / SNAPSHOT_FILE, line + content, replace=True)


def damaged(file: Path, why: str) -> InputError:
    """Make the error of a file that no longer is what was written."""
    return InputError(
        f"the data of the local services is damaged: {why}",
        remedy=f"Restore it from a backup, {_ANEW}",
        file=str(file),
    )


def _check(head: bytes, content: bytes, file: Path) -> None:
    try:
        said = json.loads(head)
        form, moto, digest = said["format"], said["moto"], said["sha256"]
    except (ValueError, TypeError, KeyError):
        raise damaged(file, "its first line does not say what follows") from None
    if form != _FORMAT:
        raise InputError(
            f"another version of Routekey has written the data of the local services ({form})",
            remedy=f"Use that one, {_ANEW}",
            file=str(file),
        )
    if digest != _digest(content):
        raise damaged(file, "it has changed since it was written")
    if moto != (installed := version("moto")):
        raise InputError(
            f"moto {moto} has written the data of the local services, and this is {installed}",
            remedy=f"Install that one (pip install moto=={moto}), {_ANEW}",
            file=str(file),
        )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
