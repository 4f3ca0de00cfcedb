"""What we chose where nobody knows: each choice, and what happens with each of its values."""

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any, Final, get_args, get_type_hints

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed, InvalidStatus

from endpoints.gateway_on_socket import UPGRADE, Event, Running, running
from routekey.choices import DEFAULT_CHOICES, Choices
from routekey.gateway.directory import Directory
from routekey.gateway.events import ConnectEvent
from routekey.gateway.inputs import Inputs
from routekey.gateway.integrations import build_call
from routekey.gateway.ports import HttpCall
from routekey.quotas import Limits
from routekey.resources.api import (
    Api,
    Integration,
    IntegrationResponse,
    IntegrationType,
    Model,
    RouteResponse,
)
from routekey.testing.apis import make_api
from routekey.testing.fakes import Handler
from routekey.testing.world import FakeWorld

RULES: Final = re.compile(r"DP-UNK-\d\d")
FAILED: Final = "Internal server error"


def choose(**chosen: Any) -> Choices:
    return replace(DEFAULT_CHOICES, **chosen)


def answer(value: object) -> Handler:
    return lambda _: value


async def ask(gateway: Running, message: str = "{}") -> str | None:
    """Send a message, and one to the route `end`; give what came before the end."""
    async with gateway.connect(max_size=None) as client:
        await client.send(message)
        await client.send('{"action":"end"}')
        first = str(await client.recv())
    return None if first == "end" else first


async def frame_for(
    value: object, choices: Choices, *, key: str = "$default", limits: Limits | None = None
) -> str | None:
    """Give the frame, or the text of the error frame, that a function's answer leads to."""
    api = make_api({"x": "reply", "end": "end"}, two_way=["end", *([key] if key == "x" else [])])
    handlers: dict[str, Any] = {
        "reply": answer(value),
        "end": answer({"statusCode": 200, "body": "end"}),
    }
    async with running(api, choices=choices, limits=limits, **handlers) as gateway:
        frame = await ask(gateway, '{"action":"x"}')
    return _text(frame)


def _text(frame: str | None) -> str | None:
    with suppress(TypeError, ValueError):
        return str(json.loads(frame or "")["message"])
    return frame


class TestEveryChoice:
    @pytest.mark.parametrize("choice", fields(Choices), ids=lambda choice: choice.name)
    def test_names_its_rule_and_each_of_its_values(self, choice: Any) -> None:
        sentence = choice.metadata["sentence"]
        assert RULES.fullmatch(choice.metadata["rule"])
        kind = get_type_hints(Choices)[choice.name]
        values = ("true", "false") if kind is bool else get_args(kind)
        assert choice.default in get_args(kind) or kind is bool
        assert [value for value in values if f"`{value}`" not in sentence] == []


