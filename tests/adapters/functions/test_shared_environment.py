"""Several calls in one environment, by awslambdaric's own workers and by other runtimes."""

import asyncio
import json
from typing import Any

import pytest

from adapters.functions.laboratory import Lab, is_running, wait_for
from routekey.resources.function import Function
from routekey.tasks import spawn
from scenarios.running import wait_until

WORK = """
import os, pathlib, sys, tempfile, time
if os.environ.get("INIT") == "fail":
    raise ValueError("not today")
if os.environ.get("INIT") == "hang":  # every worker of the first process
    mark = pathlib.Path(os.environ["MARK"], "first")
    try:
        mark.symlink_to(str(os.getppid()))
    except FileExistsError:
        pass
    while os.readlink(mark) == str(os.getppid()):
        time.sleep(60)
def handler(event, context):
    time.sleep(event.get("late", 0))
    if "started" in event:
        open(event["started"], "w").close()
        while not os.path.exists(event["until"]):
            time.sleep(0.002)
    if event.get("print"):
        print(event["print"])
    if event.get("raise"):
        raise ValueError("no")
    if event.get("kill"):
        os.kill(os.getppid(), 9)
        time.sleep(60)
    return [os.getpid(), os.getppid(), context.log_stream_name, event.get("size", 0) * "x"]
"""
THREADS = """
import http.client, json, os, threading
barrier = threading.Barrier(2)
def work():
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        api.request("GET", "/2018-06-01/runtime/invocation/next")
        answer = api.getresponse()
        answer.read()
        barrier.wait()
        request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        body = json.dumps([os.getpid(), threading.get_ident()])
        api.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", body)
        api.getresponse().read()
for _ in range(2):
    threading.Thread(target=work).start()
"""
"""A runtime of our own: two threads, neither of which answers before both have an event."""


