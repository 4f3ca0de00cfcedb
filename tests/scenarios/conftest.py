"""Whole gateways: `routekey run` as a process of its own, reached by real clients."""

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

START_SECONDS_MAX = 60
"""The first start of a Node function may have to install an SDK."""


class RoutekeyRun(Protocol):
    """Start `routekey run` on a project and wait until it serves."""

    def __call__(self, project: Path, *arguments: str) -> Awaitable[Running]: ...


@pytest.fixture
async def routekey_run(tmp_path: Path) -> AsyncIterator[RoutekeyRun]:
    """Start gateways that end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    async def run(project: Path, *arguments: str) -> Running:
        folder = tmp_path / f"run-{len(started)}"
        folder.mkdir()
        ready_file, output_file = folder / "ready.json", folder / "output.txt"
        command = [sys.executable, "-m", "routekey", "run", str(project), *arguments]
        command += ["--port", "0", "--admin-port", "0", "--ready-file", str(ready_file)]
        environ = os.environ | {"XDG_DATA_HOME": str(tmp_path / "data"), "NO_COLOR": "1"}
        with output_file.open("wb") as output:
            process = await asyncio.to_thread(
                subprocess.Popen,
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environ,
                start_new_session=True,
            )
        started.append(process)
        await _wait_ready(process, ready_file, output_file)
        return Running(process, output_file, json.loads(_read(ready_file)))

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        await asyncio.to_thread(process.wait)


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
