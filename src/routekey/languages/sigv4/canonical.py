"""The canonical request: the one text that client and server both make of a request.

It has six parts (SEC-SIG-02): method, path, query, headers, their names, and the body's hash. What
two requests with the same canonical text can differ in has no meaning: the order of the query, the
spelling of an escape, spaces around a header's value.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"

_UNRESERVED = "-_.~"
_RESERVED_IN_PATH = re.compile(r"[^A-Za-z0-9\-_.~/%]")
_ESCAPES = {chr(byte): f"%{byte:02X}" for byte in range(256)}


def canonical_request(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    signed_headers: Sequence[str],
    payload_hash: str,
) -> str:
    """Put the canonical request together.

    Args:
        method: as it was sent.
        path: as it was sent.
        query: already canonical.
        headers: by lower-case name. One that was signed and is not here leaves no line, so that
            the signature over it fails.
        signed_headers: the names of those that count.
        payload_hash: hexadecimal SHA-256 of the body, or `UNSIGNED-PAYLOAD`.
    """
    lines = [
        f"{name}:{' '.join(headers[name].split())}\n" for name in signed_headers if name in headers
    ]
    return (
        f"{method}\n{canonical_path(path)}\n{query}\n{''.join(lines)}\n"
        f"{';'.join(signed_headers)}\n{payload_hash}"
    )


def canonical_path(path: str) -> str:
    """Encode a path once more, as it is on the wire (SEC-SIG-03).

    Doubled slashes and dot segments are resolved first, as every SDK but those of S3 does. Such
    paths name nothing here, so it matters only to the published test vectors.
    """
    if "//" in path or "/." in path:
        path = _without_dots(path)
    # The two that every path of ours has go first: a callback for each match costs more.
    path = path.replace("%", "%25").replace("@", "%40")
    return _RESERVED_IN_PATH.sub(_escape, path) or "/"


def canonical_query(query: str, *, is_presigned: bool) -> str:
    """Decode and encode each parameter; sort by name, then by value (SEC-SIG-05).

    A `+` is a space, as the event has it (DP-EVT-19). A presigned request's own signature does not
    count.
    """
    pairs = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if not pair or (is_presigned and name == "X-Amz-Signature"):
            continue
        pairs.append((_canonical_component(name), _canonical_component(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _canonical_component(text: str) -> str:
    if text.isalnum() and text.isascii():
        return text
    raw = text.replace("+", " ").encode("latin-1", "replace")
    return quote_from_bytes(unquote_to_bytes(raw), safe=_UNRESERVED)


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0], "%3F")  # what is not latin-1 did not come off the wire


def _without_dots(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    end = "/" if path.endswith("/") and kept else ""
    return f"/{'/'.join(kept)}{end}"
