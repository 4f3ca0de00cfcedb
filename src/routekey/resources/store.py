"""What the control plane asks of the place where it keeps resources."""

from collections.abc import Mapping
from typing import Protocol


class Store(Protocol):
    """Documents by key, changed all at once or not at all.

    Keys are paths (`apis/abcdefghij`), documents JSON text. Only one control plane writes to a
    store; it reads everything when it starts, and answers from memory from then on.
    """

    async def read(self) -> Mapping[str, bytes]:
        """Read every document.

        Raises:
            InputError: the store is damaged, of another program, or of a newer Routekey.
        """
        ...

    async def write(self, changes: Mapping[str, bytes | None]) -> None:
        """Keep documents and, where the value is None, forget them.

        When this returns the change survives the death of the process and of the machine. When it
        raises, nothing has changed.

        Raises:
            StoreError: the disk is full, or gone.
        """
        ...

    async def close(self) -> None:
        """Let go of the file; a second time does nothing."""
        ...


class StoreError(Exception):
    """A change could not be kept."""
