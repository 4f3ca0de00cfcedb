"""Files that change: what makes `routekey run` reload.

Descriptions (templates) are watched through their folders, because editors save by replacing a
file. Code is watched through its folders, with everything in them. A burst of changes is one.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from watchfiles import Change, DefaultFilter, awatch

from routekey.tasks import spawn

_QUIET_MS: Final = 50
"""A burst ends when nothing changed for this long …"""
_BURST_MS: Final = 400
"""… or after this long: with the reload itself, a save is served within a second."""

logger = logging.getLogger("routekey.watcher")


class CodeFilter(DefaultFilter):
    """Leave out what is no source: caches, editors' files, and what functions write."""

    ignore_entity_patterns = (
        *DefaultFilter.ignore_entity_patterns,
        r"\.log$",
        r"\.(db|sqlite3?)(-(journal|wal|shm))?$",
    )


class Watcher:
    """Tell when one of a set of files and folders changes.

    Args:
        on_change: called in the event loop with the absolute paths that changed.
        own: files and folders of the watcher's own program, which may lie in a folder that is
            watched: what it writes there is no change.
    """

    def __init__(
        self, on_change: Callable[[frozenset[Path]], None], own: Iterable[Path] = ()
    ) -> None:
        self._on_change = on_change
        self._own = frozenset(path.resolve() for path in own)
        self._ignored: frozenset[Path] = frozenset()
        """Of these, what does not hold all that is watched."""
        self._watched: tuple[frozenset[Path], frozenset[Path], frozenset[Path]] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def watch(
        self, files: Iterable[Path], folders: Iterable[Path], patterns: Iterable[Path] = ()
    ) -> None:
        """Watch these in place of any others, from when this returns on.

        What does not exist is left out.

        Args:
            files: single files, which need not be there yet.
            folders: folders, with everything in them.
            patterns: files that may appear, with wildcards in their names (`/folder/*.tf`).
        """
        wanted = (
            frozenset(files),
            _outermost(folder for folder in folders if folder.is_dir()),
            frozenset(patterns),
        )
        if wanted == self._watched:
            return
        await self.close()
        self._watched = wanted
        files_wanted, folders_wanted, patterns_wanted = wanted

        def is_wanted(_: Change, text: str) -> bool:
            path = Path(text)
            return path in files_wanted or any(
                path.parent == pattern.parent and path.match(pattern.name)
                for pattern in patterns_wanted
            )

        parents = frozenset(path.parent for path in files_wanted | patterns_wanted)
        places = [place.resolve() for place in folders_wanted | parents]
        self._ignored = frozenset(
            own for own in self._own if not any(place.is_relative_to(own) for place in places)
        )
        if parents := frozenset(parent for parent in parents if parent.is_dir()):
            self._start(parents, is_wanted, is_recursive=False)
        if folders_wanted:
            self._start(folders_wanted, CodeFilter(), is_recursive=True)
        await asyncio.sleep(0)  # the tasks' first steps ask the kernel to watch

    async def close(self) -> None:
        """Stop watching."""
        tasks, self._tasks, self._watched = self._tasks, [], None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(
        self,
        folders: frozenset[Path],
        watch_filter: Callable[[Change, str], bool],
        *,
        is_recursive: bool,
    ) -> None:
        work = self._follow(folders, watch_filter, is_recursive=is_recursive)
        self._tasks.append(spawn(work, "watching files"))

    def _is_own(self, path: Path) -> bool:
        found = path.resolve()
        return found in self._ignored or not self._ignored.isdisjoint(found.parents)

    async def _follow(
        self,
        folders: frozenset[Path],
        watch_filter: Callable[[Change, str], bool],
        *,
        is_recursive: bool,
    ) -> None:
        for is_polling in (False, True):
            try:
                async for changes in awatch(
                    *folders,
                    watch_filter=watch_filter,
                    debounce=_BURST_MS,
                    step=_QUIET_MS,
                    recursive=is_recursive,
                    force_polling=is_polling,
                    ignore_permission_denied=True,
                ):
                    paths = frozenset(Path(path) for _, path in changes)
                    if saved := frozenset(path for path in paths if not self._is_own(path)):
                        self._on_change(saved)
            except (OSError, RuntimeError) as error:
                logger.warning(
                    "the kernel cannot watch more files (%s): changes are seen by polling. "
                    "Raise fs.inotify.max_user_watches",
                    error,
                )


def _outermost(folders: Iterable[Path]) -> frozenset[Path]:
    """Leave out the folders that lie in another one: they would be watched twice."""
    unique = frozenset(folders)
    return frozenset(
        folder for folder in unique if not any(parent in unique for parent in folder.parents)
    )