@pytest.mark.rule("DP-UNK-01")
@pytest.mark.parametrize(("status", "body"), [(426, b""), (403, b'{"message":"Forbidden"}')])
async def test_a_plain_get(status: int, body: bytes) -> None:
    async with running(choices=choose(plain_get_status=status)) as gateway:
        found, _, content = await gateway.exchange(b"GET /dev HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (found, content) == (status, body)


@pytest.mark.rule("DP-UNK-03")
@pytest.mark.parametrize("status", [502, 500, 200])
async def test_a_connect_function_that_names_no_status(status: int) -> None:
    api = make_api({"$connect": "reply"})
    async with running(
        api, choices=choose(missing_status_code=status), reply=answer({})
    ) as gateway:
        assert await _handshake_status(gateway) == (101 if status == 200 else status)


@pytest.mark.rule("DP-UNK-03")
@pytest.mark.parametrize(("chosen", "status"), [("number", 101), ("malformed", 502)])
async def test_a_status_in_quotes(chosen: str, status: int) -> None:
    api = make_api({"$connect": "reply"})
    quoted = answer({"statusCode": "200"})
    async with running(api, choices=choose(text_status_code=chosen), reply=quoted) as gateway:
        assert await _handshake_status(gateway) == status


async def _handshake_status(gateway: Running) -> int:
    try:
        async with gateway.connect():
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.rule("DP-UNK-04")
@pytest.mark.parametrize(
    ("message", "any_value", "text_alone"),
    [
        ('{"action":"7"}', "seven", "seven"),
        ('{"action":7}', "seven", "default"),
        ('{"action":[7]}', "default", "default"),
        ('{"action":true}', "yes", "default"),
        ("7", "default", "default"),
    ],
)
async def test_a_route_value_that_is_no_text(message: str, any_value: str, text_alone: str) -> None:
    routes = {"7": "seven", "true": "yes", "$default": "default"}
    handlers: dict[str, Any] = {name: answer({"body": name}) for name in routes.values()}
    for chosen, route in (("any", any_value), ("text", text_alone)):
        async with running(
            make_api(routes, two_way=routes), choices=choose(route_value=chosen), **handlers
        ) as gateway:
            assert await _first(gateway, message) == route


@pytest.mark.rule("DP-UNK-04")
async def test_a_route_value_that_is_the_whole_message() -> None:
    api = make_api(
        {"7": "reply", "$default": "other"}, two_way=["7", "$default"], selection="$request.body"
    )
    handlers: dict[str, Any] = {
        "reply": answer({"body": "seven"}),
        "other": answer({"body": "other"}),
    }
    async with running(api, choices=choose(route_value="text"), **handlers) as gateway:
        assert await _first(gateway, '"7"') == "seven"
        assert await _first(gateway, "7") == "other"
        assert await _first(gateway, "no JSON") == "other"


async def _first(gateway: Running, message: str) -> str:
    async with gateway.connect(max_size=None) as client:
        await client.send(message)
        return str(await client.recv())


def _with_model(kind: IntegrationType = IntegrationType.AWS_PROXY) -> Api:
    api = make_api({"$default": "echo"}, two_way=["$default"])
    route = replace(api.routes[0], request_models={"$default": "Chat"})
    chat = Model(model_id="m", name="Chat", schema='{"type":"object"}')
    integration = api.integrations[0]
    if kind is not IntegrationType.AWS_PROXY:
        integration = Integration(integration_id="echo", integration_type=kind)
    return replace(api, routes=(route,), models=(chat,), integrations=(integration,))


@pytest.mark.rule("DP-UNK-06")
async def test_the_frame_for_a_message_that_does_not_fit() -> None:
    async with running(_with_model(), choices=DEFAULT_CHOICES) as gateway:
        frame = json.loads(await _first(gateway, "[]"))
    assert (frame["message"], sorted(frame)) == (
        "Bad request body",
        ["connectionId", "message", "messageId"],
    )
    async with running(_with_model(), choices=choose(invalid_body_frame="Forbidden")) as gateway:
        frame = json.loads(await _first(gateway, "[]"))
    assert (frame["message"], sorted(frame)) == (
        "Forbidden",
        ["connectionId", "message", "requestId"],
    )


@pytest.mark.rule("DP-UNK-28")
async def test_models_of_proxy_integrations_alone_can_be_ignored() -> None:
    ignored = choose(proxy_models="ignore")
    async with running(_with_model(), choices=ignored) as gateway:
        assert await _first(gateway, "[]") == "[]"
    async with running(_with_model(IntegrationType.MOCK), choices=ignored) as gateway:
        assert _text(await _first(gateway, "[]")) == "Bad request body"


@pytest.mark.rule("DP-UNK-08")
@pytest.mark.parametrize(("chosen", "frame"), [("two-way", "x"), ("one-way", "end")])
async def test_a_response_expression_alone(chosen: str, frame: str) -> None:
    api = make_api({"x": "reply", "end": "end"})
    routes = (
        replace(api.routes[0], route_response_selection_expression="$default"),
        replace(api.routes[1], responses=(RouteResponse(),)),
    )
    handlers: dict[str, Any] = {"reply": answer({"body": "x"}), "end": answer({"body": "end"})}
    async with (
        running(
            replace(api, routes=routes),
            choices=choose(response_expression_alone=chosen),
            **handlers,
        ) as gateway,
        gateway.connect() as client,
    ):
        await client.send('{"action":"x"}')
        await client.send('{"action":"end"}')
        assert await client.recv() == frame


@pytest.mark.rule("DP-UNK-09")
async def test_a_function_that_returns_null() -> None:
    silent = choose(null_reply="nothing")
    assert await frame_for(None, DEFAULT_CHOICES, key="x") == FAILED
    assert await frame_for(None, silent, key="x") is None
    assert await frame_for(None, silent) == FAILED  # one-way: settled by a recording
    assert await frame_for([], silent, key="x") == FAILED


@pytest.mark.rule("DP-UNK-10", "DP-INT-17")
@pytest.mark.parametrize(("status", "frame"), [(399, "x"), (400, FAILED), (503, FAILED)])
async def test_a_function_that_answers_with_a_failure(status: int, frame: str) -> None:
    value = {"statusCode": status, "body": "x"}
    assert await frame_for(value, DEFAULT_CHOICES, key="x") == "x"
    assert await frame_for(value, choose(failed_reply="error"), key="x") == frame


@pytest.mark.rule("DP-UNK-11")
@pytest.mark.parametrize(("chosen", "frame"), [("decoded", "hi"), ("as-is", "aGk=")])
async def test_a_base64_reply(chosen: str, frame: str) -> None:
    value = {"body": "aGk=", "isBase64Encoded": True}
    assert await frame_for(value, choose(base64_reply=chosen), key="x") == frame


@pytest.mark.rule("DP-UNK-33")
@pytest.mark.parametrize(("chosen", "frame"), [("error", FAILED), ("nothing", None)])
async def test_a_reply_that_is_too_large(chosen: str, frame: str | None) -> None:
    choices = choose(oversized_reply=chosen)
    limits = Limits(message_bytes_max=1000)
    assert await frame_for({"body": "x" * 1001}, choices, key="x", limits=limits) == frame
    assert await frame_for({"body": "x" * 999}, choices, key="x", limits=limits) == "x" * 999


@pytest.mark.rule("DP-UNK-12")
@pytest.mark.parametrize(
    ("chosen", "agent"), [("client", "wscat/6"), ("gateway", "AmazonAPIGateway_6behyoa40f")]
)
def test_the_user_agent_of_a_backend(chosen: str, agent: str) -> None:
    backend = Integration(
        integration_id="a",
        integration_type=IntegrationType.HTTP_PROXY,
        integration_uri="https://example.com",
    )
    api = replace(make_api({"$connect": "a"}), integrations=(backend,))
    fake = FakeWorld(api, choices=choose(backend_user_agent=chosen))
    (snapshot,) = fake.world.directory.snapshots[api.api_id].values()
    event = ConnectEvent(
        connection=fake.open(api),
        handshake=fake.handshake(("user-agent", "wscat/6")),
        request_id="r",
        epoch_ms=1,
        trace_id="Root=1-0-0",
    )
    assert snapshot.connect is not None
    call = build_call(Inputs(snapshot, snapshot.connect, event))
    assert isinstance(call, HttpCall)
    assert [v for name, v in call.headers if name.lower() == "user-agent"] == [agent]


def _mock(
    responses: tuple[IntegrationResponse, ...], templates: Mapping[str, str] | None = None
) -> Api:
    mock = Integration(
        integration_id="a",
        integration_type=IntegrationType.MOCK,
        request_templates=templates or {"$default": '{"statusCode":404}'},
        responses=responses,
    )
    return replace(make_api({"$default": "a"}, two_way=["$default"]), integrations=(mock,))


@pytest.mark.rule("DP-UNK-13")
@pytest.mark.parametrize(
    ("chosen", "frame"), [("default-or-json", "first"), ("default", "passed through")]
)
async def test_a_json_template_that_no_expression_selects(chosen: str, frame: str) -> None:
    api = _mock(
        (
            IntegrationResponse(
                integration_response_key="/201/", response_templates={"$default": "first"}
            ),
            IntegrationResponse(
                integration_response_key="$default",
                response_templates={"$default": "passed through"},
            ),
        ),
        {"application/json": '{"statusCode":201}'},
    )
    async with running(api, choices=choose(unselected_template=chosen)) as gateway:
        assert await _first(gateway, '{"statusCode":202}') == frame


@pytest.mark.rule("DP-UNK-30")
@pytest.mark.parametrize(
    ("chosen", "key", "frame"),
    [
        ("whole", "/4|x/", "other"),
        ("whole", "/404|x/", "matched"),
        ("start", "/x|4/", "matched"),
        ("start", "/x|04/", "other"),
        ("part", "/x|0/", "matched"),
        ("part", "/x|5/", "other"),
    ],
)
async def test_what_a_response_key_has_to_match(chosen: str, key: str, frame: str) -> None:
    api = _mock(
        (
            IntegrationResponse(
                integration_response_key=key, response_templates={"$default": "matched"}
            ),
            IntegrationResponse(
                integration_response_key="$default", response_templates={"$default": "other"}
            ),
        )
    )
    async with running(api, choices=choose(response_key_match=chosen)) as gateway:
        assert await _first(gateway, "{}") == frame


@pytest.mark.rule("DP-UNK-15")
@pytest.mark.parametrize("code", [1001, 1000])
async def test_the_close_code_of_age_and_idleness(code: int) -> None:
    choices = choose(old_connection_code=code)
    assert await _close_code(choices, Limits(idle_seconds_max=0), 7201) == code
    assert await _close_code(choices, Limits(), 601) == 1001


async def _close_code(choices: Choices, limits: Limits, seconds: int) -> int:
    async with running(limits=limits, choices=choices) as gateway:
        client = await gateway.connect()
        gateway.world.clock.advance(seconds)
        gateway.execute_api.sweep()
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd is not None
        return caught.value.rcvd.code


@pytest.mark.rule("DP-UNK-17")
async def test_text_that_is_not_utf_8() -> None:
    bad = b"\x81\x83\x00\x00\x00\x00a\xff\xc3"  # masked with zeros
    halves = b"\x01\x82\x00\x00\x00\x00a\xc3\x80\x82\x00\x00\x00\x00\xa9\xff"
    async with running(choices=choose(invalid_text="replace")) as gateway:
        for data, frame in ((bad, "a\ufffd\ufffd"), (halves, "aé\ufffd")):
            async with gateway.connect() as client:
                client.transport.write(data)
                assert await client.recv() == frame
    async with running() as gateway:
        client = await gateway.connect()
        client.transport.write(bad)
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1007


@pytest.mark.rule("DP-UNK-20")
async def test_the_connections_of_a_deleted_stage_can_be_kept() -> None:
    async with (
        running(choices=choose(deleted_stage="keep")) as gateway,
        gateway.connect() as client,
    ):
        gateway.execute_api.replace_directory(Directory(), gateway.world.connections)
        await client.send("x")
        assert _text(str(await client.recv())) == "Forbidden"
        await client.send("x")
        assert _text(str(await client.recv())) == "Forbidden"


@pytest.mark.rule("DP-UNK-21")
@pytest.mark.parametrize(("chosen", "frames"), [("frame", ["", "x"]), ("nothing", ["x"])])
async def test_an_empty_post(chosen: str, frames: list[str]) -> None:
    async with (
        running(choices=choose(empty_post=chosen)) as gateway,
        gateway.connect() as client,
    ):
        for data in (b"", b"x"):
            await gateway.call("post_to_connection", ConnectionId=gateway.connection_id, Data=data)
        assert [await client.recv() for _ in frames] == frames


@pytest.mark.rule("DP-UNK-21")
async def test_an_empty_post_to_nobody_is_gone_whatever_it_would_send() -> None:
    async with running(choices=choose(empty_post="nothing")) as gateway:
        async with gateway.connect():
            gone = gateway.connection_id
        await gateway.goodbye()
        with pytest.raises(ClientError, match="GoneException"):
            await gateway.call("post_to_connection", ConnectionId=gone, Data=b"")


@pytest.mark.rule("DP-UNK-24")
@pytest.mark.parametrize("status", [400, 410])
async def test_a_connection_id_that_is_none_of_ours(status: int) -> None:
    async with running(choices=choose(foreign_connection_id_status=status)) as gateway:
        with pytest.raises(ClientError) as caught:
            await gateway.call("post_to_connection", ConnectionId="mangled", Data=b"x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.rule("DP-UNK-29")
@pytest.mark.parametrize(("chosen", "value"), [("pass", "7"), ("drop", None)])
async def test_the_headers_of_a_refusal(chosen: str, value: str | None) -> None:
    refuse = answer({"statusCode": 401, "headers": {"retry-after": "7"}})
    api = make_api({"$connect": "refuse"})
    async with running(api, choices=choose(refusal_headers=chosen), refuse=refuse) as gateway:
        with pytest.raises(InvalidStatus) as caught:
            await gateway.connect()
    assert caught.value.response.status_code == 401
    assert caught.value.response.headers.get("retry-after") == value
    assert "x-amz-apigw-id" in caught.value.response.headers


@pytest.mark.rule("DP-UNK-31")
@pytest.mark.parametrize("chosen", ["empty", "absent"])
async def test_the_forwarded_for_of_a_goodbye(chosen: str) -> None:
    async with running(choices=choose(goodbye_forwarded_for=chosen)) as gateway:
        async with gateway.connect():
            pass
        event: Event = await asyncio.wait_for(gateway.goodbyes.get(), 60)
    for member in ("headers", "multiValueHeaders"):
        assert ("X-Forwarded-For" in event[member]) is (chosen == "empty")
        assert "Host" in event[member]


@pytest.mark.rule("DP-UNK-34", "DP-MGM-15")
@pytest.mark.parametrize(("chosen", "heads"), [("fragments", [0x01, 0x80]), ("one-frame", [0x81])])
async def test_a_long_reply(chosen: str, heads: list[int]) -> None:
    api = make_api({"$default": "echo"}, two_way=["$default"])
    async with running(api, choices=choose(long_reply=chosen)) as gateway:
        assert await _frame_heads(gateway) == heads


async def _frame_heads(gateway: Running) -> list[int]:
    """Send 40,000 bytes in two fragments; give the first byte of each frame that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.listener.port)
    writer.write(UPGRADE % b"/dev")
    await reader.readuntil(b"\r\n\r\n")
    for head in (0x01, 0x80):
        writer.write(bytes((head, 0xFE)) + (20_000).to_bytes(2, "big") + bytes(4) + b"x" * 20_000)
    heads: list[int] = []
    while not heads or not heads[-1] & 0x80:
        head, length = await reader.readexactly(2)
        heads.append(head)
        size = int.from_bytes(await reader.readexactly(2), "big") if length == 126 else length
        await reader.readexactly(size)
    writer.close()
    await writer.wait_closed()
    return heads
