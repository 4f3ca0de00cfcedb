"""The seed of a data folder: what the secrets of a project's template are made from.

AWS makes up the secret of an access key, and the value of an API key, when a stack is created. Here
they are derived from the template's names and this seed, so that a restart and a reload find the
same ones, and nobody else can: who has the template does not have the seed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from routekey.adapters.private_files import is_private, write_private_file
from routekey.errors import InputError
from routekey.projects import SEED_BYTES

SEED_FILE: Final = "seed"


def open_seed(folder: Path) -> bytes:
    """Read the seed of a folder, or make it.

    Args:
        folder: made with mode 0700 when missing.

    Raises:
        InputError: the folder cannot be used, or the file can be read by others or is damaged.
    """
    file = folder / SEED_FILE
    with _file_errors(file):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            write_private_file(file, os.urandom(SEED_BYTES), replace=False)
        with file.open("rb") as stream:
            is_ours, seed = is_private(stream), stream.read(SEED_BYTES + 1)
    if not is_ours:
        raise InputError(
            "the seed of the project's keys can be read by other users, so it is not used",
            remedy="Delete it: all keys of the project are made anew. Or set its mode to 0600, if "
            "nobody has read it.",
            file=str(file),
        )
    if len(seed) != SEED_BYTES:
        raise InputError(
            "the seed of the project's keys is damaged",
            remedy="Restore it from a backup, or delete it: all keys of the project are made anew.",
            file=str(file),
        )
    return seed


@contextmanager
def _file_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"the seed of the project's keys cannot be used: {error.strerror or error}",
            remedy="Name a folder that you can write to with --data.",
            file=str(file),
        ) from error
