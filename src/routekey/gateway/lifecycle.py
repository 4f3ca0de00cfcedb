"""A connection and the two clocks that run against it.

A `Connection` is made when the handshake is admitted, before anybody is asked (DP-HSK-03). It holds
what every later event repeats, rendered once: a message's event is these pieces joined.

Its deadlines, ten minutes without a message and two hours in all, live in one wheel of one-second
slots. A message only writes a time stamp; a slot that comes due re-files whoever was active since.
A timer handle for each connection would cost 0.6 KB and 1.8 µs a message instead.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from routekey.ids import ApiId, ConnectionId, StageName
from routekey.quotas import Limits

GOING_AWAY: Final = (1001, "Going away")
"""How an idle or old connection is closed, and all of them at a stop. Source: DP-DIS-03."""
CLOSED_NORMALLY: Final = (1000, "Connection Closed Normally")
"""How `DELETE @connections` closes. Source: DP-MGM-17."""


class Channel(Protocol):
    """The way to one client: an open WebSocket of this node."""

    def send_text(self, payload: bytes, *, is_fragmented: bool = True) -> None:
        """Send one text message; bytes that are not UTF-8 leave as U+FFFD (DP-MGM-14).

        Above 32 KB it is fragmented, unless the caller wants it whole (DP-UNK-34).

        Returns at once: the bytes are in the kernel or in a bounded buffer.

        Raises:
            LimitExceededException: the client does not read, and the buffer is full.
        """
        ...

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; a second call does nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStatus:
    """What `GET @connections` tells. Source: DP-MGM-08."""

    connected_at_ms: int
    last_active_at_ms: int
    source_ip: str
    user_agent: str | None


@dataclass(slots=True, kw_only=True)
class Connection:
    """One client's connection, from the admission of its handshake until its `$disconnect`."""

    id: ConnectionId
    api_id: ApiId
    stage: StageName
    """The stage that the client joined; its current snapshot serves the messages (DP-RTE-17)."""
    domain_name: str
    source_ip: str
    user_agent: str | None
    connected_at_ms: int
    last_active_at_ms: int
    """The last message of the client, or accepted POST (DP-MGM-16)."""
    event_place: bytes
    """`"stage":…,"connectedAt":…,"requestTimeEpoch":`, as each event has it."""
    event_names: bytes
    """`","domainName":…,"connectionId":…,"apiId":…}`: the end of `requestContext`."""
    event_identity: bytes = b""
    """`"identity":{…},"requestId":"`."""
    event_authorizer: bytes = b""
    """`"authorizer":{…},`, or nothing (DP-AUT-11)."""
    caller: Mapping[str, str] | None = None
    """What a signature or an API key adds to `identity` (DP-EVT-14)."""
    access_key_id: str | None = None
    """With whose signature it was opened, on an AWS_IAM route."""
    authorizer: Mapping[str, str] | None = None
    """The authorizer's `principalId` and context, all strings (DP-AUT-10)."""
    due_second: int = 0
    """The slot of the wheel that watches it."""
    channel: Channel | None = None
    """None until the handshake is answered, and again when the socket has closed."""

    @property
    def status(self) -> ConnectionStatus:
        """What `GET @connections` tells of this connection."""
        return ConnectionStatus(
            connected_at_ms=self.connected_at_ms,
            last_active_at_ms=self.last_active_at_ms,
            source_ip=self.source_ip,
            user_agent=self.user_agent,
        )


class DeadlineWheel:
    """The idle and age deadlines of every open connection. Source: DP-LIM-06, DP-LIM-09."""

    __slots__ = ("_age_ms", "_idle_ms", "_slots", "_swept_to")

    def __init__(self, limits: Limits, now_ms: int) -> None:
        self._idle_ms = limits.idle_seconds_max * 1000
        self._age_ms = limits.connection_seconds_max * 1000
        self._slots: defaultdict[int, dict[ConnectionId, Connection]] = defaultdict(dict)
        self._swept_to = now_ms // 1000

    def add(self, connection: Connection) -> None:
        """Watch a connection from now on, until it is removed or its time is over."""
        deadline_ms = self._deadline_ms(connection)
        if deadline_ms is not None:
            # Rounded up: a slot is swept only when everything in it may be due.
            second = max(-(-deadline_ms // 1000), self._swept_to + 1)
            self._slots[second][connection.id] = connection
            connection.due_second = second

    def remove(self, connection: Connection) -> None:
        """Watch a connection no longer, so that nothing keeps it when it has closed."""
        slot = self._slots.get(connection.due_second)
        if slot is not None:
            slot.pop(connection.id, None)
            if not slot:
                del self._slots[connection.due_second]

    def is_old(self, connection: Connection, now_ms: int) -> bool:
        """Tell whether a connection has reached the age at which it is closed."""
        return 0 < self._age_ms <= now_ms - connection.connected_at_ms

    def sweep(self, now_ms: int) -> Iterator[Connection]:
        """Yield the connections whose time is over, and re-file the others that came due."""
        now = now_ms // 1000
        # A clock that jumped far ahead makes more slots than connections: visit what exists.
        elapsed = range(self._swept_to + 1, now + 1)
        due = (
            sorted(s for s in self._slots if s <= now)
            if len(elapsed) > len(self._slots)
            else elapsed
        )
        self._swept_to = max(now, self._swept_to)
        for second in due:
            for connection in self._slots.pop(second, {}).values():
                deadline_ms = self._deadline_ms(connection)
                if deadline_ms is not None and deadline_ms <= now_ms:
                    yield connection
                else:
                    self.add(connection)

    def _deadline_ms(self, connection: Connection) -> int | None:
        """Tell when this connection is to be closed; None where no limit is on."""
        idle = connection.last_active_at_ms + self._idle_ms if self._idle_ms else None
        age = connection.connected_at_ms + self._age_ms if self._age_ms else None
        if idle is None or age is None:
            return age if idle is None else idle
        return min(idle, age)
