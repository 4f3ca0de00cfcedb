import asyncio
import os
import signal
from pathlib import Path

import uvloop

from benchmarks.inside import answer_to, count
from routekey.tasks import spawn


async def _wait(for_what: asyncio.Event) -> None:
    await for_what.wait()


def test_tasks_and_timers_are_counted_and_no_longer_when_they_are_over() -> None:
    async def look() -> list[dict[str, int]]:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        counts = [count()]
        timers = [loop.call_later(60, over.set) for _ in range(3)]
        tasks = [spawn(_wait(over), "wait") for _ in range(2)]
        counts.append(count())
        for timer in timers:
            timer.cancel()
        over.set()
        await asyncio.gather(*tasks)
        return [*counts, count()]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        before, between, after = runner.run(look())
    assert before == {"tasks": 1, "timers": 0}
    assert between == {"tasks": 3, "timers": 3}
    assert after == before


def test_a_signal_has_the_counts_written(tmp_path: Path) -> None:
    answer = tmp_path / "counts.json"
    previous = signal.getsignal(signal.SIGUSR1)

    async def be_asked() -> str:
        os.kill(os.getpid(), signal.SIGUSR1)
        return answer.read_text(encoding="utf-8")

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            answer_to(answer)
            assert runner.run(be_asked()) == '{"tasks": 1, "timers": 0}'
    finally:
        signal.signal(signal.SIGUSR1, previous)
