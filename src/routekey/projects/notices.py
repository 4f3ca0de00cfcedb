"""What a user should know of a project that works nevertheless, each said once.

Some projects leave open what only their owner knows: a parameter without a default, a variable of
the environment. On a developer's machine a guess lets them start; in production it is an error.
"""

from routekey.projects.document import Place
from routekey.resources.project import Notice

NOTICES_MAX = 200  # more than anybody reads


class Notices:
    """Collects notices while a project is read.

    Args:
        is_guessing: whether what nobody has said may be guessed.
    """

    def __init__(self, *, is_guessing: bool = True) -> None:
        self._is_guessing = is_guessing
        self._all: dict[tuple[str, str | None], Notice] = {}

    @property
    def is_guessing(self) -> bool:
        """Tell whether what nobody has said may be guessed."""
        return self._is_guessing

    def add(self, text: str, place: Place | None = None, *, is_refused: bool = False) -> None:
        """Say something, of a place or of the whole project."""
        key = (text, None if place is None else place.resource)
        if key in self._all or len(self._all) >= NOTICES_MAX:
            return
        self._all[key] = Notice(
            text=text,
            file=place.document.file if place else None,
            line=place.line if place else None,
            resource=place.resource if place else None,
            is_refused=is_refused,
        )

    def guess(
        self, problem: str, guessed: str, place: Place, remedy: str, *, is_refused: bool = False
    ) -> None:
        """Say that nobody has said something, and what is taken instead.

        Raises:
            ProjectError: nothing may be guessed.
        """
        if not self._is_guessing:
            raise place.error(problem, remedy)
        text = ". ".join(filter(None, (f"{problem}; {guessed}", remedy)))
        self.add(text, place, is_refused=is_refused)

    def all(self) -> tuple[Notice, ...]:
        """Give everything that was said, in order."""
        return tuple(self._all.values())
