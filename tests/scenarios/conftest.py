"""Whole gateways, each a process of its own, reached by real clients."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Protocol

import pytest

from scenarios.running import Running, wait_until

START_SECONDS_MAX = 180
"""The first start of a Node function may have to install an SDK."""


class RoutekeyRun(Protocol):
    """Start a gateway on a project and wait until it serves."""

    def __call__(self, project: Path | None, *arguments: str) -> Awaitable[Running]: ...


class Starter:
    """Starts gateways with one verb, and ends them."""

    def __init__(self, folder: Path, verb: str, *flags: str) -> None:
        self._folder = folder
        self._verb = verb
        self._flags = flags
        self._started: list[subprocess.Popen[bytes]] = []

    async def __call__(self, project: Path | None, *arguments: str) -> Running:
        """Start one; without a project it serves what AWS's APIs make."""
        folder = self._folder / f"{self._verb}-{len(self._started)}"
        folder.mkdir()
        ready_file, output_file = folder / "ready.json", folder / "output.txt"
        command = [sys.executable, "-m", "routekey", self._verb]
        command += [*([] if project is None else [str(project)]), *arguments]
        command += ["--port", "0", "--ready-file", str(ready_file), *self._flags]
        environ = {"XDG_DATA_HOME": str(self._folder / "data"), "ROUTEKEY_ADMIN_PORT": "0"}
        with output_file.open("wb") as output:
            process = await asyncio.to_thread(
                subprocess.Popen,
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | environ,
                start_new_session=True,
            )
        self._started.append(process)
        await _wait_ready(process, ready_file, output_file)
        return Running(process, output_file, json.loads(_read(ready_file)))

    async def end(self) -> None:
        """Kill those that still run."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            await asyncio.to_thread(process.wait)


@pytest.fixture
async def routekey_run(tmp_path: Path) -> AsyncIterator[RoutekeyRun]:
    """`routekey run`, ended with the test."""
    starter = Starter(tmp_path, "run", "--admin-port", "0")
    yield starter
    await starter.end()


@pytest.fixture
async def routekey_serve(tmp_path: Path) -> AsyncIterator[RoutekeyRun]:
    """`routekey serve`, ended with the test."""
    starter = Starter(tmp_path, "serve")
    yield starter
    await starter.end()


async def _wait_ready(
    process: subprocess.Popen[bytes], ready_file: Path, output_file: Path
) -> None:
    def is_decided() -> bool:
        return ready_file.exists() or process.poll() is not None

    await wait_until(is_decided, "the gateway's start", START_SECONDS_MAX)
    if process.poll() is not None:
        pytest.fail(f"it ended with {process.returncode}:\n{_read(output_file)}")


def _read(file: Path) -> str:
    return file.read_text()
