"""The store in a file: crashes, locks, versions, and files that are none of ours."""

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from routekey.adapters.store.sqlite import SCHEMA_VERSION, SqliteStore
from routekey.errors import InputError
from routekey.resources.store import StoreError

WRITER = """
import asyncio, sys
from pathlib import Path
from routekey.adapters.store import SqliteStore

async def write():
    store = await SqliteStore.open(Path(sys.argv[1]))
    number = len(await store.read()) // 2
    while True:
        number += 1
        await store.write({f"left/{number}": b"x" * 5000, f"right/{number}": b"x" * 5000})
        print(number, flush=True)

asyncio.run(write())
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "routekey.db"


async def test_what_was_written_is_there_after_closing(file: Path) -> None:
    store = await SqliteStore.open(file)
    await store.write({"a": b"1"})
    await store.close()
    again = await SqliteStore.open(file)
    assert await again.read() == {"a": b"1"}
    await again.close()


@pytest.mark.parametrize("acknowledged", [1, 2, 7, 40])
async def test_a_killed_process_loses_nothing_that_it_acknowledged(
    file: Path, acknowledged: int
) -> None:
    """And no half of a change is visible: both documents of each are there, or neither is."""
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(file), stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    for _ in range(acknowledged):
        await writer.stdout.readline()
    os.kill(writer.pid, signal.SIGKILL)
    last = [int(line) async for line in writer.stdout if line.endswith(b"\n")]
    await writer.wait()
    store = await SqliteStore.open(file)
    documents = await store.read()
    await store.close()
    assert {f"left/{number}" for number in range(1, max([acknowledged, *last]) + 1)} <= set(
        documents
    )
    left = {key.partition("/")[2] for key in documents if key.startswith("left/")}
    right = {key.partition("/")[2] for key in documents if key.startswith("right/")}
    assert left == right


async def test_two_processes_do_not_share_a_file(file: Path) -> None:
    store = await SqliteStore.open(file)
    with pytest.raises(InputError, match="another process has this store open"):
        await SqliteStore.open(file)
    await store.write({"a": b"1"})
    await store.close()
    await (await SqliteStore.open(file)).close()


async def test_a_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE birds (name TEXT)")
    connection.close()
    with pytest.raises(InputError, match="of another program"):
        await SqliteStore.open(file)


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "text.db"
    file.write_text("this is a letter to my aunt " * 100)
    with pytest.raises(InputError, match="cannot open the store") as caught:
        await SqliteStore.open(file)
    assert caught.value.file == str(file)


async def test_a_file_of_a_newer_version_is_told(file: Path) -> None:
    await (await SqliteStore.open(file)).close()
    connection = sqlite3.connect(file)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(InputError, match="a newer Routekey wrote this file"):
        await SqliteStore.open(file)


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(InputError, match="cannot open the store"):
        await SqliteStore.open(tmp_path / "data" / "routekey.db")


async def test_a_write_that_fails_changes_nothing(file: Path) -> None:
    store = await SqliteStore.open(file)
    await store.write({"a": b"1"})
    with pytest.raises(StoreError, match="could not be written"):
        await store.write({"a": b"2", "b": object()})  # type: ignore[dict-item]  # a disk's refusal is hard to come by
    assert await store.read() == {"a": b"1"}
    await store.close()


async def test_nothing_is_written_after_closing(file: Path) -> None:
    store = await SqliteStore.open(file)
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.write({"a": b"1"})


async def test_nobody_else_may_read_it(file: Path) -> None:
    store = await SqliteStore.open(file)
    await store.write({"users/ada": b"secret"})
    modes = {path.name: path.stat().st_mode & 0o777 for path in [file.parent, *listed(file)]}
    await store.close()
    assert modes.pop("data") == 0o700
    assert set(modes.values()) == {0o600}


def listed(file: Path) -> list[Path]:
    return list(file.parent.iterdir())
