"""Reload on save: what changed is loaded beside what serves, and takes its place if it loads."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from routekey.adapters.console import Output
from routekey.adapters.watcher import Watcher
from routekey.app import Gateway
from routekey.cli.banner import list_notices, print_notices, shorten
from routekey.errors import InputError
from routekey.resources.function import PackageType
from routekey.resources.project import Project

logger = logging.getLogger("routekey.reloading")


class Reloader:
    """Follow a project's files, and make the gateway serve what they say now.

    Args:
        gateway: what serves the project.
        load: reads the project anew; it may take a while, and raises `InputError`.
        output: where to say what was done.
        own: what this program itself writes, and is no save.
    """

    def __init__(
        self,
        gateway: Gateway,
        load: Callable[[], Project],
        output: Output,
        own: Iterable[Path] = (),
    ) -> None:
        self._gateway = gateway
        self._load = load
        self._output = output
        self._watcher = Watcher(self._note_change, own)
        self._folder = Path()
        self._noticed: frozenset[str] = frozenset()
        self._changed: set[Path] = set()
        self._woken = asyncio.Event()

    async def watch(self, project: Project) -> None:
        """Notice from now on what changes in a project, which is the one that serves."""
        self._folder = Path(project.files[0]).parent if project.files else Path()
        self._noticed = frozenset(list_notices(project, self._gateway.notices))
        codes = [
            code for function in project.functions for code in (function.code, *function.layers)
        ]
        archives = [code.path for code in codes if code.package_type is PackageType.ZIP]
        folders = [
            code.source_path or code.path
            for code in codes
            if code.package_type is PackageType.DIRECTORY
        ]
        await self._watcher.watch(
            map(Path, (*project.files, *archives)),
            map(Path, folders),
            map(Path, project.file_patterns),
        )

    async def follow(self) -> None:
        """Reload whenever something changes, until cancelled."""
        try:
            while True:
                await self._woken.wait()
                self._woken.clear()
                changed, self._changed = self._changed, set()
                await self._reload(changed)
        finally:
            await self._watcher.close()

    def _note_change(self, paths: frozenset[Path]) -> None:
        self._changed |= paths
        self._woken.set()

    async def _reload(self, changed: set[Path]) -> None:
        """Reload once; on failure the old project goes on serving, and the console says why."""
        what = self._name_all(changed)
        noticed, urls = self._noticed, self._list_urls()
        try:
            project = await asyncio.to_thread(self._load)
            await self._gateway.reload(project)
        except Exception as error:
            if isinstance(error, InputError):
                self._output.print(f"{self._output.paint('error:', 'red')} {error}")
            else:  # a fault of ours in reading it must not end the following of saves
                logger.exception("reloading failed")
            self._output.print(f"Not reloaded ({what}): what was there before still serves.")
            return
        await self.watch(project)
        print_notices(self._output, self._noticed - noticed)
        self._output.print(f"{self._output.paint('Reloaded', 'green')}: {what}")
        for url in self._list_urls():
            if url not in urls:
                self._output.print(f"  now also {self._output.paint(url, 'green')}")

    def _list_urls(self) -> list[str]:
        return [stage.url for stage in self._gateway.addresses.stages]

    def _name_all(self, changed: set[Path]) -> str:
        """Name the first few; a file that is gone, as an editor's temporary one, where none is."""
        there = {path for path in changed if path.exists()}
        return shorten(sorted(self._name(path) for path in there or changed))

    def _name(self, path: Path) -> str:
        """Name a file as seen from the project's folder, where that is shorter."""
        return str(path.relative_to(self._folder) if path.is_relative_to(self._folder) else path)
