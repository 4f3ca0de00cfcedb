"""Recursive loops: how often each function has run in one chain of requests.

A function calls another one, or writes to a queue that calls it again, and the SDK of each passes
the trace header on. Lambda notes its invocations there:

    Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=1:a87bd80c:0

after a version, an eight-digit name of the function and how often the chain has come back to it.
That form was observed with one function; we write further ones behind it. Source: Lambda Developer
Guide, "Use Lambda recursive loop detection to prevent infinite loops".
"""

import re
import zlib
from typing import Final

from routekey.errors import FunctionRecursionError

INVOCATIONS_MAX: Final = 16
"""Of one function in one chain; the next one is stopped."""
_FUNCTIONS_MAX: Final = 15
"""In one header, which then has 256 characters; a longer chain forgets who was longest ago."""
_FIELD: Final = ";Lineage="
_LINEAGE: Final = re.compile(r"1((?::[0-9a-f]{8}:\d{1,4}){1,15})")


def lengthen(trace_header: str, function_name: str) -> str:
    """Note in a trace header that a function runs.

    Raises:
        FunctionRecursionError: it has run too often in this chain.
    """
    key = _key(function_name)
    before, separator, lineage = trace_header.partition(_FIELD)
    if not separator:
        return f"{trace_header}{_FIELD}1:{key}:0"
    lineage, _, after = lineage.partition(";")
    counts = _parse(lineage)
    count = counts.pop(key, -1) + 1
    if count >= INVOCATIONS_MAX:
        raise FunctionRecursionError(function_name)
    pairs = [*counts.items(), (key, count)][-_FUNCTIONS_MAX:]
    written = ":".join(f"{name}:{number}" for name, number in pairs)
    return f"{before}{_FIELD}1:{written}{';' if after else ''}{after}"


def has_run(trace_header: str, function_name: str) -> bool:
    """Tell whether a function has run in the chain of a trace header."""
    lineage = trace_header.partition(_FIELD)[2].partition(";")[0]
    return _key(function_name) in _parse(lineage)


def _key(function_name: str) -> str:
    return f"{zlib.crc32(function_name.encode()):08x}"


def _parse(lineage: str) -> dict[str, int]:
    """Read the counts, oldest first; what is not of our form counts for nothing."""
    found = _LINEAGE.fullmatch(lineage)
    if found is None:
        return {}
    parts = found[1][1:].split(":")
    return {name: int(number) for name, number in zip(parts[::2], parts[1::2], strict=True)}
