"""The data plane on real sockets: handshakes, messages and ends of connections."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from endpoints.gateway_on_socket import (
    UPGRADE,
    Event,
    Running,
    fail,
    running,
    shout,
)
from endpoints.wire.support import until
from routekey.choices import Choices
from routekey.gateway.directory import Directory
from routekey.quotas import Limits
from routekey.tasks import wait_for_all
from routekey.testing.apis import make_api, make_directory
from routekey.testing.fakes import Handler


@pytest.mark.rule("DP-HSK-06", "DP-HSK-07", "DP-HSK-11", "DP-URL-09")
async def test_the_101_carries_four_headers_and_no_more() -> None:
    async with running() as gateway:
        status, headers, _ = await gateway.exchange(UPGRADE % b"/dev")
    assert status == 101
    assert set(headers) == {"date", "connection", "upgrade", "sec-websocket-accept"}
    assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.rule("DP-INT-14", "DP-RTE-17")
async def test_a_message_is_answered_by_its_function() -> None:
    async with running() as gateway, gateway.connect() as client:
        await client.send('{"action":"hello"}')
        assert await client.recv() == '{"action":"hello"}'


@pytest.mark.rule("DP-HSK-08", "DP-HSK-09", "DP-SUR-05")
async def test_a_sub_protocol_is_what_the_function_says() -> None:
    def choose(event: Event) -> object:
        offered = event["headers"]["Sec-WebSocket-Protocol"]
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": offered.split(", ")[1]}}

    offered: dict[str, Any] = {"subprotocols": ["a", "b"]}
    async with running(accept=choose) as gateway, gateway.connect(**offered) as client:
        assert client.subprotocol == "b"


@pytest.mark.rule("DP-WIRE-02", "DP-WIRE-04", "DP-INT-16", "DP-INT-18", "DP-SUR-07")
async def test_a_failure_is_a_frame_of_exactly_these_bytes_and_the_connection_stays() -> None:
    async with running() as gateway, gateway.connect() as client:
        await client.send('{"action":"fail"}')
        frame = str(await client.recv())
        ids = json.loads(frame)
        assert frame == (
            '{"message": "Internal server error", '
            f'"connectionId":"{gateway.connection_id}", "requestId":"{ids["requestId"]}"}}'
        )
        await client.send("still there")
        assert await client.recv() == "still there"


@pytest.mark.rule("DP-WIRE-01", "DP-RTE-14")
async def test_an_unknown_action_without_default_is_forbidden() -> None:
    async with running(make_api({"x": "echo"})) as gateway, gateway.connect() as client:
        await client.send("{}")
        assert str(await client.recv()).startswith('{"message": "Forbidden", "connectionId":"')


@pytest.mark.rule("DP-DIS-08", "DP-SUR-25")
async def test_messages_of_one_connection_run_side_by_side() -> None:
    gate = asyncio.Event()

    async def slow_first(event: Event) -> object:
        if event["body"] == "first":
            await gate.wait()
        else:
            gate.set()
        return {"statusCode": 200, "body": event["body"]}

    async with running(echo=slow_first) as gateway, gateway.connect() as client:
        await client.send("first")
        await client.send("second")
        assert {await client.recv(), await client.recv()} == {"first", "second"}


async def test_a_client_that_floods_is_not_read_until_its_messages_are_answered() -> None:
    running_now: list[int] = []
    gate = asyncio.Event()
    most = 0

    async def count(event: Event) -> object:
        nonlocal most
        running_now.append(1)
        most = max(most, len(running_now))
        if most == 128:
            asyncio.get_running_loop().call_soon(gate.set)
        await gate.wait()
        running_now.pop()
        return {"statusCode": 200, "body": event["body"]}

    async with running(echo=count) as gateway, gateway.connect() as client:
        for number in range(300):
            await client.send(f"{number}")
        answers = {await client.recv() for _ in range(300)}
    assert answers == {f"{number}" for number in range(300)}
    assert most == 128


async def test_no_more_of_one_read_are_answered_at_once() -> None:
    """A quarter of a megabyte can hold 40,000 messages."""
    running_now: list[int] = []
    gate = asyncio.Event()

    async def count(event: Event) -> object:
        running_now.append(1)
        await gate.wait()
        return {"statusCode": 200, "body": event["body"]}

    async with running(echo=count) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.listener.port)
        writer.write(UPGRADE % b"/dev")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x81\x81\0\0\0\0a" * 1000)
        await until(lambda: len(running_now) >= 128)
        async with gateway.connect() as another:
            await another.close()
        assert len(running_now) == 128
        gate.set()
        assert await reader.readexactly(3000) == b"\x81\x01a" * 1000
        writer.close()


@pytest.mark.rule("DP-HSK-13", "DP-UNK-01")
async def test_an_unknown_stage_is_forbidden_with_rest_headers() -> None:
    async with running() as gateway:
        status, headers, body = await gateway.exchange(UPGRADE % b"/prod")
        assert (status, body) == (403, b'{"message":"Forbidden"}')
        assert headers["x-amzn-ErrorType"] == "ForbiddenException"
        assert headers["Content-Type"] == "application/json"
        assert len(headers["x-amzn-RequestId"]) == 36
        assert headers["x-amz-apigw-id"]
        for path in (b"/dev", b"/dev/x", b"/dev/x/y"):
            status, _, body = await gateway.exchange(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path)
            assert (status, body) == (426, b"")


async def test_the_log_says_what_was_refused(caplog: pytest.LogCaptureFixture) -> None:
    """A client of another tool posts without a stage, as to http://localhost:3001."""
    post = b"POST /@connections/%b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    async with running() as gateway:
        assert (await gateway.exchange(post % b"L0SM9cOFvHcCIhw=?a=b"))[0] == 403
        assert (await gateway.exchange(UPGRADE % b"/prod"))[0] == 403
        assert (await gateway.exchange(post % (b"x" * 1000)))[0] == 403
    first, second, third = caplog.messages
    assert first == (
        "POST /@connections/L0SM9cOFvHcCIhw= was refused with ForbiddenException: Forbidden"
    )
    assert second == "a handshake at /prod was refused with ForbiddenException: Forbidden"
    assert len(third) < 300


