"""Run Autobahn's fuzzing client against an echo server on our wire, and judge its report.

Usage: run_suite.py WSTEST [CASE …]

The server takes binary messages and large ones, which the gateway never does, so that the codec
can be tried with them. Groups 12 and 13 are left out: they are about compression, which we do not
negotiate (DP-HSK-11).
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from routekey.endpoints.wire import Application, Exchange, Listener, Settings, WebSocket

_GROUPS = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"]
_MESSAGE_BYTES_MAX = 16 * 1024 * 1024
"""Group 9's largest."""
_PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}
"""NON-STRICT: right, later than could be. INFORMATIONAL: the RFC leaves it open."""


class SystemClock:
    """The machine's time."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class Echo:
    """Send back each message as it came."""

    def __init__(self) -> None:
        self.websocket: WebSocket | None = None

    def on_text(self, text: bytes) -> None:
        assert self.websocket is not None
        self.websocket.send_text(text)

    def on_binary(self, payload: bytes) -> None:
        assert self.websocket is not None
        self.websocket.send_binary(payload)

    def on_ping(self) -> None:
        pass

    def on_closed(self, code: int, reason: str) -> None:
        pass


class EchoServer(Application):
    """Accept every WebSocket."""

    def handle_request(self, exchange: Exchange) -> None:
        session = Echo()
        session.websocket = exchange.upgrade((), session)


async def run_suite(wstest: str, cases: list[str], folder: Path) -> dict[str, dict[str, str]]:
    """Run the cases; give behaviour and closing behaviour by case."""
    settings = Settings(
        frame_bytes_max=_MESSAGE_BYTES_MAX,
        message_bytes_max=_MESSAGE_BYTES_MAX,
        send_buffer_bytes_max=2 * _MESSAGE_BYTES_MAX,
        accepts_binary=True,
    )
    listener = await Listener.start(
        EchoServer(), "127.0.0.1", 0, clock=SystemClock(), settings=settings
    )
    spec = folder / "spec.json"
    server = {"agent": "routekey", "url": f"ws://127.0.0.1:{listener.port}"}
    spec.write_text(json.dumps({"outdir": str(folder), "servers": [server], "cases": cases}))
    command = [wstest, "--mode", "fuzzingclient", "--spec", str(spec)]
    process = await asyncio.create_subprocess_exec(*command, cwd=folder)
    code = await process.wait()
    listener.abort()
    await listener.wait_closed()
    if code:
        sys.exit(f"wstest ended with {code}")
    report: dict[str, dict[str, str]] = json.loads((folder / "index.json").read_text())["routekey"]
    return report


def main() -> None:
    """Run, print what failed, and exit with 1 if anything did."""
    wstest, *cases = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(run_suite(wstest, cases or _GROUPS, Path(folder)))
    if not report:
        sys.exit("autobahn: no case was run")
    failed = {
        case: result
        for case, result in report.items()
        if not {result["behavior"], result["behaviorClose"]} <= _PASSED
    }
    for case, result in failed.items():
        sys.stdout.write(f"{case}: {result['behavior']}, closing {result['behaviorClose']}\n")
    verdicts = [result["behavior"] for result in report.values()]
    counts = ", ".join(f"{verdicts.count(each)} {each}" for each in sorted(set(verdicts)))
    sys.stdout.write(f"autobahn: {len(report)} cases: {counts}\n")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
