"""What the connections of one listener share: settings, what they write, and a coarse timer.

One timer a listener stands in for all per-connection timers (a `call_later` each costs 1.8 µs and
0.6 KB): whoever waits for its peer says until when, and a sweep once per tick ends those who are
late. An open WebSocket is not among them, so idle connections cost nothing.
"""

import asyncio
from email.utils import formatdate
from typing import Protocol

from routekey.clock import Clock
from routekey.endpoints.wire.outbox import Outbox
from routekey.endpoints.wire.settings import Settings
from routekey.endpoints.wire.websocket import DecoderLimits


class Waiting(Protocol):
    """Something that waits for its peer, and not forever."""

    deadline: float
    """In the registry's time."""

    def expire(self) -> None:
        """Give up: the deadline has passed. Called once for each `watch`."""
        ...


class Connection(Protocol):
    """Something that a closing listener has to end."""

    def close(self, code: int, reason: str) -> None:
        """End kindly; code and reason are for a WebSocket."""
        ...

    def abort(self) -> None:
        """End at once."""
        ...


class Registry:
    """Every connection of a listener, and the time by which each has to move on."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.connections: set[Connection] = set()
        self.date = ""
        """The `Date` header's value, of this tick."""
        self.decoder_limits = DecoderLimits(
            settings.frame_bytes_max,
            settings.message_bytes_max,
            settings.accepts_binary,
            settings.replaces_invalid_text,
        )
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self.outbox = Outbox(self._loop)
        self._now = 0.0
        self._waiting: set[Waiting] = set()
        self._empty = asyncio.Event()
        """Cleared by whoever waits for it."""
        self._tick()

    def add(self, connection: Connection) -> None:
        """Take in a new connection."""
        self.connections.add(connection)

    def discard(self, connection: Connection) -> None:
        """Forget a connection that is gone, or has become another object."""
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()

    def watch(self, waiting: Waiting, seconds: float) -> None:
        """Call `expire` after so many seconds, or up to two ticks later; the last call counts."""
        waiting.deadline = self._now + seconds + self.settings.tick_seconds
        self._waiting.add(waiting)

    def unwatch(self, waiting: Waiting) -> None:
        """Wait without an end again."""
        self._waiting.discard(waiting)

    async def wait_empty(self) -> None:
        """Wait until no connection is left."""
        while self.connections:  # one may have turned into another meanwhile
            self._empty.clear()
            await self._empty.wait()

    def stop(self) -> None:
        """Stop the timer."""
        self._timer.cancel()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(self.settings.tick_seconds, self._tick)
        self._now = self._loop.time()
        self.date = formatdate(self._clock.now_ms() // 1000, usegmt=True)
        for waiting in [each for each in self._waiting if each.deadline < self._now]:
            self._waiting.discard(waiting)
            waiting.expire()
