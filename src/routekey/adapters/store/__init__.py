"""Where the control plane keeps resources: in memory or in SQLite, and code in a folder."""

from routekey.adapters.store.code_folder import CodeFolder
from routekey.adapters.store.memory import MemoryStore
from routekey.adapters.store.sqlite import SqliteStore

__all__ = ["CodeFolder", "MemoryStore", "SqliteStore"]
