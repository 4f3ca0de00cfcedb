"""What a user should know of a project that works nevertheless, each said once."""

from routekey.projects.document import Place
from routekey.resources.project import Notice

NOTICES_MAX = 200  # more than anybody reads


class Notices:
    """Collects notices while a project is read."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str | None], Notice] = {}

    def add(self, text: str, place: Place | None = None) -> None:
        """Say something, of a place or of the whole project."""
        key = (text, None if place is None else place.resource)
        if key in self._all or len(self._all) >= NOTICES_MAX:
            return
        self._all[key] = Notice(
            text=text,
            file=place.document.file if place else None,
            line=place.line if place else None,
            resource=place.resource if place else None,
        )

    def all(self) -> tuple[Notice, ...]:
        """Give everything that was said, in order."""
        return tuple(self._all.values())
