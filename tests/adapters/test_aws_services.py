"""Other AWS services, on the real emulator."""

import asyncio
import re
import socket
import sys
from pathlib import Path

import pytest

from adapters.emulated import ACCOUNT, Local
from routekey.errors import InputError
from routekey.resources.service import ServiceResource
from scenarios.running import wait_until


def table(name: str, **more: object) -> ServiceResource:
    return ServiceResource(
        type="AWS::DynamoDB::Table",
        logical_id="Connections",
        properties={
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            **more,
        },
    )


def queue(name: str) -> ServiceResource:
    return ServiceResource(
        type="AWS::SQS::Queue", logical_id="Jobs", properties={"QueueName": name, "FifoQueue": True}
    )


async def test_what_the_project_declares_is_there_under_its_own_name(local: Local) -> None:
    await local.services.make([table("chat-connections"), queue("jobs.fifo")])
    assert (await local.call("dynamodb", "list_tables"))["TableNames"] == ["chat-connections"]
    url = (await local.call("sqs", "get_queue_url", QueueName="jobs.fifo"))["QueueUrl"]
    assert url.endswith(f"/{ACCOUNT}/jobs.fifo")
    await local.call(
        "dynamodb", "put_item", TableName="chat-connections", Item={"id": {"S": "one"}}
    )
    assert local.said == []


async def test_a_reload_adds_what_is_new_and_keeps_what_is_held(local: Local) -> None:
    await local.services.make([table("chat")])
    await local.call("dynamodb", "put_item", TableName="chat", Item={"id": {"S": "one"}})
    await local.services.make([table("chat"), queue("jobs.fifo")])
    assert (await local.call("dynamodb", "scan", TableName="chat"))["Count"] == 1
    assert (await local.call("sqs", "list_queues"))["QueueUrls"]


async def test_what_the_emulator_cannot_make_is_named_and_the_rest_is_made(local: Local) -> None:
    broken = ServiceResource(
        type="AWS::DynamoDB::Table", logical_id="Broken", properties={"TableName": 7}
    )
    await local.services.make([queue("jobs.fifo"), broken])
    assert (await local.call("sqs", "list_queues"))["QueueUrls"]
    assert len(local.said) == 1
    assert "cannot make" in local.said[0]


async def test_nothing_declared_starts_nothing(local: Local) -> None:
    await local.services.make([])
    await local.services.close()
    assert local.said == []


async def test_one_that_ended_is_started_again(local: Local) -> None:
    await local.services.make([queue("jobs.fifo")])
    assert local.started == [await local.services.endpoint()]
    process = local.services._process
    assert process is not None
    process.kill()
    await process.wait()
    assert (await local.call("sqs", "list_queues")).get("QueueUrls") is None
    await local.services.make([queue("jobs.fifo")])
    assert (await local.call("sqs", "list_queues"))["QueueUrls"]
    assert local.started[1:] == [await local.services.endpoint()]


async def test_its_port_is_nobody_else_s_while_it_starts(local: Local) -> None:
    starting = asyncio.gather(local.services.endpoint())
    ports: list[bytes] = []

    def has_begun() -> bool:
        if (process := local.services._process) is not None:
            command = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            ports.extend(re.findall(rb"\0-p(\d+)\0", command))
        return bool(ports)

    await wait_until(has_begun, "its process")
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", int(ports[0])))
    [endpoint] = await starting
    assert endpoint == f"http://127.0.0.1:{int(ports[0])}"


async def test_without_the_extra_the_error_says_what_to_install(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "moto.server", None)
    with pytest.raises(InputError, match=r"routekey\[local\]"):
        await local.services.endpoint()