@pytest.mark.rule("DP-HSK-12")
async def test_two_authorization_headers_are_refused_with_a_page() -> None:
    """Which of them counts, the signer and the verifier might see differently."""
    async with running() as gateway:
        twice = (UPGRADE % b"/dev")[:-2] + b"Authorization: a\r\nauthorization: b\r\n\r\n"
        status, headers, body = await gateway.exchange(twice)
    assert (status, headers["Content-Type"]) == (400, "text/html")
    assert body.startswith(b"<html>")
    assert "x-amz-apigw-id" not in headers


@pytest.mark.rule("DP-HSK-12", "DP-HSK-15", "DP-UNK-02")
@pytest.mark.parametrize(
    ("handler", "status", "message"),
    [
        (fail, 502, "Internal server error"),
        (lambda _: None, 502, "Internal server error"),
        (lambda _: {"body": "no status"}, 502, "Internal server error"),
        (lambda _: {"statusCode": 401, "headers": {"no token": ""}}, 502, "Internal server error"),
        (None, 500, "Internal server error"),
    ],
)
async def test_a_connect_function_that_fails_refuses_with_ids(
    handler: Handler | None, status: int, message: str
) -> None:
    async with running() as gateway:
        if handler is None:
            del gateway.world.functions.handlers["accept"]
        else:
            gateway.world.functions.handlers["accept"] = handler
        got, headers, body = await gateway.exchange(UPGRADE % b"/dev")
    answer = json.loads(body)
    assert (got, answer["message"]) == (status, message)
    assert headers["x-amz-apigw-id"] == answer["requestId"]
    assert headers["content-type"] == "application/json; charset=UTF-8"
    assert body.decode() == (
        f'{{"message": "{message}", "connectionId":"{answer["connectionId"]}", '
        f'"requestId":"{answer["requestId"]}"}}'
    )
    assert "x-amzn-RequestId" not in headers


