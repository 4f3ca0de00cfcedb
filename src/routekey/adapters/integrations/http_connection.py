"""One connection to an HTTP/1.1 backend: one request at a time, then perhaps another."""

import asyncio
from typing import cast

from routekey.adapters.integrations.http_answer import AnswerError, AnswerReader, AnswerRoom
from routekey.gateway.ports import HttpOutcome


class HttpConnection(asyncio.Protocol):
    """A connection, busy with one exchange or idle in a pool."""

    def __init__(self, room: AnswerRoom | None = None) -> None:
        self._room = room
        self._transport: asyncio.Transport | None = None
        self._reader: AnswerReader | None = None
        self._answer: asyncio.Future[HttpOutcome] | None = None
        self.idle_since = 0.0
        """When it was last used, by the loop's clock."""

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(self, request: bytes, *, is_bodiless: bool) -> HttpOutcome:
        """Send one request and wait for its answer.

        The connection is closed unless the answer leaves it good for another request, whatever
        happens: also when the caller is cancelled.

        Args:
            request: head and body.
            is_bodiless: whether it is a HEAD.

        Raises:
            AnswerError: the connection was lost, or the answer is none that we take.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise AnswerError("the backend closed the connection")
        reader = self._reader = AnswerReader(is_bodiless=is_bodiless, room=self._room)
        self._answer = asyncio.get_running_loop().create_future()
        is_reusable = False
        try:
            transport.write(request)
            outcome = await self._answer
            is_reusable = reader.is_reusable
        finally:
            self._reader = self._answer = None
            reader.close()
            if not is_reusable:
                self.close()
        return outcome

    def close(self) -> None:
        """Close at once; what was not sent yet is not worth waiting for."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport. Called by the loop."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes of the answer; of a backend that was not asked they are none."""
        reader, answer = self._reader, self._answer
        if reader is None or answer is None or answer.done():
            self.close()
            return
        try:
            outcome = reader.feed(data)
        except AnswerError as error:
            answer.set_exception(error)
            return
        if outcome is not None:
            answer.set_result(outcome)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end, which completes an answer of no stated length. Called by the loop."""
        self._transport = None
        if self._reader is None or self._answer is None or self._answer.done():
            return
        if exc is not None:
            self._answer.set_exception(AnswerError(f"the connection was lost: {exc}"))
            return
        try:
            self._answer.set_result(self._reader.feed_eof())
        except AnswerError as error:
            self._answer.set_exception(error)
