"""The data plane on real sockets: `@connections`, with boto3 and by hand."""

import asyncio

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed

from endpoints.gateway_on_socket import (
    UPGRADE,
    Running,
    running,
)
from routekey.adapters.cluster.memory import LocalConnections
from routekey.gateway.journal import CommandJournal
from routekey.ids import ApiId, ConnectionId, NodeId, encode_connection_id


@pytest.mark.rule("DP-MGM-01", "DP-MGM-07", "DP-MGM-14", "DP-MGM-15", "DP-UNK-21")
async def test_boto3_posts_text_of_any_size_up_to_a_message() -> None:
    async with running() as gateway, gateway.connect(max_size=None) as client:
        for data, seen in (
            (b"hello", "hello"),
            (b"", ""),
            (b"\xff\xfe ok", "\ufffd\ufffd ok"),
            (b"x" * 131072, "x" * 131072),
        ):
            response = await gateway.call(
                "post_to_connection", ConnectionId=gateway.connection_id, Data=data
            )
            assert await client.recv() == seen
            headers = response["ResponseMetadata"]["HTTPHeaders"]
            assert headers["content-type"] == "application/json"
            assert headers["content-length"] == "0"
            assert len(headers["x-amzn-requestid"]) == 36
            assert headers["x-amz-apigw-id"]
            assert headers["x-amzn-trace-id"].startswith("Root=1-")


@pytest.mark.rule("DP-EVT-04", "DP-MGM-20")
async def test_posts_arrive_in_the_order_of_their_answers_and_run_no_function() -> None:
    async with running() as gateway, gateway.connect() as client:
        for number in range(20):
            await gateway.call(
                "post_to_connection", ConnectionId=gateway.connection_id, Data=b"%d" % number
            )
        assert [await client.recv() for _ in range(20)] == [f"{number}" for number in range(20)]
        (connected,) = gateway.world.functions.calls
        assert connected.function.endswith(":accept")


@pytest.mark.rule("DP-LIM-08")
async def test_the_gateway_sends_no_pings_of_its_own() -> None:
    async with running() as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.listener.port)
        writer.write(UPGRADE % b"/dev")
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(500):
            gateway.world.clock.advance(1)
            gateway.execute_api.sweep()
        writer.write(b"\x81\x82\0\0\0\0hi")
        assert await reader.readexactly(4) == b"\x81\x02hi"
        writer.transport.abort()


@pytest.mark.rule("DP-MGM-08", "DP-MGM-18")
async def test_boto3_reads_a_connection() -> None:
    async with running() as gateway, gateway.connect(user_agent_header="ua"):
        answer = await gateway.call("get_connection", ConnectionId=gateway.connection_id)
        assert answer["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "ua"}
        assert answer["ConnectedAt"] == answer["LastActiveAt"]


@pytest.mark.rule("DP-MGM-07", "DP-MGM-17", "DP-DIS-02", "DP-DIS-03")
async def test_boto3_deletes_a_connection() -> None:
    async with running() as gateway:
        client = await gateway.connect()
        connection_id = gateway.connection_id
        answer = await gateway.call("delete_connection", ConnectionId=connection_id)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (
            1000,
            "Connection Closed Normally",
        )
        assert await gateway.goodbye() == (1000, "Connection Closed Normally")
        with pytest.raises(ClientError) as gone:
            await gateway.call("post_to_connection", ConnectionId=connection_id, Data=b"x")
        assert gone.value.response["Error"]["Code"] == "GoneException"


@pytest.mark.rule("DP-MGM-09", "DP-MGM-11", "DP-SUR-02", "DP-SUR-08")
async def test_boto3_sees_aws_s_errors() -> None:
    async with running() as gateway, gateway.connect():
        known = gateway.connection_id
        unknown = encode_connection_id(b"unknown", NodeId(0))
        for stage, connection_id, data, code, status in (
            ("dev", unknown, b"x", "GoneException", 410),
            ("dev", "mangled=", b"x", "BadRequestException", 400),
            ("dev", known, b"x" * 131073, "413", 413),
            ("prod", known, b"x", "ForbiddenException", 403),
        ):
            with pytest.raises(ClientError) as caught:
                await gateway.call(
                    "post_to_connection", stage, ConnectionId=connection_id, Data=data
                )
            error = caught.value.response
            assert error["ResponseMetadata"]["HTTPStatusCode"] == status
            if status != 413:
                assert error["Error"]["Code"] == code
                assert "x-amzn-trace-id" not in error["ResponseMetadata"]["HTTPHeaders"]


@pytest.mark.rule("DP-MGM-09", "SEC-ERR-01")
async def test_an_unsigned_post_is_refused_unless_it_comes_from_its_own_machine() -> None:
    async with running() as gateway, gateway.connect():
        gateway.world.world.stranger = None
        path = f"/dev/@connections/{gateway.connection_id}".encode()
        request = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx" % path
        status, headers, body = await gateway.exchange(request)
        assert (status, body) == (403, b'{"message":"Missing Authentication Token"}')
        assert headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


@pytest.mark.rule("DP-MGM-09", "DP-MGM-12", "DP-UNK-25")
async def test_who_posts_to_a_client_that_does_not_read_is_refused() -> None:
    big = "x" * 131072
    async with running() as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.listener.port)
        writer.write(UPGRADE % b"/dev")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # a client that hangs
        with pytest.raises(ClientError) as caught:
            await _post_for_ever(gateway, big.encode())
        assert caught.value.response["Error"]["Code"] == "LimitExceededException"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        writer.transport.abort()
        assert (await gateway.goodbye())[0] == 1006


class Unreachable(LocalConnections):
    """Connections of a node that does not answer."""

    async def send(
        self,
        api_id: ApiId,  # noqa: ARG002  # the port's
        connection_id: ConnectionId,  # noqa: ARG002  # the port's
        payload: bytes,  # noqa: ARG002  # the port's
    ) -> None:
        raise OSError("no route to the node")


@pytest.mark.rule("DP-MON-14")
async def test_a_failure_that_nobody_foresaw_is_a_500_for_the_caller_and_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running() as gateway, gateway.connect():
        connection_id = gateway.connection_id
        gateway.world.world.connections = Unreachable(gateway.world.clock)
        with pytest.raises(ClientError) as caught:
            await gateway.call("post_to_connection", ConnectionId=connection_id, Data=b"x")
        gateway.world.world.connections = gateway.world.connections
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    journals = gateway.world.telemetry.journals
    (journal,) = (each for each in journals if isinstance(each, CommandJournal))
    assert journal.build_context()["status"] == "500"
    assert "no route to the node" in caplog.text


async def _post_for_ever(gateway: Running, data: bytes) -> None:
    while True:
        await gateway.call("post_to_connection", ConnectionId=gateway.connection_id, Data=data)