@pytest.mark.rule("DP-HSK-14", "DP-HSK-05")
async def test_a_refusal_is_the_function_s_own_and_nobody_disconnects() -> None:
    refusal = {"statusCode": 403, "body": "go", "headers": {"Content-Type": "text/x", "X-A": "b"}}
    async with running(accept=lambda _: refusal) as gateway:
        with pytest.raises(InvalidStatus) as caught:
            await gateway.connect()
        response = caught.value.response
        assert (response.status_code, response.body) == (403, b"go")
        assert response.headers["content-type"] == "application/json; charset=UTF-8"
        assert response.headers["x-a"] == "b"
        await wait_for_all(10)
        assert gateway.goodbyes.empty()


@pytest.mark.rule("DP-DIS-07", "DP-DIS-10", "DP-SUR-01", "DP-MGM-09")
async def test_a_connection_answers_only_when_connect_has_returned() -> None:
    asked: asyncio.Queue[str] = asyncio.Queue()
    gate = asyncio.Event()

    async def wait(event: Event) -> object:
        asked.put_nowait(event["requestContext"]["connectionId"])
        await gate.wait()
        return {"statusCode": 200}

    async with running(accept=wait) as gateway:
        opening = asyncio.ensure_future(_open(gateway))  # noqa: TID251  # a client, not ours
        connection_id = await asked.get()
        with pytest.raises(ClientError) as caught:
            await gateway.call("post_to_connection", ConnectionId=connection_id, Data=b"early")
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410
        gate.set()
        client = await opening
        await gateway.call("post_to_connection", ConnectionId=connection_id, Data=b"now")
        assert await client.recv() == "now"
        await client.close()


async def _open(gateway: Running) -> ClientConnection:
    return await gateway.connect()


@pytest.mark.rule("DP-DIS-03")
@pytest.mark.parametrize(
    ("code", "reason"), [(1000, "probe-complete"), (1001, ""), (4321, "own ünïcode")]
)
async def test_a_client_s_close_is_told_verbatim_and_echoed(code: int, reason: str) -> None:
    async with running() as gateway:
        client = await gateway.connect()
        await client.close(code, reason)
        assert await gateway.goodbye() == (code, reason)
        assert client.protocol.close_rcvd is not None
        assert (client.protocol.close_rcvd.code, client.protocol.close_rcvd.reason) == (
            code,
            reason,
        )


@pytest.mark.rule("DP-DIS-03", "DP-UNK-18", "DP-DIS-06")
async def test_a_lost_connection_is_1006() -> None:
    async with running() as gateway:
        client = await gateway.connect()
        client.transport.abort()
        assert await gateway.goodbye() == (1006, "")


@pytest.mark.rule("DP-DIS-03", "DP-LIM-06", "DP-LIM-09", "DP-UNK-15", "DP-SUR-19")
@pytest.mark.parametrize(
    ("limits", "seconds"), [(Limits(), 601), (Limits(idle_seconds_max=0), 7201)]
)
async def test_idle_and_old_connections_go_away(limits: Limits, seconds: int) -> None:
    async with running(limits=limits) as gateway:
        client = await gateway.connect()
        gateway.world.clock.advance(seconds)
        gateway.execute_api.sweep()
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1001, "Going away")
        assert await gateway.goodbye() == (1001, "Going away")


@pytest.mark.rule("DP-LIM-06", "DP-LIM-07", "DP-UNK-22", "DP-SUR-20")
@pytest.mark.parametrize(
    ("choices", "stays"), [(Choices(), False), (Choices(is_idle_reset_by_ping=True), True)]
)
async def test_a_ping_is_answered_and_counts_only_if_told_so(
    choices: Choices, *, stays: bool
) -> None:
    async with running(choices=choices) as gateway, gateway.connect() as client:
        gateway.world.clock.advance(500)
        await (await client.ping())
        gateway.world.clock.advance(200)
        gateway.execute_api.sweep()
        assert (len(gateway.world.connections) == 1) is stays


