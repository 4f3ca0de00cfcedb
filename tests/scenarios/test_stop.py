"""The end of a gateway: clients told, `$disconnect` run, no process left."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, write_project
from scenarios.running import (
    WAIT_SECONDS_MAX,
    Running,
    ask,
    descendants,
    is_running,
    wait_until,
)

DIARY = Source(
    text="""
import os, pathlib

def handler(event, context):
    kind = event["requestContext"]["eventType"]
    if kind == "DISCONNECT":
        with open(os.environ["DIARY"], "a") as diary:
            code = event["requestContext"]["disconnectStatusCode"]
            diary.write(f"{code} {event['requestContext']['disconnectReason']}\\n")
    return {"statusCode": 200, "body": "hello"}
"""
)
SLOW_GOODBYE = Source(
    text="""
import time

def handler(event, context):
    if event["requestContext"]["eventType"] == "DISCONNECT":
        print("a long goodbye", flush=True)
        time.sleep(600)
    return {"statusCode": 200, "body": "hello"}
""",
    timeout=600,
)
FAILING_READER = {
    "app.py": """
import boto3

queue = boto3.client("sqs")

def send(event, context):
    queue.send_message(QueueUrl=queue.get_queue_url(QueueName="jobs")["QueueUrl"], MessageBody="x")
    return {"statusCode": 200, "body": "sent"}

def fail(event, context):
    raise ValueError("not this one")
""",
    "serverless.yml": """
service: reading
provider: {name: aws, runtime: python3.12, timeout: 20}
functions:
  send:
    handler: app.send
    events: [{websocket: {route: $default, routeResponseSelectionExpression: $default}}]
  fail:
    handler: app.fail
    events: [{sqs: {arn: !GetAtt Jobs.Arn}}]
resources:
  Resources:
    Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
""",
}
ROUTES = {"$connect": "Diary", "$disconnect": "Diary", "$default": "Diary"}


async def start(
    tmp_path: Path, routekey_run: RoutekeyRun, source: Source, *, shutdown_seconds: int = 600
) -> Running:
    """Start a gateway that has more patience at its end than these tests."""
    project = write_project(tmp_path / "project", {"Diary": source}, ROUTES, two_way=("$default",))
    return await routekey_run(project, *have_patience(tmp_path, shutdown_seconds))


def have_patience(tmp_path: Path, seconds: int) -> tuple[str, str]:
    settings = tmp_path / "routekey.toml"
    settings.write_text(f"[gateway]\nshutdown_seconds = {seconds}\n")
    return "--config", str(settings)


def with_diary(tmp_path: Path) -> Source:
    return Source(text=DIARY.text, environment={"DIARY": str(tmp_path / "diary.txt")})


@pytest.fixture
def hang_ups() -> Iterator[None]:
    """Let processes hear a SIGHUP, where the tests themselves run under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.rule("DP-DIS-03")
@pytest.mark.usefixtures("hang_ups")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_clients_are_told_and_goodbyes_are_run(
    tmp_path: Path, routekey_run: RoutekeyRun, number: signal.Signals
) -> None:
    running = await start(tmp_path, routekey_run, with_diary(tmp_path))
    clients = [await running.connect() for _ in range(3)]
    assert await ask(clients[0], "hello") == "hello"
    stopping = asyncio.gather(*(client.wait_closed() for client in clients))
    code = await running.stop(number)
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        await stopping
    assert code == 0
    assert {(client.close_code, client.close_reason) for client in clients} == {
        (1001, "Going away")
    }
    assert (tmp_path / "diary.txt").read_text() == "1001 Going away\n" * 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
async def test_no_process_is_left(
    tmp_path: Path, routekey_run: RoutekeyRun, number: signal.Signals
) -> None:
    """Not even after `kill -9`: the kernel ends the functions with their gateway."""
    running = await start(tmp_path, routekey_run, with_diary(tmp_path))
    async with running.connect() as client:
        assert await ask(client, "hello") == "hello"
        below = descendants(running.process.pid)
        assert below
        await running.stop(number)
    await wait_until(
        lambda: not any(is_running(*each) for each in below.items()), "the end of every process"
    )


async def test_the_ready_file_goes_with_the_gateway(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    running = await start(tmp_path, routekey_run, with_diary(tmp_path))
    await running.stop()
    assert not (running.output_file.parent / "ready.json").exists()


async def test_a_second_interrupt_does_not_wait_for_goodbyes(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    running = await start(tmp_path, routekey_run, SLOW_GOODBYE)
    async with running.connect() as client:
        assert await ask(client, "hello") == "hello"
        below = descendants(running.process.pid)
        running.process.send_signal(signal.SIGINT)
        with pytest.raises(ConnectionClosed):
            await client.recv()
        await running.wait_for_output("a long goodbye")
        assert await running.stop() == 0
    await wait_until(
        lambda: not any(is_running(*each) for each in below.items()), "the end of every process"
    )


async def test_a_client_that_does_not_answer_the_close_holds_nothing_up(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    """A socket that is open and silent: its kernel takes the close frame, nobody answers."""
    running = await start(tmp_path, routekey_run, with_diary(tmp_path), shutdown_seconds=10)
    async with running.connect() as client:
        assert await ask(client, "hello") == "hello"
        client.transport.pause_reading()
        assert await running.stop() == 0
        client.transport.resume_reading()
    assert (tmp_path / "diary.txt").read_text() == "1001 Going away\n"


async def test_nobody_waits_for_readers_of_queues_and_what_local_services_might_say(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    """They wait for work without end, and a failed batch for its next try: no call runs."""
    project = tmp_path / "project"
    project.mkdir()
    for name, text in FAILING_READER.items():
        (project / name).write_text(text)
    flags = have_patience(tmp_path, 600)
    running = await routekey_run(project, "--data", str(tmp_path / "data"), *flags)
    async with running.connect() as client:
        assert await ask(client, "hello") == "sent"
    await running.wait_for_output("not this one")
    assert await running.stop() == 0
