"""Files for their owner's eyes: nobody ever sees half of one, and nobody else sees any of it."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


def write_private_file(file: Path, content: bytes, *, replace: bool) -> None:
    """Write a file with mode 0600, all of it or nothing.

    Args:
        file: where; its folder is there already.
        content: what it is to have.
        replace: whether to put it in the place of a file that is there. Else that one stays: of
            two processes that make the same file, the first one wins.

    Raises:
        OSError: it cannot be written.
    """
    descriptor, temporary = tempfile.mkstemp(dir=file.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(
                stream.fileno()
            )  # the name must not survive a power cut that the content did not
        if replace:
            Path(temporary).replace(file)
        else:
            with suppress(FileExistsError):
                file.hardlink_to(temporary)
    finally:
        Path(temporary).unlink(missing_ok=True)


def is_private(stream: BinaryIO) -> bool:
    """Tell whether an open file is closed to everybody but its owner."""
    return not os.fstat(stream.fileno()).st_mode & 0o077
