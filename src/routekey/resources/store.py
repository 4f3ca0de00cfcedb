"""What the control plane asks of the places where it keeps resources and runs functions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from routekey.resources.function import EventSource, Function


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


class CodeStore(Protocol):
    """Where the code of functions is kept that came through the API."""

    async def keep(self, package: bytes) -> str:
        """Keep a zip file for good; the same one again is the same file.

        Returns:
            The file's absolute path.

        Raises:
            StoreError: the disk is full, or gone.
        """
        ...

    async def find(self, name: str) -> str | None:
        """Find a zip file by its name; give its absolute path, None where there is none."""
        ...


class ObjectStore(Protocol):
    """Where code of functions may lie besides: S3."""

    async def read(self, bucket: str, key: str, version: str | None, *, bytes_max: int) -> bytes:
        """Read an object, or a version of it.

        Raises:
            ObjectError: it is not there, is larger, or nobody can reach it.
        """
        ...


class FunctionHost(Protocol):
    """Where functions run, for those who change which ones there are."""

    async def replace(self, functions: Sequence[Function]) -> None:
        """Serve these functions instead of the present ones, all at once.

        Raises:
            InputError: one of them cannot be made ready; then nothing has changed.
        """
        ...


class EventSourceHost(Protocol):
    """Where queues and streams are read, for those who change which ones there are."""

    async def replace(self, sources: Iterable[EventSource]) -> None:
        """Read these sources instead of the present ones; what cannot be read is told later."""
        ...


class ObjectError(Exception):
    """An object cannot be read; the text is S3's, or why nobody could ask it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        """S3's, such as `NoSuchKey`."""


class StoreError(Exception):
    """A change could not be kept."""
