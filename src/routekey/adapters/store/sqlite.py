"""A store in one SQLite file, which survives the death of the process and of the machine.

Write-ahead logging with `synchronous=FULL` writes a change to the disk before it is acknowledged;
SQLite rolls back what a crash cut short when the file is next opened. The file is held under a
lock as long as it is open, as two control planes would overwrite each other's changes.

One thread does all the work, so that a slow disk never stops the event loop.
"""

import asyncio
import os
import sqlite3
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from routekey.errors import InputError
from routekey.resources.store import StoreError

APPLICATION_ID: Final = 0x524B4559
"""`RKEY`, in the header of each of our files: another program's is not touched."""
SCHEMA_VERSION: Final = 1
_MIGRATIONS: Final = (
    "CREATE TABLE documents (key TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID",
)
"""What leads from each version to the next; they are only ever added to."""


class SqliteStore:
    """Documents in a file. Implements `resources.store.Store`."""

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._thread = thread
        self._is_closed = False

    @classmethod
    async def open(cls, file: Path) -> Self:
        """Open a store; make it, and the folders that lead to it, where there is none.

        Raises:
            InputError: the file cannot be opened, is in use, or is not a store that we can read.
        """
        thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        loop = asyncio.get_running_loop()
        try:
            return cls(await loop.run_in_executor(thread, _open, file), thread)
        except BaseException:
            thread.shutdown(wait=False)
            raise

    async def read(self) -> Mapping[str, bytes]:
        """Read every document."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read)

    async def write(self, changes: Mapping[str, bytes | None]) -> None:
        """Keep documents; forget those whose value is None."""
        if self._is_closed:
            raise StoreError("the store is closed")
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._write, dict(changes))

    async def close(self) -> None:
        """Close the file, after the write that is under way."""
        if self._is_closed:
            return
        self._is_closed = True
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown(wait=False)

    def _read(self) -> dict[str, bytes]:
        return dict(self._connection.execute("SELECT key, document FROM documents"))

    def _write(self, changes: dict[str, bytes | None]) -> None:
        gone = [(key,) for key, document in changes.items() if document is None]
        kept = [(key, document) for key, document in changes.items() if document is not None]
        try:
            with self._connection:
                self._connection.executemany("DELETE FROM documents WHERE key = ?", gone)
                self._connection.executemany(
                    "INSERT INTO documents VALUES (?, ?) "
                    "ON CONFLICT (key) DO UPDATE SET document = excluded.document",
                    kept,
                )
        except sqlite3.Error as error:
            raise StoreError(f"the change could not be written: {error}") from error


def _open(file: Path) -> sqlite3.Connection:
    with _file_errors(file):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # It holds the secrets of access keys, and its log takes the same permissions.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        # Opened and closed in the store's thread; the check would only forbid the latter to others.
        connection = sqlite3.connect(file, timeout=0, check_same_thread=False)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _migrate(connection, file)
        except BaseException:
            connection.close()
            raise
        return connection


def _migrate(connection: sqlite3.Connection, file: Path) -> None:
    """Bring the file to our version, all steps or none."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application_id != APPLICATION_ID and (tables or application_id):
        raise InputError("this is a database of another program", file=str(file))
    if version > SCHEMA_VERSION:
        raise InputError(
            f"a newer Routekey wrote this file (version {version} of its schema)",
            remedy=f"Use that one; this one reads versions up to {SCHEMA_VERSION}.",
            file=str(file),
        )
    with connection:
        connection.execute("BEGIN IMMEDIATE")  # takes the lock, which is then kept
        for migration in _MIGRATIONS[version:]:
            connection.execute(migration)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextmanager
def _file_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        in_use = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
        raise InputError(
            "another process has this store open" if in_use else f"cannot open the store: {error}",
            remedy="Stop it, or give this one another data folder." if in_use else "",
            file=str(file),
        ) from error
