"""Access log formats: a line of the operator's own, with `$context` variables in it.

    {"id":"$context.requestId","route":"$context.routeKey","status":"$context.status"}

Parsed when a stage is compiled; rendered once for each handshake, message, goodbye and command of
the stage. What is not set prints `-`. Source: DP-MON-11 to DP-MON-14.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from routekey.gateway.context import find_in_context

_VARIABLE: Final = re.compile(r"\$context\.([A-Za-z0-9_.-]*[A-Za-z0-9_-])")
_UNSET: Final = "-"
_CONTROL: Final = dict.fromkeys(range(0x20), " ")
"""A client's text (its user agent) must not begin a line of its own."""


@dataclass(frozen=True, slots=True)
class AccessLogFormat:
    """A parsed format."""

    texts: tuple[str, ...]
    """What stands between the variables: one more than there are variables."""
    names: tuple[str, ...]
    """Of the variables, without `$context.`."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a format; any text is one."""
        parts = _VARIABLE.split(text)
        return cls(tuple(parts[::2]), tuple(parts[1::2]))

    def render(self, context: Mapping[str, object]) -> str:
        """Write one line, without its end."""
        pieces = [self.texts[0]]
        for name, text in zip(self.names, self.texts[1:], strict=True):
            pieces += (find_in_context(context, name) or _UNSET, text)
        return "".join(pieces).translate(_CONTROL)