@pytest.mark.rule("DP-LIM-06", "DP-MGM-16")
async def test_messages_and_posts_keep_a_connection_alive() -> None:
    async with running() as gateway, gateway.connect() as client:
        for _ in range(3):
            gateway.world.clock.advance(400)
            await client.send("x")
            await client.recv()
            gateway.execute_api.sweep()
            gateway.world.clock.advance(400)
            await gateway.call(
                "post_to_connection", ConnectionId=gateway.connection_id, Data=b"ping"
            )
            assert await client.recv() == "ping"
            gateway.execute_api.sweep()
        assert len(gateway.world.connections) == 1


@pytest.mark.rule("DP-DIS-03", "DP-LIM-05", "DP-RTE-16", "DP-SUR-14")
async def test_a_binary_frame_closes_with_1003() -> None:
    async with running() as gateway:
        client = await gateway.connect()
        await client.send(b"\x00\x01")
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (
            1003,
            "Binary is not supported",
        )
        assert await gateway.goodbye() == (1003, "Binary is not supported")


@pytest.mark.rule("DP-LIM-03", "DP-LIM-04", "DP-EVT-23", "DP-DIS-03", "DP-UNK-16", "DP-SUR-13")
async def test_large_messages_come_in_fragments_and_larger_ones_close_with_1009() -> None:
    async with running() as gateway:
        async with gateway.connect(max_size=None) as client:
            pieces = ["x" * 32768] * 4
            await client.send(pieces)
            assert await client.recv() == "".join(pieces)
        await gateway.goodbye()
        for parts in (["x" * 32769], ["x" * 32768] * 4 + ["x"]):
            client = await gateway.connect()
            with suppress(ConnectionClosed):
                await client.send(parts)
            with pytest.raises(ConnectionClosed) as caught:
                await client.recv()
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1009, "")
            assert await gateway.goodbye() == (1009, "")


@pytest.mark.rule("DP-RTE-17", "DP-DIS-11", "DP-UNK-20")
async def test_a_redeploy_keeps_connections_and_a_removed_stage_closes_them() -> None:
    async with running() as gateway:
        client = await gateway.connect()
        changed = make_api({"$default": "shout"}, two_way=["$default"])
        gateway.world.functions.handlers["shout"] = shout
        gateway.execute_api.replace_directory(make_directory(changed), gateway.world.connections)
        await client.send("hello")
        assert await client.recv() == "HELLO"
        gateway.execute_api.replace_directory(Directory(), gateway.world.connections)
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1001


@pytest.mark.rule("DP-UNK-20")
async def test_a_stage_that_is_removed_during_connect_closes_the_connection_too() -> None:
    gate, asked = asyncio.Event(), asyncio.Event()

    async def wait(_: Event) -> object:
        asked.set()
        await gate.wait()
        return {"statusCode": 200}

    async with running(accept=wait) as gateway:

        async def reload() -> None:
            await asked.wait()
            gateway.execute_api.replace_directory(Directory(), gateway.world.connections)
            gate.set()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(reload())
            client = await gateway.connect()
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(client.recv(), 60)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1001
        assert len(gateway.world.connections) == 0


async def test_a_client_that_leaves_during_connect_still_disconnects() -> None:
    gate, asked = asyncio.Event(), asyncio.Event()

    async def wait(_: Event) -> object:
        asked.set()
        await gate.wait()
        return {"statusCode": 200}

    async with running(accept=wait) as gateway:
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.listener.port)
        writer.write(UPGRADE % b"/dev")
        await asked.wait()
        writer.transport.abort()
        gate.set()
        assert await gateway.goodbye() == (1006, "")
        assert len(gateway.world.connections) == 0


@pytest.mark.rule("DP-DIS-05")
async def test_a_goodbye_that_fails_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with running(make_api({"$disconnect": "nobody"})) as gateway:
        async with gateway.connect():
            pass
        gateway.listener.close(1001, "Going away")
        await gateway.listener.wait_closed()
        await wait_for_all(10)
        assert "$disconnect of" in caplog.text
