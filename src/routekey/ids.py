"""Identifiers: their types, their form, and who makes them.

A connection id looks like AWS's: 20 characters, 13 bytes in URL-safe base64, `==` at the end:

    bytes 0-6   unique
    bytes 7-8   the node that holds the connection
    bytes 9-12  a check value over the rest

So `@connections` finds the node without a lookup, a mangled id is told from a closed connection
(DP-MGM-09, DP-UNK-24), and a message id can share its connection's suffix as AWS's do (DP-EVT-10).
The check value guards against mistakes, not against people: who may post is decided by IAM.
"""

import binascii
from functools import lru_cache
from hashlib import blake2b
from typing import NewType, Protocol

AccountId = NewType("AccountId", str)
"""12 digits."""
ApiId = NewType("ApiId", str)
"""10 lower-case letters and digits."""
ConnectionId = NewType("ConnectionId", str)
NodeId = NewType("NodeId", int)
"""0 to 65535; 0 where there is one node."""
RouteKey = NewType("RouteKey", str)
StageName = NewType("StageName", str)

_UNIQUE_BYTES = 7
_NODE_BYTES = 2
_CHECK_BYTES = 4
_CONNECTION_ID_BYTES = _UNIQUE_BYTES + _NODE_BYTES + _CHECK_BYTES
_CONNECTION_ID_CHARACTERS = 20
_MESSAGE_CHARACTERS = 8
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_LAST_CHARACTERS = b"AQgw"
"""Before the padding of 13 bytes: two bits and four zeros."""
_CHECK = blake2b(digest_size=_CHECK_BYTES, person=b"routekey")
"""Copied for each id: half the price of making one."""


class Ids(Protocol):
    """Make identifiers. The heart takes this port, so that a seed replays any run."""

    def connection_id(self) -> ConnectionId:
        """Make an id for a connection held by this node."""
        ...

    def message_id(self, connection_id: ConnectionId) -> str:
        """Make an id for a message: 20 characters, the connection's suffix (DP-EVT-10)."""
        ...

    def request_id(self) -> str:
        """Make an id for an event: 16 characters, `=` at the end (DP-EVT-08)."""
        ...

    def uuid(self) -> str:
        """Make a UUID, as `x-amzn-RequestId` and Lambda's request ids are."""
        ...

    def trace_id(self, now_ms: int) -> str:
        """Make an X-Ray trace header: `Root=1-<8 hex>-<24 hex>` (DP-EVT-16)."""
        ...


def encode_connection_id(unique: bytes, node: NodeId) -> ConnectionId:
    """Put a connection id together from 7 unique bytes and the node."""
    raw = unique + node.to_bytes(_NODE_BYTES, "big")
    return ConnectionId(encode_url_safe(raw + _check(raw)))


def decode_node(connection_id: str) -> NodeId | None:
    """Read which node holds a connection.

    Returns:
        The node, or None where the id is not one that any Routekey made (a 400, not a 410).
    """
    if len(connection_id) != _CONNECTION_ID_CHARACTERS:
        return None
    return _decode_node(connection_id)


@lru_cache(maxsize=4096)  # who is posted to is posted to again; half a megabyte
def _decode_node(connection_id: str) -> NodeId | None:
    raw = _decode(connection_id)
    if raw is None or raw[-_CHECK_BYTES:] != _check(raw[:-_CHECK_BYTES]):
        return None
    return NodeId(int.from_bytes(raw[_UNIQUE_BYTES : _UNIQUE_BYTES + _NODE_BYTES], "big"))


def encode_message_id(unique: bytes, connection_id: ConnectionId) -> str:
    """Put a message id together from 6 unique bytes and the suffix of its connection's id.

    Six bytes are eight characters, so the suffix can be cut from the text as it is.
    """
    return encode_url_safe(unique) + connection_id[_MESSAGE_CHARACTERS:]


def encode_url_safe(raw: bytes) -> str:
    """Encode bytes in URL-safe base64, padded."""
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE).decode("ascii")


def _check(raw: bytes) -> bytes:
    check = _CHECK.copy()
    check.update(raw)
    return check.digest()


def _decode(connection_id: str) -> bytes | None:
    if not connection_id.isascii():
        return None
    text = connection_id.encode("ascii")
    if b"+" in text or b"/" in text:
        return None
    try:
        raw = binascii.a2b_base64(text.translate(_FROM_URL_SAFE), strict_mode=True)
    except binascii.Error:
        return None
    # Base64 leaves four spare bits in this length: only the spelling with zeros is the id.
    if len(raw) != _CONNECTION_ID_BYTES or text[-len(b"?==")] not in _LAST_CHARACTERS:
        return None
    return raw
