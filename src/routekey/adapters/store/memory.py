"""A store that lasts as long as its process: what `routekey run` has without `--data`."""

from collections.abc import Mapping


class MemoryStore:
    """Documents in a dict. Implements `resources.store.Store`."""

    def __init__(self) -> None:
        self._documents: dict[str, bytes] = {}

    async def read(self) -> Mapping[str, bytes]:
        """Read every document."""
        return dict(self._documents)

    async def write(self, changes: Mapping[str, bytes | None]) -> None:
        """Keep documents; forget those whose value is None."""
        for key, document in changes.items():
            if document is None:
                self._documents.pop(key, None)
            else:
                self._documents[key] = document

    async def close(self) -> None:
        """Do nothing: the documents go with the process."""
