"""JSON patches, as the older `apigateway` API updates its resources.

    {"op": "replace", "path": "/throttle/rateLimit", "value": "100"}

Every value is text. A resource says which paths it has; here is what all of them share.

Source: CP-PROTO-05; API Gateway API Reference, "PatchOperation".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from routekey.endpoints.control_plane.shapes import Members, snake_case
from routekey.errors import BadRequestException


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One step of an update."""

    op: str
    """`add`, `remove` or `replace`; AWS's others are for resources that are not here."""
    path: tuple[str, ...]
    """Its segments, unescaped."""
    value: str

    @classmethod
    def read(cls, request: Members) -> Sequence[Self]:
        """Read the patches of a request."""
        return [
            cls(
                op=one.get("op", ""),
                path=tuple(_unescape(part) for part in one.get("path", "").split("/")[1:]),
                value=one.get("value", ""),
            )
            for one in request.get("patch_operations", ())
        ]

    @property
    def field(self) -> str:
        """The field that the first segment names."""
        return snake_case(self.path[0]) if self.path and self.path[0] else ""

    def refuse(self) -> BadRequestException:
        """Make the refusal of a step that the resource does not know."""
        return BadRequestException(
            f"Invalid patch path '/{'/'.join(self.path)}' specified for op '{self.op}'"
        )

    def integer(self) -> int:
        """Read the value as a whole number.

        Raises:
            BadRequestException: it is none.
        """
        if not (self.value.isascii() and self.value.isdigit()) or len(self.value) > len(str(2**31)):
            raise BadRequestException(f"Invalid value '{self.value}': it must be an integer")
        return int(self.value)

    def number(self) -> float:
        """Read the value as a rate.

        Raises:
            BadRequestException: it is none.
        """
        try:
            rate = float(self.value)
        except ValueError:
            rate = -1.0
        if not 0 <= rate < float("inf"):
            raise BadRequestException(f"Invalid value '{self.value}': it must be a number")
        return rate


def _unescape(segment: str) -> str:
    return segment.replace("~1", "/").replace("~0", "~")
