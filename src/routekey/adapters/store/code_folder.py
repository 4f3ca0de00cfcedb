"""The code of functions that came through the API: zip files in a folder, named by their hash."""

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path, PurePath

from routekey.resources.store import StoreError


class CodeFolder:
    """Zip files in a folder. Implements `resources.store.CodeStore`.

    Nothing is deleted: an older function may be written back by a restored store, and a package
    that many functions share is one file. What no function uses is the operator's to remove.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    async def keep(self, package: bytes) -> str:
        """Keep a zip file, on the disk before this returns; give its path."""
        return await asyncio.to_thread(self._keep, package)

    async def find(self, name: str) -> str | None:
        """Find a zip file by its name."""
        file = self._folder / PurePath(name).name
        return str(file) if await asyncio.to_thread(file.is_file) else None

    def _keep(self, package: bytes) -> str:
        file = self._folder / f"{hashlib.sha256(package).hexdigest()}.zip"
        try:
            if not file.exists():
                self._folder.mkdir(parents=True, exist_ok=True)
                _write(file, package)
        except OSError as error:
            raise StoreError(f"the code could not be written: {error}") from error
        return str(file)


def _write(file: Path, package: bytes) -> None:
    """Write a file under another name first, so that half of it is never found."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as half:
            half.write(package)
            half.flush()
            os.fsync(half.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
