"""HTTP/1.1 and WebSocket on one port: codecs without I/O, and the sockets around them."""

from routekey.endpoints.wire.exchange import Application, Exchange
from routekey.endpoints.wire.messages import Headers, Request, Response
from routekey.endpoints.wire.server import Listener
from routekey.endpoints.wire.session import Session, WebSocket
from routekey.endpoints.wire.settings import Settings
from routekey.endpoints.wire.websocket import CloseCode

__all__ = [
    "Application",
    "CloseCode",
    "Exchange",
    "Headers",
    "Listener",
    "Request",
    "Response",
    "Session",
    "Settings",
    "WebSocket",
]
