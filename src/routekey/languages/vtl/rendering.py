"""One rendering of a template: its variables, what it has written, and what it may still do.

Templates are the operator's, their input is a client's. So every rendering has a bound on what it
does and on what it makes: a loop in a loop over a long array, or a string that doubles a thousand
times, ends in an error and not in a gateway that stands still.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from routekey.errors import RoutekeyError
from routekey.quotas import FOREACH_ITERATIONS_MAX


class TemplateRenderError(RoutekeyError):
    """A template failed on its input; the client sees "Internal server error" (DP-VTL-16)."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line: int | None = None
        """Of the template, 1-based; filled in by the reference or directive that failed."""

    def __str__(self) -> str:
        """Render as `line N: problem`."""
        return self.problem if self.line is None else f"line {self.line}: {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one rendering may do."""

    iterations_max: int = FOREACH_ITERATIONS_MAX
    """Of one `#foreach`, which then stops silently, as Velocity does (VTL-DIR-14)."""
    steps_max: int = 100_000
    """References, operators and directives that are evaluated: some 0.1 s, while which
    nothing else runs."""
    characters_max: int = 10 * 1024 * 1024
    """Written or made on the way: the largest payload that API Gateway takes anywhere (REST)."""
    depth_max: int = 60
    """Of strings and definitions within each other: `#define` may use itself."""


LIMITS: Final = Limits()


WriteBlock = Callable[["Rendering"], None]
"""A block, ready to write what it stands for."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What `#define` stored: rendered anew at each use. Source: VTL-DIR-06."""

    write: WriteBlock


class Rendering:
    """The state of one rendering."""

    __slots__ = ("_depth", "characters_left", "limits", "parts", "steps_left", "variables")

    def __init__(self, variables: dict[str, object], limits: Limits) -> None:
        self.variables = variables
        self.limits = limits
        self.steps_left = limits.steps_max
        self.characters_left = limits.characters_max
        self.parts: list[str] = []
        """What has been written so far; `write` and the like count it."""
        self._depth = 0

    def step(self, count: int = 1) -> None:
        """Count things done."""
        self.steps_left -= count
        if self.steps_left < 0:
            raise TemplateRenderError(f"the template takes over {self.limits.steps_max} steps")

    def spend(self, characters: int) -> None:
        """Count characters or elements that have been or are about to be made."""
        self.characters_left -= characters
        if self.characters_left < 0:
            raise TemplateRenderError(
                f"the template makes more than {self.limits.characters_max} characters"
            )

    def write(self, text: str) -> None:
        """Append to the output."""
        self.spend(len(text))
        self.parts.append(text)

    def capture(self, block: WriteBlock) -> str:
        """Give what a block writes, instead of writing it; one level deeper than here."""
        outer, self.parts = self.parts, []
        self._depth += 1
        try:
            if self._depth > self.limits.depth_max:
                raise TemplateRenderError(f"blocks nest deeper than {self.limits.depth_max}")
            block(self)
            return "".join(self.parts)
        finally:
            self._depth -= 1
            self.parts = outer
