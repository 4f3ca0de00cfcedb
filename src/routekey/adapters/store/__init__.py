"""Where the control plane keeps resources: in memory, or in one SQLite file."""

from routekey.adapters.store.memory import MemoryStore
from routekey.adapters.store.sqlite import SqliteStore

__all__ = ["MemoryStore", "SqliteStore"]
