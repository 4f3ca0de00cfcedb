"""`X-Amzn-Trace-Id`: which trace a request belongs to, and which part of it asked.

    Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1

A client, or a balancer before us, that sends one wants to find our part again, so a well-formed
header is taken over and passed on to the function; else we make one. Source: DP-EVT-16, DP-MON-19.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from routekey.ids import Ids

_CHARACTERS_MAX: Final = 256
"""Four of the longest fields that AWS's services write; a longer header is no trace header."""
_ROOT: Final = re.compile(r"1-([0-9a-f]{8})-([0-9a-f]{24})")
_PARENT: Final = re.compile(r"[0-9a-f]{16}")
_FIELD: Final = re.compile(r"([A-Za-z]{1,32})=([\w.:?-]+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceHeader:
    """What a trace header says."""

    trace_id: str
    """32 hexadecimal digits, as OpenTelemetry has them."""
    parent_id: str | None
    """16 hexadecimal digits: the part of the trace that asks. None for the first."""
    is_sampled: bool | None
    """Whether whoever asks is recorded; None where it leaves that to us."""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a header; None where it is not well-formed."""
        if len(text) > _CHARACTERS_MAX:
            return None
        fields: dict[str, str] = {}
        for part in text.split(";"):
            field = _FIELD.fullmatch(part.strip())
            if field is None:
                return None
            fields[field[1]] = field[2]
        root = _ROOT.fullmatch(fields.get("Root", ""))
        parent_id = fields.get("Parent")
        if root is None or (parent_id is not None and not _PARENT.fullmatch(parent_id)):
            return None
        sampled = {"0": False, "1": True}.get(fields.get("Sampled", "?"))
        return cls(trace_id=root[1] + root[2], parent_id=parent_id, is_sampled=sampled)

    def render(self) -> str:
        """Write the header."""
        text = f"Root=1-{self.trace_id[:8]}-{self.trace_id[8:]}"
        if self.parent_id is not None:
            text += f";Parent={self.parent_id}"
        return text if self.is_sampled is None else f"{text};Sampled={self.is_sampled:d}"


def choose_trace_header(sent: str | None, ids: Ids, now_ms: int) -> str:
    """Take over what was sent with a request, where it is well-formed; else make a header."""
    if sent is not None and TraceHeader.parse(sent) is not None:
        return sent
    return ids.trace_id(now_ms)
