"""Every connection in one dictionary: the cluster of one node."""

from collections.abc import Iterator

from routekey.clock import Clock
from routekey.errors import GoneException
from routekey.gateway.lifecycle import CLOSED_NORMALLY, Connection, ConnectionStatus
from routekey.ids import ApiId, ConnectionId


class LocalConnections:
    """The open connections of this process; it implements the port `Connections`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[ConnectionId, Connection] = {}

    def __len__(self) -> int:
        """Count the open connections."""
        return len(self._open)

    def __iter__(self) -> Iterator[Connection]:
        """Visit a copy of the list: whoever closes one while visiting changes the original."""
        return iter(list(self._open.values()))

    def add(self, connection: Connection) -> None:
        """Make a connection known: from now on others can post to it (DP-DIS-10)."""
        self._open[connection.id] = connection

    def remove(self, connection: Connection) -> None:
        """Forget a connection; a second time does nothing."""
        self._open.pop(connection.id, None)

    async def send(self, api_id: ApiId, connection_id: ConnectionId, payload: bytes) -> None:
        """Send one text message, and count it as activity (DP-MGM-16)."""
        connection = self._open.get(connection_id)
        if connection is None or connection.api_id != api_id or connection.channel is None:
            raise GoneException(connection_id)
        connection.channel.send_text(payload)
        connection.last_active_at_ms = self._clock.now_ms()

    async def describe(self, api_id: ApiId, connection_id: ConnectionId) -> ConnectionStatus:
        """Tell about a connection."""
        return self._find(api_id, connection_id).status

    async def disconnect(self, api_id: ApiId, connection_id: ConnectionId) -> None:
        """Close a connection; it is gone for others at once, for its client a moment later."""
        connection = self._find(api_id, connection_id)
        self.remove(connection)
        if connection.channel is not None:
            connection.channel.close(*CLOSED_NORMALLY)

    def _find(self, api_id: ApiId, connection_id: ConnectionId) -> Connection:
        connection = self._open.get(connection_id)
        if connection is None or connection.api_id != api_id:
            raise GoneException(connection_id)
        return connection
