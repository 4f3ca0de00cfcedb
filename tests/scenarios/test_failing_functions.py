"""Functions that die, hang, or never stop talking: the client gets AWS's frame, others go on."""

import asyncio
import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, node, write_project
from scenarios.running import WAIT_SECONDS_MAX, Running, ask, wait_until

TROUBLE = Source(
    text="""
import json, os, sys, time

def handler(event, context):
    if event["requestContext"]["eventType"] != "MESSAGE":
        return {"statusCode": 200}
    what = json.loads(event["body"])["action"]
    if what == "pid":
        return {"statusCode": 200, "body": str(os.getpid())}
    if what == "hang":
        print("hanging in", os.getpid(), flush=True)
        time.sleep(600)
    if what == "exit":
        os._exit(3)
    if what == "raise":
        raise RuntimeError("out of luck")
    if what == "flood":
        for number in range(100_000):
            print(f"{number:06d} " + "x" * 93)
        return {"statusCode": 200, "body": "flooded"}
    if what == "long line":
        print("y" * 10_000_000)
        return {"statusCode": 200, "body": "one line"}
    return {"statusCode": 200, "body": what}
""",
)
TROUBLE_IN_NODE = node(
    """
exports.handler = async (event) => {
    if (event.requestContext.eventType !== "MESSAGE") return { statusCode: 200 };
    const what = JSON.parse(event.body).action;
    if (what === "pid") return { statusCode: 200, body: String(process.pid) };
    if (what === "hang") { console.log("hanging in " + process.pid); await new Promise(() => {
        setInterval(() => {}, 1000); }); }
    if (what === "exit") process.exit(3);
    if (what === "raise") throw new Error("out of luck");
    if (what === "flood") {
        for (let i = 0; i < 100000; i++) console.log(String(i).padStart(6, "0") + "x".repeat(93));
        return { statusCode: 200, body: "flooded" };
    }
    if (what === "long line") { console.log("y".repeat(10000000));
        return { statusCode: 200, body: "one line" }; }
    return { statusCode: 200, body: what };
};
""",
)


@pytest.fixture
def seconds() -> int:
    """Tell how long a call may take: on a slow machine a flood takes its time."""
    return 20


@pytest.fixture(params=[TROUBLE, TROUBLE_IN_NODE], ids=["python", "node"])
async def running(
    request: pytest.FixtureRequest, tmp_path: Path, routekey_run: RoutekeyRun, seconds: int
) -> Running:
    routes = {"$connect": "Trouble", "$disconnect": "Trouble", "$default": "Trouble"}
    functions = {"Trouble": replace(request.param, timeout=seconds)}
    project = write_project(tmp_path / "project", functions, routes, two_way=("$default",))
    return await routekey_run(project)


def action(name: str) -> str:
    return json.dumps({"action": name})


def assert_is_server_error(frame: str) -> None:
    content = json.loads(frame)
    assert content["message"] == "Internal server error"
    assert set(content) == {"message", "connectionId", "requestId"}


@pytest.mark.rule("DP-WIRE-04")
@pytest.mark.parametrize("trouble", ["exit", "raise"])
async def test_a_function_that_fails_gives_an_error_frame(running: Running, trouble: str) -> None:
    """The connection stays open, and the next call works."""
    async with running.connect() as client:
        assert_is_server_error(await ask(client, action(trouble)))
        assert await ask(client, action("hello")) == "hello"


async def test_a_function_that_is_killed_gives_an_error_frame(running: Running) -> None:
    async with running.connect() as client:
        process_id = int(await ask(client, action("pid")))
        await client.send(action("hang"))
        await running.wait_for_output("hanging in")
        os.kill(process_id, signal.SIGKILL)
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            frame = await client.recv()
        assert_is_server_error(str(frame))
        assert await ask(client, action("hello")) == "hello"


@pytest.mark.parametrize("seconds", [3])
async def test_a_function_that_never_returns_is_ended_by_its_timeout(running: Running) -> None:
    async with running.connect() as client:
        assert_is_server_error(await ask(client, action("hang")))
        assert await ask(client, action("hello")) == "hello"
    await running.wait_for_output("Task timed out after 3.00 seconds")


async def test_one_that_hangs_does_not_hold_up_the_others(running: Running) -> None:
    async with running.connect() as stuck, running.connect() as client:
        await stuck.send(action("hang"))
        await running.wait_for_output("hanging in")
        assert await ask(client, action("hello")) == "hello"


async def test_a_flood_of_lines_is_printed_and_stops_nothing(running: Running) -> None:
    async with running.connect() as client:
        assert await ask(client, action("flood")) == "flooded"
        assert await ask(client, action("hello")) == "hello"

    def is_told() -> bool:
        return "lines dropped" in running.output or running.output.count("x" * 93) == 100_000

    await wait_until(is_told, "every line, or how many are missing")


async def test_a_line_of_ten_megabytes_is_cut_and_stops_nothing(running: Running) -> None:
    async with running.connect() as client:
        assert await ask(client, action("long line")) == "one line"
        assert await ask(client, action("hello")) == "hello"
    await running.wait_for_output("y" * 1000)
