"""Reload on save: what changed is loaded beside what serves, and takes its place if it loads."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from routekey.adapters.console import Output
from routekey.adapters.watcher import Watcher
from routekey.app import Gateway
from routekey.cli.banner import print_notices
from routekey.errors import InputError
from routekey.resources.function import PackageType
from routekey.resources.project import Project


class Reloader:
    """Follow a project's files, and make the gateway serve what they say now.

    Args:
        gateway: what serves the project.
        load: reads the project anew; it may take a while, and raises `InputError`.
        output: where to say what was done.
    """

    def __init__(self, gateway: Gateway, load: Callable[[], Project], output: Output) -> None:
        self._gateway = gateway
        self._load = load
        self._output = output
        self._watcher = Watcher(self._note_change)
        self._changed: set[Path] = set()
        self._woken = asyncio.Event()

    async def watch(self, project: Project) -> None:
        """Notice from now on what changes in a project."""
        await self._watcher.watch(
            [Path(file) for file in project.files],
            [
                Path(code.path)
                for function in project.functions
                for code in (function.code, *function.layers)
                if code.package_type is PackageType.DIRECTORY
            ],
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
        what = ", ".join(sorted(path.name for path in changed))
        known = {stage.url for stage in self._gateway.addresses.stages}
        try:
            project = await asyncio.to_thread(self._load)
            await self._gateway.reload(project)
        except InputError as error:
            label = self._output.paint("error:", "red")
            self._output.print(f"{label} {error}")
            self._output.print(f"Not reloaded ({what}): what was there before still serves.")
            return
        await self.watch(project)
        print_notices(self._output, project.notices, self._gateway.notices)
        self._output.print(f"{self._output.paint('Reloaded', 'green')}: {what}")
        for stage in self._gateway.addresses.stages:
            if stage.url not in known:
                self._output.print(f"  now also {self._output.paint(stage.url, 'green')}")
