"""The store in memory; what it shares with the others is in test_store.py."""

from routekey.adapters.store.memory import MemoryStore


async def test_two_stores_share_nothing() -> None:
    one, other = MemoryStore(), MemoryStore()
    await one.write({"a": b"1"})
    assert await other.read() == {}
