"""The machine as the benchmarks use it: two cores, processes pinned to them, and our C programs.

Servers run on the first core, the load client on the second, so that neither takes from the other.
On a machine with one core both share it, and ratios still compare like with like.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
_CORES: Final = sorted(os.sched_getaffinity(0))
SERVER_CORE: Final = _CORES[0]
CLIENT_CORE: Final = _CORES[-1]
ENVIRONMENT: Final = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""Where Python may not keep its bytecode, every start compiles: that is not what users see."""
_TICK_SECONDS: Final = 1 / os.sysconf("SC_CLK_TCK")
_STOP_SECONDS: Final = 10


class BenchmarkError(Exception):
    """A measurement could not be made; the run says why and goes on with the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the load client measured, and what the server spent meanwhile."""

    rate: float
    """Messages, posts, rounds or handshakes a second."""
    delivered_rate: float
    """Messages that reached somebody else, a second (`fan`, `posts`)."""
    p50_us: float
    p99_us: float
    cpu_us: float
    """CPU of the server for each unit of `rate`; 0 where it was not watched."""
    cpu_us_delivered: float


class Server:
    """A process on the server's core, and what it uses."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    @property
    def cpu_seconds(self) -> float:
        """Tell how much CPU it has used, without its children."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK_SECONDS

    @property
    def resident_bytes(self) -> int:
        """Tell how much memory it has, without its children."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@cache
def build_folder() -> Path:
    """Compile the C programs, once a run."""
    if shutil.which("gcc") is None:
        raise BenchmarkError("gcc is needed (on Debian: apt-get install gcc libc6-dev libssl-dev)")
    folder = Path(tempfile.mkdtemp(prefix="routekey-bench-"))
    client = [str(HERE / "client" / name) for name in ("load.c", "wire.c")]
    with_tls = ["-DWITH_TLS", "-lssl", "-lcrypto"]
    if not _compile(folder / "load", [*client, *with_tls]) and not _compile(
        folder / "load", client
    ):
        raise BenchmarkError("the load client does not compile")
    if not _compile(folder / "echo", [str(HERE / "servers" / "echo.c")]):
        raise BenchmarkError("the C echo server does not compile")
    return folder


def _compile(target: Path, arguments: Sequence[str]) -> bool:
    command = ["gcc", "-O2", "-o", str(target), *arguments]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def pin(pid: int, core: int) -> None:
    """Keep a process, with all its threads, on one core."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


@contextlib.contextmanager
def start_server(command: Sequence[str | Path]) -> Iterator[Server]:
    """Run a server that prints its port, for as long as the block lasts."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.strip().isdigit():
            raise BenchmarkError(f"{command[0]} did not start")
        pin(process.pid, SERVER_CORE)
        yield Server(process, int(line))
    finally:
        stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """End a process, kindly first."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def python_server(name: str, *arguments: str) -> contextlib.AbstractContextManager[Server]:
    """Run one of the servers in benchmarks/servers."""
    return start_server([sys.executable, HERE / "servers" / f"{name}.py", *arguments])


class Client:
    """The load client, as a conversation over its standard streams."""

    def __init__(self, mode: str, server: Server, options: Mapping[str, object]) -> None:
        self.server = server
        named = {"port": server.port, **options}
        self.process = subprocess.Popen(
            [build_folder() / "load", mode, *(f"{name}={value}" for name, value in named.items())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        pin(self.process.pid, CLIENT_CORE)

    def read_line(self) -> str:
        """Read what it says next."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            assert self.process.stderr is not None
            raise BenchmarkError(self.process.stderr.read().strip() or "the load client ended")
        return line.strip()

    def write_line(self, line: str) -> None:
        """Tell it something."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def measure(self) -> Load:
        """Wait for the end of the measured time, and read what came of it."""
        spent = {"ready": 0.0, "start": 0.0, "stop": 0.0}
        while not (line := self.read_line()).startswith("{"):
            if line in spent:
                spent[line] = self.server.cpu_seconds
        seen = json.loads(line)
        if not seen["done"]:
            raise BenchmarkError("nothing was answered in the measured time")
        cpu = spent["stop"] - spent["start"]
        return Load(
            rate=seen["done"] / seen["seconds"],
            delivered_rate=seen["delivered"] / seen["seconds"],
            p50_us=seen["p50_us"],
            p99_us=seen["p99_us"],
            cpu_us=cpu / seen["done"] * 1e6,
            cpu_us_delivered=cpu / max(seen["delivered"], 1) * 1e6,
        )

    def close(self) -> None:
        """Let go of its connections and end it."""
        self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def start_client(mode: str, server: Server, **options: object) -> Iterator[Client]:
    """Run the load client for as long as the block lasts."""
    client = Client(mode, server, options)
    try:
        yield client
    finally:
        client.close()
