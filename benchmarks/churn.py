"""`python -m benchmarks.churn`: a long life in little time, after which nothing may be left over.

Waves of clients connect, send what is answered, what fails and what is nonsense, and leave politely
or not; between the waves the project is saved, so that the gateway reloads. The first tenth of the
time pays for what is made once and fills the caches, each of which has a bound; in its first waves
the gateway is held up again and again, as on a busy machine, so that more of a wave is in it at
once than ever later. After that, memory, file descriptors, threads, processes, tasks and timers
must come back.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from benchmarks import inside
from benchmarks.gateway import PATH, descendants, extend_project, start_gateway
from benchmarks.machine import Server
from routekey.tasks import spawn

_CLIENTS: Final = 150
_MESSAGES: Final = (
    '{"action": "echo"}',
    '{"action": "reply", "text": "hello"}',
    '{"action": "post", "text": "hello"}',
    '{"action": "fail"}',
    "not json",
    "",
    "x" * 20_000,
)
_NONSENSE: Final = (b"\x00binary", "y" * 33_000)
"""A binary message and a frame that is too large: each ends its connection."""
_PARTS: Final = 10
"""The first is not counted."""
_WAVES_MIN: Final = 3
_HELD_UP_WAVES: Final = 5
_STANDSTILL_SECONDS: Final = 0.2
_TURN_SECONDS: Final = 0.05
_REST_SECONDS: Final = 40.0
"""Until what the waves had is over: old environments, and the time that integrations may take."""
_SETTLE_SECONDS: Final = 60.0
_GROWTH_BYTES_MAX: Final = 12 * 1024 * 1024
"""What an allocator may keep: the arenas of the largest wave, not one more for each wave."""
_THREADS_MAX: Final = 6
"""How many threads more there may be: the default executor makes its own as they are needed."""
_FAIL_ROUTE: Final = """
  FailFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: fail.handler
  Fail:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${FailFunction}
  FailRoute:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: fail
      Target: !Sub integrations/${Fail}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What a process holds."""

    resident_bytes: int
    descriptors: int
    threads: int
    processes: int
    tasks: int
    timers: int

    def find_growth(self, later: "Holdings") -> list[str]:
        """Say what there is more of, later."""
        grown = [
            f"{name}: {before} before, {after} after"
            for name, before, after in (
                ("descriptors", self.descriptors, later.descriptors),
                ("threads", self.threads + _THREADS_MAX, later.threads),
                ("processes", self.processes, later.processes),
                ("tasks", self.tasks, later.tasks),
                ("timers", self.timers, later.timers),
            )
            if after > before
        ]
        growth = later.resident_bytes - self.resident_bytes
        if growth > _GROWTH_BYTES_MAX:
            grown.append(f"memory: {growth >> 20} MB more")
        return grown


def hold(server: Server, counts: Path) -> Holdings:
    """Look at what the gateway holds now; it tells what it counts itself in the file."""
    proc = Path(f"/proc/{server.process.pid}")
    return Holdings(
        resident_bytes=server.resident_bytes,
        descriptors=len(list((proc / "fd").iterdir())),
        threads=len(list((proc / "task").iterdir())),
        processes=len(descendants(server.process.pid)),
        **inside.ask(server.process, counts),
    )


async def _live(url: str, number: int) -> None:
    """Live one client's life; its number decides how it talks and how it ends."""
    try:
        client = await connect(url, compression=None, max_size=None)
    except (InvalidStatus, OSError):
        return
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        await _talk(client, number)
    if number % 3 == 0:
        client.transport.abort()
    else:
        await client.close()


async def _talk(client: ClientConnection, number: int) -> None:
    for message in _MESSAGES:
        await client.send(message)
    for _ in range(2 + number % 5):
        async with asyncio.timeout(2):
            await client.recv()
    if number % 7 == 0:
        await client.send(_NONSENSE[number % 2])
        async with asyncio.timeout(2):
            await client.recv()


async def _wave(url: str) -> None:
    await asyncio.gather(*(_live(url, number) for number in range(_CLIENTS)))


async def _settle(server: Server, counts: Path, before: Holdings) -> list[str]:
    """Wait until what is left is what was there before, for a bounded time."""
    until = time.monotonic() + _SETTLE_SECONDS
    while growth := before.find_growth(hold(server, counts)):
        if time.monotonic() > until:
            return growth
        await asyncio.sleep(0.2)
    return []


async def churn(server: Server, counts: Path, project: Path, seconds: float) -> list[str]:
    """Make waves for so long, and say how it goes; gives what is left over."""
    url = f"ws://127.0.0.1:{server.port}{PATH}"
    await _make_waves_held_up(server, url, project)
    await _make_waves(url, project, seconds / _PARTS)
    await asyncio.sleep(_REST_SECONDS)
    before = hold(server, counts)
    print(before, flush=True)
    waves = 0
    for _ in range(_PARTS - 1):
        waves += await _make_waves(url, project, seconds / _PARTS)
        print(f"{waves} waves: {server.resident_bytes >> 20} MB", flush=True)
    left = await _settle(server, counts, before)
    print(f"{waves} waves of {_CLIENTS} clients; {hold(server, counts)}")
    return left


async def _make_waves_held_up(server: Server, url: str, project: Path) -> None:
    """Make waves while the gateway has a turn now and then."""
    holding = spawn(_hold_up(server), "hold the gateway up")
    try:
        for _ in range(_HELD_UP_WAVES):
            _save(project)
            await _wave(url)
    finally:
        holding.cancel()
        server.process.send_signal(signal.SIGCONT)


async def _hold_up(server: Server) -> None:
    while True:
        server.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(_STANDSTILL_SECONDS)
        server.process.send_signal(signal.SIGCONT)
        await asyncio.sleep(_TURN_SECONDS)


async def _make_waves(url: str, project: Path, seconds: float) -> int:
    """Make waves for so long, three of them at least; gives how many there were."""
    waves, until = 0, time.monotonic() + seconds
    while waves < _WAVES_MIN or time.monotonic() < until:
        await _wave(url)
        _save(project)
        waves += 1
    return waves


def _save(project: Path) -> None:
    """Save the project, which reloads it."""
    for file in ("template.yaml", "functions/reply.py"):
        text = (project / file).read_text(encoding="utf-8")
        (project / file).write_text(text + "\n# saved\n", encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Churn for as long as the arguments say; 1 when something is left over."""
    parser = argparse.ArgumentParser(prog="benchmarks.churn", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="default: %(default)s")
    options = parser.parse_args(arguments)
    with extend_project(_FAIL_ROUTE) as project, tempfile.TemporaryDirectory() as folder:
        (project / "functions" / "fail.py").write_text("def handler(event, context):\n    1 / 0\n")
        counts = Path(folder) / "counts.json"
        program = ("benchmarks.inside", str(counts))
        with start_gateway(project, follows_changes=True, program=program) as server:
            left = asyncio.run(churn(server, counts, project, options.seconds))
    for line in left:
        print(f"left over: {line}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
