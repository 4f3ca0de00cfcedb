"""The opening handshake of a WebSocket: is this request one, and what the 101 says.

Source: RFC 6455, 4.2; DP-HSK-06 for the answer's headers.
"""

import binascii
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha1
from typing import Final

from routekey.endpoints.wire.messages import RequestError, check_header

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION: Final = "13"
_KEY_BYTES: Final = 16


def is_upgrade(method: str, values: Mapping[str, str]) -> bool:
    """Tell whether a request opens a WebSocket; `values` is keyed in lower case.

    A request that names no upgrade to `websocket` is an ordinary one. `Connection` may hold other
    tokens: Firefox sends `keep-alive, Upgrade`.

    Raises:
        RequestError: it does ask for a WebSocket, in a way that no server may grant.
    """
    if "upgrade" not in values or method != "GET":
        return False
    if not _has_token(values["upgrade"], "websocket"):
        return False
    if not _has_token(values.get("connection", ""), "upgrade"):
        return False
    if values.get("sec-websocket-version") != _VERSION:
        raise RequestError(426, (("Upgrade", "websocket"), ("Sec-WebSocket-Version", _VERSION)))
    if not _is_key(values.get("sec-websocket-key", "")):
        raise RequestError(400)
    return True


def encode_switch(key: str, date: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """Make the 101, with the names that AWS sends and no others (DP-HSK-06).

    Args:
        key: the request's `Sec-WebSocket-Key`.
        date: the `Date` header's value.
        headers: what to add, such as `sec-websocket-protocol` (DP-HSK-07).

    Raises:
        ValueError: a header cannot be written.
    """
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        f"date: {date}",
        "connection: upgrade",
        "upgrade: websocket",
        f"sec-websocket-accept: {accept_key(key)}",
    ]
    for name, value in headers:
        check_header(name, value)
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode()


def accept_key(key: str) -> str:
    """Prove that the key was read (RFC 6455, 4.2.2): SHA-1 is the protocol's, not a secret's."""
    digest = sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return b64encode(digest).decode()


def _has_token(value: str, token: str) -> bool:
    folded = value.lower()
    return folded == token or token in [part.strip() for part in folded.split(",")]


def _is_key(key: str) -> bool:
    try:
        return len(binascii.a2b_base64(key, strict_mode=True)) == _KEY_BYTES
    except ValueError:
        return False
