"""A gateway in a process of its own, as a scenario sees it."""

import asyncio
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio import client as websocket_client
from websockets.asyncio.client import ClientConnection

REPOSITORY = Path(__file__).parents[2]
WAIT_SECONDS_MAX = 60
POLL_SECONDS = 0.02

connect = partial(websocket_client.connect, open_timeout=WAIT_SECONDS_MAX)
"""Connect to a gateway whose function may have to start first."""


async def wait_until(
    is_true: Callable[[], bool], what: str, seconds_max: float = WAIT_SECONDS_MAX
) -> None:
    """Look for a condition again and again, and fail with its name when it does not come."""
    loop = asyncio.get_running_loop()
    came = asyncio.Event()

    def look() -> None:
        if is_true():
            came.set()
        else:
            loop.call_later(POLL_SECONDS, look)

    look()
    try:
        await asyncio.wait_for(came.wait(), seconds_max)
    except TimeoutError:
        pytest.fail(f"waited in vain: {what}")


def descendants(process_id: int) -> dict[int, str]:
    """List the processes below one, with their start times, which tell a reused id."""
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1]), fields[19]
    found: dict[int, str] = {}
    wanted = {process_id}
    while wanted:
        wanted = {child for child, (parent, _) in parents.items() if parent in wanted}
        found |= {child: parents[child][1] for child in wanted}
    return found


def is_running(process_id: int, started: str) -> bool:
    """Tell whether a process of `descendants` still runs; a zombie does not."""
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == started and fields[0] != "Z"


@dataclass(slots=True)
class Running:
    """A gateway that serves."""

    process: subprocess.Popen[bytes]
    output_file: Path
    addresses: dict[str, Any]

    @property
    def url(self) -> str:
        """Where clients connect: the first stage of the first API."""
        url: str = self.addresses["apis"][0]["url"]
        return url

    @property
    def callback_url(self) -> str:
        """Where a backend outside of the gateway posts to."""
        stage: str = self.addresses["apis"][0]["stage"]
        return f"{self.addresses['gateway']}/{stage}"

    @property
    def output(self) -> str:
        """All that it has printed until now."""
        return self.output_file.read_text()

    def connect(self, **options: Any) -> websocket_client.connect:
        """Connect a client, to be used in `async with`."""
        return connect(self.url, **options)

    async def wait_for_output(self, text: str) -> None:
        """Wait until it prints a text."""
        try:
            await wait_until(lambda: text in self.output, text)
        except pytest.fail.Exception:
            pytest.fail(f"{text!r} is not in the output:\n{self.output}")

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop, as Ctrl-C does, and give its exit code."""
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, WAIT_SECONDS_MAX)


async def ask(client: ClientConnection, message: str) -> str:
    """Send a message and give the next one that comes."""
    await client.send(message)
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        answer = await client.recv()
    assert isinstance(answer, str)
    return answer