class Shop:
    """A function that takes three calls at once."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.until = lab.folder / "go"
        self.answers: list[Any] = []

    def function(self, *, init: str = "", **changes: Any) -> Function:
        variables = {"AWS_LAMBDA_MAX_CONCURRENCY": "3", "INIT": init, "MARK": str(self.lab.folder)}
        return self.lab.python(WORK, environment=variables, **changes)

    async def begin(self, name: str, **more: Any) -> None:
        """Start a call and wait until it runs."""
        started = self.lab.folder / name
        event = {"started": str(started), "until": str(self.until), **more}
        spawn(self._call(event), f"the call {name}")
        await wait_for(started)

    async def end(self, count: int) -> list[Any]:
        """Let the calls go on and give their answers."""
        self.until.touch()
        await wait_until(lambda: len(self.answers) == count, "the calls")
        return self.answers

    async def _call(self, event: dict[str, Any]) -> None:
        self.answers.append(json.loads((await self.lab.invoke(event)).payload))


@pytest.fixture
def shop(lab: Lab) -> Shop:
    return Shop(lab)


@pytest.mark.rule("LAM-ENV-10")
async def test_one_environment_takes_as_many_calls_as_its_function_says(shop: Shop) -> None:
    await shop.lab.serve(shop.function())
    for name in "abcd":
        await shop.begin(name)
    answers = await shop.end(4)
    assert len({pid for pid, *_ in answers}) == 4
    parents = [parent for _, parent, *_ in answers]
    assert sorted(map(parents.count, set(parents))) == [1, 3]
    assert len({stream for *_, stream, _ in answers}) == 2


@pytest.mark.rule("LAM-ENV-10", "LAM-LOG-05")
async def test_the_log_is_in_json_and_tells_each_invocation_from_the_others(shop: Shop) -> None:
    await shop.lab.serve(shop.function())
    await shop.begin("a")
    await shop.begin("b", print="hello")
    await shop.end(2)
    told = [line for line in shop.lab.lines if '"requestId"' in line.text]
    records = [(line.request_id, json.loads(line.text)) for line in told]
    assert all(record["record"]["requestId"] == request_id for request_id, record in records)
    assert len({request_id for request_id, _ in records}) == 2
    assert shop.lab.output() == ["hello"]


async def test_an_error_and_a_large_answer_are_those_of_their_own_calls(shop: Shop) -> None:
    await shop.lab.serve(shop.function())
    results = await asyncio.gather(
        shop.lab.invoke({}), shop.lab.invoke({"raise": 1}), shop.lab.invoke({"size": 7_000_000})
    )
    assert [result.function_error for result in results] == [None, "Unhandled", "Unhandled"]
    errors = [json.loads(result.payload)["errorType"] for result in results[1:]]
    assert errors == ["ValueError", "Function.ResponseSizeTooLarge"]


async def test_one_that_hangs_is_answered_and_the_process_goes_after_the_others(
    shop: Shop,
) -> None:
    await shop.lab.serve(shop.function(timeout=5))
    event = {"late": 3, "started": f"{shop.lab.folder}/h", "until": "/never"}
    hanging = asyncio.gather(shop.lab.fail(event))
    await wait_for(shop.lab.folder / "h")  # three seconds have gone, which the other call has left
    await shop.begin("b")
    [error] = await hanging
    assert error["errorType"] == "Sandbox.Timedout"
    fresh = await shop.lab.call({})
    [(_, parent, *_)] = await shop.end(1)
    assert fresh[1] != parent
    await wait_until(lambda: not is_running(parent), "its end")
    reports = [text for text in shop.lab.platform() if "platform.report" in text]
    assert sum('"status":"timeout"' in text for text in reports) == 1


async def test_a_process_that_ends_takes_every_invocation_with_it(shop: Shop) -> None:
    await shop.lab.serve(shop.function())
    await shop.begin("a")
    assert (await shop.lab.fail({"kill": 1}))["errorType"] == "Runtime.ExitError"
    [error] = await shop.end(1)
    assert error["errorMessage"].endswith("signal: killed")
    assert await shop.lab.call({})


@pytest.mark.rule("LAM-LIFE-02")
async def test_an_init_that_fails_is_told_to_each_call(shop: Shop) -> None:
    await shop.lab.serve(shop.function(init="fail"))
    errors = await asyncio.gather(shop.lab.fail({}), shop.lab.fail({}))
    assert [error["errorMessage"] for error in errors] == ["not today"] * 2
    assert any("platform.initReport" in text for text in shop.lab.platform())


@pytest.mark.rule("LAM-LIFE-01")
async def test_an_init_that_takes_too_long_is_tried_again_in_the_call(shop: Shop) -> None:
    await shop.lab.pools.close()
    shop.lab.pools = shop.lab.make_pools(init_seconds_max=2.0)
    quick = shop.lab.python("def handler(event, context): return 1", "quick")
    await shop.lab.serve(quick)
    await shop.lab.invoke(function="quick")  # so that the zygote runs
    await shop.lab.serve(quick, shop.function(init="hang"))
    assert await shop.lab.call({})
    failed = [text for text in shop.lab.platform() if "platform.initReport" in text]
    assert '"status":"timeout"' in failed[0]


async def test_a_process_that_cannot_start_is_told_to_the_call(shop: Shop) -> None:
    function = shop.function()
    too_much = {**function.environment, "BIG": "x" * 2 * 1024 * 1024}
    await shop.lab.serve(shop.lab.python(WORK, environment=too_much))
    assert (await shop.lab.fail({}))["errorType"] == "Runtime.InvalidEntrypoint"


async def test_closing_answers_what_still_runs(shop: Shop) -> None:
    await shop.lab.serve(shop.function())
    await shop.begin("a")
    await shop.begin("b")
    await shop.lab.pools.close()
    await wait_until(lambda: len(shop.answers) == 2, "the answers")
    assert {answer["errorType"] for answer in shop.answers} == {"Runtime.ExitError"}


async def test_new_code_serves_while_running_calls_finish_on_the_old(shop: Shop) -> None:
    await shop.lab.serve(shop.function())
    await shop.begin("a")
    await shop.lab.serve(shop.function(memory_size=256))
    fresh = await shop.lab.call({})
    [(_, parent, *_)] = await shop.end(1)
    assert fresh[1] != parent
    await wait_until(lambda: not is_running(parent), "its end")


async def test_only_an_environment_without_calls_is_closed_when_it_is_idle(shop: Shop) -> None:
    await shop.lab.pools.close()
    shop.lab.pools = shop.lab.make_pools(idle_seconds_max=0.0)
    await shop.lab.serve(shop.function())
    await shop.begin("a")
    await shop.lab.pools.retire()
    [(_, parent, *_)] = await shop.end(1)
    await shop.lab.pools.retire()
    assert not is_running(parent)


async def test_an_old_environment_ends_with_the_last_of_its_calls(shop: Shop) -> None:
    await shop.lab.pools.close()
    shop.lab.pools = shop.lab.make_pools(age_seconds_max=0.0)
    await shop.lab.serve(shop.function())
    await shop.begin("a")
    await shop.begin("b")
    await shop.lab.pools.retire()
    fresh = await shop.lab.call({})
    answers = await shop.end(2)
    [parent] = {parent for _, parent, *_ in answers}
    assert fresh[1] != parent
    await wait_until(lambda: not is_running(parent), "its end")


async def test_reserved_concurrency_counts_calls_and_no_environments(shop: Shop) -> None:
    await shop.lab.serve(shop.function(reserved_concurrent_executions=3))
    for name in "abc":
        await shop.begin(name)
    answers = await shop.end(3)
    assert len({parent for _, parent, *_ in answers}) == 1


@pytest.mark.rule("LAM-ENV-10", "LAM-RT-02")
async def test_a_custom_runtime_may_serve_its_calls_in_threads(lab: Lab) -> None:
    folder = lab.folder_of({"bootstrap": f"#!/usr/bin/env python3\n{THREADS}"}, "threads")
    (folder / "bootstrap").chmod(0o755)
    variables = {"AWS_LAMBDA_MAX_CONCURRENCY": "2"}
    await lab.serve(lab.function(folder, runtime="provided.al2023", environment=variables))
    one, other = await asyncio.gather(lab.call(), lab.call())
    assert one[0] == other[0]
    assert one[1] != other[1]
