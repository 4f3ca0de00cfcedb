"""What every store promises, on each of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from routekey.adapters.store import MemoryStore, SqliteStore
from routekey.resources.store import Store


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = (
        MemoryStore() if request.param == "memory" else await SqliteStore.open(tmp_path / "s.db")
    )
    yield made
    await made.close()


async def test_a_new_store_is_empty(store: Store) -> None:
    assert await store.read() == {}


async def test_what_is_written_is_read(store: Store) -> None:
    await store.write({"apis/a": b"1", "apis/b": b"\x00\xff"})
    assert await store.read() == {"apis/a": b"1", "apis/b": b"\x00\xff"}


async def test_a_document_is_replaced_and_forgotten(store: Store) -> None:
    await store.write({"a": b"1", "b": b"2"})
    await store.write({"a": b"3", "b": None, "unknown": None})
    assert await store.read() == {"a": b"3"}


async def test_a_change_of_nothing_changes_nothing(store: Store) -> None:
    await store.write({})
    assert await store.read() == {}


async def test_what_was_read_does_not_change_afterwards(store: Store) -> None:
    before = await store.read()
    await store.write({"a": b"1"})
    assert before == {}


async def test_closing_twice_does_nothing(store: Store) -> None:
    await store.close()
    await store.close()
