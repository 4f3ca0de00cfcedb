"""Bare picows on uvloop: what a WebSocket server in Python costs that does nothing else.

`echo` sends each message back, `fan` sends it to every other connection. Prints its port.
"""

import logging
import sys
from typing import Final

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

_QUIET: Final = logging.LoggerAdapter(logging.getLogger("picows"), {})
"""An adapter, because picows makes a Logger for each connection from a name (5 KB each)."""


class Echo(WSListener):
    """Send what came."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            transport.send(WSMsgType.TEXT, frame.get_payload_as_bytes())


class Fan(WSListener):
    """Send what came to everybody else."""

    everybody: Final[set[WSTransport]] = set()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.everybody.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.everybody.discard(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        for other in self.everybody:
            if other is not transport:
                other.send(WSMsgType.TEXT, payload)


async def serve(listener: type[WSListener]) -> None:
    def accept(_request: WSUpgradeRequest) -> WSListener:
        return listener()

    server = await ws_create_server(
        accept, "127.0.0.1", 0, logger_name=_QUIET, read_buffer_init_size=2048, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve({"echo": Echo, "fan": Fan}[sys.argv[1]]))
