"""What the client sent with its upgrade request, read as API Gateway reads it.

Source: DP-EVT-16 to DP-EVT-19.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus

import msgspec

_NOT_FORWARDED: Final = frozenset({"connection", "upgrade", "content-length", "host"})
"""CONNECT lacks the first three (DP-EVT-17); Host becomes the API's domain name."""

MultiMap = dict[str, list[str]]
"""Name → all values, in the order in which they came."""


class Handshake(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An upgrade request, as it was on the wire."""

    host: str
    path: str
    """Raw, without the query."""
    query: str
    """Raw, without the question mark."""
    headers: tuple[tuple[str, str], ...]
    """In order, in the client's spelling."""
    values: Mapping[str, str]
    """The same by lower-case name; of a repeated header the last value."""
    source_ip: str
    is_secure: bool = False
    """Whether it came over TLS."""

    def header(self, name: str) -> str | None:
        """Read a header's last value; its name is compared without case."""
        return self.values.get(name.lower())


def event_headers(handshake: Handshake, domain_name: str, trace_id: str) -> MultiMap:
    """Collect the headers of a CONNECT event, sorted without case. Source: DP-EVT-16, DP-EVT-18.

    The gateway's own headers replace the client's, except that the peer's address is added to an
    `X-Forwarded-For` that is there. `X-Forwarded-Proto` is `https` on every listener: handlers
    check it, and on AWS it cannot be anything else (DP-URL-08).
    """
    collected: dict[str, tuple[str, list[str]]] = {}
    forwarded_for = [handshake.source_ip]
    for name, value in handshake.headers:
        folded = name.lower()
        if folded == "x-forwarded-for":
            forwarded_for.insert(-1, value)
        elif folded in collected:
            collected[folded][1].append(value)
        elif folded not in _NOT_FORWARDED:
            collected[folded] = (name, [value])
    collected["host"] = ("Host", [domain_name])
    collected["x-amzn-trace-id"] = ("X-Amzn-Trace-Id", [trace_id])
    collected["x-forwarded-for"] = ("X-Forwarded-For", [", ".join(forwarded_for)])
    collected["x-forwarded-port"] = ("X-Forwarded-Port", ["443"])
    collected["x-forwarded-proto"] = ("X-Forwarded-Proto", ["https"])
    return dict(spelled for _, spelled in sorted(collected.items()))


def authorizer_headers(headers: MultiMap) -> MultiMap:
    """Add what only the authorizer's event has. Source: DP-EVT-17."""
    added = {
        **headers,
        "Connection": ["upgrade"],
        "Upgrade": ["websocket"],
        "content-length": ["0"],
    }
    return dict(sorted(added.items(), key=lambda item: item[0].lower()))


def query_parameters(query: str) -> MultiMap:
    """Decode a query string; `+` is a space, a key without value is empty. Source: DP-EVT-19."""
    collected: MultiMap = {}
    for pair in query.split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        collected.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return collected


def last_values(values: MultiMap) -> dict[str, str]:
    """Keep the last value of each name. Source: DP-EVT-18, DP-EVT-19."""
    return {name: all_of_them[-1] for name, all_of_them in values.items()}
