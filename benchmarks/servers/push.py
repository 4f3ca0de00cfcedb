"""The gateway's own listener and connections, and nothing behind them: a push from inside.

Each text goes to every other connection by the port that `@connections` uses. `collect` is answered
with the milliseconds of a full garbage collection. Prints its port; `tls` serves TLS.
"""

import asyncio
import gc
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import uvloop

from routekey.adapters.certificates import CertificateAuthority
from routekey.adapters.cluster.memory import LocalConnections
from routekey.adapters.system import SystemClock, SystemIds
from routekey.endpoints.wire import Exchange, Listener, Response
from routekey.gateway.lifecycle import Connection
from routekey.ids import ApiId, StageName
from routekey.tasks import run_soon

_API: Final = ApiId("benchmarks")
_CLOCK: Final = SystemClock()
_IDS: Final = SystemIds()
_CONNECTIONS: Final = LocalConnections(_CLOCK)


class Pushing:
    """A session that sends what it hears to all the others."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def on_text(self, text: bytes) -> None:
        if text == b"collect":
            began = time.perf_counter()
            gc.collect()
            assert self.connection.channel is not None
            self.connection.channel.send_text(b"%f" % ((time.perf_counter() - began) * 1e3))
            return
        run_soon(self._push(text), "push")

    async def _push(self, text: bytes) -> None:
        for other in _CONNECTIONS:
            if other is not self.connection:
                await _CONNECTIONS.send(_API, other.id, text)

    def on_binary(self, _payload: bytes) -> None:
        raise AssertionError("the listener refuses binary messages")

    def on_ping(self) -> None:
        """Nothing depends on it."""

    def on_closed(self, _code: int, _reason: str) -> None:
        _CONNECTIONS.remove(self.connection)


class Door:
    """Every upgrade is accepted."""

    def handle_request(self, exchange: Exchange) -> None:
        if not exchange.request.is_upgrade:
            exchange.respond(Response(status=404))
            return
        now_ms = _CLOCK.now_ms()
        connection = Connection(
            id=_IDS.connection_id(),
            api_id=_API,
            stage=StageName("bench"),
            domain_name="bench.localhost",
            source_ip=exchange.request.source_ip,
            user_agent=None,
            connected_at_ms=now_ms,
            last_active_at_ms=now_ms,
            event_place=b'"stage":"bench","connectedAt":%d,"requestTimeEpoch":' % now_ms,
            event_names=b'","domainName":"bench.localhost","connectionId":"%d"}' % now_ms,
        )
        connection.channel = exchange.upgrade((), Pushing(connection))
        _CONNECTIONS.add(connection)


async def serve(*, is_tls: bool) -> None:
    context = None
    if is_tls:
        folder = Path(tempfile.mkdtemp(prefix="routekey-bench-"))
        context = CertificateAuthority(folder, _CLOCK).server_context()
    listener = await Listener.start(Door(), "127.0.0.1", 0, clock=_CLOCK, ssl_context=context)
    gc.collect()
    gc.freeze()  # as the program does once it serves
    print(listener.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(is_tls="tls" in sys.argv))
