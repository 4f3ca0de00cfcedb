import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from routekey.errors import ApiConfigurationError, ProjectError, TemplateError, UnsupportedMediaType
from routekey.gateway.events import ConnectEvent
from routekey.gateway.inputs import Inputs
from routekey.gateway.integrations import build_call
from routekey.gateway.ports import AwsServiceCall, HttpCall, IntegrationCall, LambdaCall, MockCall
from routekey.resources.api import (
    CALLER,
    Api,
    ContentHandling,
    Integration,
    IntegrationType,
    Origin,
    PassthroughBehavior,
)
from routekey.testing.apis import REGION, make_api
from routekey.testing.world import FakeWorld

LAMBDA = f"arn:aws:lambda:{REGION}:123456789012:function:echo"
LAMBDA_URI = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{LAMBDA}/invocations"
BODY = b'{"action":"x","id":7,"text":"a b","tags":["p","q"]}'


def api_with(**changes: Any) -> Api:
    """Make an API whose routes all go to one integration."""
    settings: dict[str, Any] = {
        "integration_id": "a",
        "integration_type": IntegrationType.MOCK,
        **changes,
    }
    api = make_api({"$connect": "a", "$default": "a"}, stage_variables={"host": "blue"})
    return replace(api, integrations=(Integration(**settings),))


def message_call(body: Any = BODY, signer: str | None = None, **changes: Any) -> IntegrationCall:
    api = api_with(**changes)
    world = FakeWorld(api)
    (snapshot,) = world.world.directory.snapshots[api.api_id].values()
    event = world.message(world.open(api), body)
    event.connection.access_key_id = signer
    return build_call(Inputs(snapshot, snapshot.routes["$default"], event))


def connect_call(
    *headers: tuple[str, str], query: str = "", **changes: Any
) -> tuple[IntegrationCall, ConnectEvent]:
    api = api_with(**changes)
    world = FakeWorld(api)
    (snapshot,) = world.world.directory.snapshots[api.api_id].values()
    event = ConnectEvent(
        connection=world.open(api),
        handshake=world.handshake(*headers, query=query),
        request_id="r",
        epoch_ms=1,
        trace_id="Root=1-0-0",
    )
    assert snapshot.connect is not None
    return build_call(Inputs(snapshot, snapshot.connect, event)), event


def http_call(**changes: Any) -> HttpCall:
    call = message_call(integration_type=IntegrationType.HTTP_PROXY, **changes)
    assert isinstance(call, HttpCall)
    return call


@pytest.mark.rule("DP-INT-40", "DP-INT-41", "DP-INT-42")
@pytest.mark.parametrize(
    "template",
    [
        '{"statusCode":200}',
        "{statusCode: 200}",
        "{'statusCode': \"200\"}",
        '#if(true){"statusCode": 200}#end',
    ],
)
def test_mock_reads_its_status_leniently(template: str) -> None:
    assert message_call(request_templates={"$default": template}) == MockCall(status=200)


@pytest.mark.rule("DP-INT-41")
@pytest.mark.parametrize(
    "template",
    [
        "",
        "{}",
        '{"statusCode":true}',
        "nothing",
        '{"statusCode":101}',
        '{"statusCode":-200}',
        '{"statusCode":1000}',
        "{statusCode: 199}",
    ],
)
def test_mock_without_a_status_of_an_answer_is_an_error(template: str) -> None:
    with pytest.raises(ApiConfigurationError):
        message_call(request_templates={"$default": template})


@pytest.mark.rule("DP-INT-43", "DP-INT-44", "DP-INT-45", "DP-UNK-13")
@pytest.mark.parametrize(
    ("selection", "key", "status"),
    [
        (None, "$default", 201),
        (None, "\\$default", 201),
        (None, "application/json", 201),
        ("200", "200", 201),
        ("\\$default", "$default", 201),
        ("$request.body.action", "x", 201),
        ("$request.body.action", "$default", 201),
        ("${request.body.nope}", "application/json", 201),
    ],
)
def test_a_template_is_chosen_by_its_key(selection: str | None, key: str, status: int) -> None:
    call = message_call(
        template_selection_expression=selection,
        request_templates={key: '{"statusCode":201}', "other": '{"statusCode":500}'},
    )
    assert call == MockCall(status=status)


@pytest.mark.rule("DP-VTL-10", "VTL-STG-01")
def test_what_a_template_sets_is_gone_with_its_message() -> None:
    """Else one client's text could be read by the next."""
    template = (
        "$stageVariables.host$context.stage"
        "#set($stageVariables.host = $input.path('$.text'))"
        "#set($x = $stageVariables.put('more', 'm'))#set($context.stage = 'x')"
        " $stageVariables.host$stageVariables.more"
    )
    api = api_with(
        integration_type=IntegrationType.HTTP,
        integration_uri="https://example.com",
        request_templates={"$default": template},
    )
    world = FakeWorld(api)
    (snapshot,) = world.world.directory.snapshots[api.api_id].values()
    connection = world.open(api)
    for _ in range(2):
        event = world.message(connection, BODY)
        call = build_call(Inputs(snapshot, snapshot.routes["$default"], event))
        assert isinstance(call, HttpCall)
        assert call.body == b"bluedev a bm"
    assert snapshot.stage.stage_variables == {"host": "blue"}


@pytest.mark.rule("DP-INT-46", "DP-UNK-14")
@pytest.mark.parametrize(
    ("passthrough", "templates", "passes"),
    [
        (PassthroughBehavior.WHEN_NO_MATCH, {}, True),
        (PassthroughBehavior.WHEN_NO_MATCH, {"other": "x"}, True),
        (PassthroughBehavior.WHEN_NO_TEMPLATES, {}, True),
        (PassthroughBehavior.WHEN_NO_TEMPLATES, {"other": "x"}, False),
        (PassthroughBehavior.NEVER, {}, False),
    ],
)
def test_without_a_template_the_body_may_pass(
    passthrough: PassthroughBehavior, templates: Mapping[str, str], *, passes: bool
) -> None:
    changes: dict[str, Any] = {
        "integration_type": IntegrationType.AWS,
        "integration_uri": LAMBDA,
        "passthrough_behavior": passthrough,
        "request_templates": templates,
    }
    if passes:
        call = message_call(**changes)
        assert isinstance(call, LambdaCall)
        assert call.payload == BODY
        return
    with pytest.raises(UnsupportedMediaType) as caught:
        message_call(**changes)
    assert caught.value.status == 415


@pytest.mark.rule("DP-INT-36", "LAM-PROXY-05")
def test_a_non_proxy_function_gets_exactly_what_the_template_renders() -> None:
    call = message_call(
        integration_type=IntegrationType.AWS,
        integration_uri=LAMBDA,
        request_templates={"$default": '{"id": $input.json("$.id"), "c": "$context.connectionId"}'},
    )
    assert isinstance(call, LambdaCall)
    rendered = json.loads(call.payload)
    assert rendered["id"] == 7
    assert len(rendered["c"]) == 20
    assert not call.is_async


@pytest.mark.rule("VTL-LIM-03")
@pytest.mark.parametrize("kind", [IntegrationType.AWS, IntegrationType.HTTP])
def test_what_a_template_renders_is_sent_as_it_is_json_or_not(kind: IntegrationType) -> None:
    call = message_call(
        integration_type=kind,
        integration_uri=LAMBDA if kind is IntegrationType.AWS else "https://example.com",
        request_templates={"$default": "{not json: $input.path('$.id'),"},
    )
    assert isinstance(call, LambdaCall | HttpCall)
    assert (call.payload if isinstance(call, LambdaCall) else call.body) == b"{not json: 7,"


@pytest.mark.rule("DP-INT-06")
def test_a_function_can_be_invoked_asynchronously() -> None:
    call = message_call(
        integration_type=IntegrationType.AWS,
        integration_uri=LAMBDA,
        request_parameters={"integration.request.header.X-Amz-Invocation-Type": "'Event'"},
    )
    assert isinstance(call, LambdaCall)
    assert call.is_async


@pytest.mark.rule("DP-INT-31", "DP-INT-35", "DP-INT-37", "DP-SUR-27")
def test_an_aws_service_is_called_by_action_or_path() -> None:
    call = message_call(
        integration_type=IntegrationType.AWS,
        integration_uri=f"arn:aws:apigateway:{REGION}:sqs:path/123456789012/tenant-{{queue}}.fifo",
        credentials_arn="arn:aws:iam::123456789012:role/sqs",
        request_parameters={
            "integration.request.header.content-type": "'application/x-www-form-urlencoded'",
            "integration.request.path.queue": "route.request.body.action",
            "integration.request.querystring.v": "stageVariables.host",
        },
        request_templates={"$default": "Action=SendMessage&MessageBody=$input.body"},
    )
    assert isinstance(call, AwsServiceCall)
    assert (call.service, call.path, call.action) == ("sqs", "123456789012/tenant-x.fifo", None)
    assert dict(call.headers)["content-type"] == "application/x-www-form-urlencoded"
    assert "Content-Type" not in dict(call.headers)
    assert call.query == (("v", "blue"),)
    assert call.credentials_arn == "arn:aws:iam::123456789012:role/sqs"


@pytest.mark.rule("DP-INT-07")
@pytest.mark.parametrize(
    ("kind", "uri"),
    [
        (IntegrationType.AWS_PROXY, LAMBDA_URI),
        (IntegrationType.AWS, LAMBDA_URI),
        (IntegrationType.AWS, f"arn:aws:apigateway:{REGION}:sqs:action/SendMessage"),
    ],
)
def test_the_caller_s_name_is_used_where_he_has_one(kind: IntegrationType, uri: str) -> None:
    changes = {"integration_type": kind, "integration_uri": uri, "credentials_arn": CALLER}
    call = message_call(signer="AKIDANN", **changes)
    assert isinstance(call, LambdaCall | AwsServiceCall)
    assert (call.credentials_arn, call.caller_key_id) == (None, "AKIDANN")
    with pytest.raises(ApiConfigurationError, match="authorization AWS_IAM"):
        message_call(**changes)


@pytest.mark.rule("DP-INT-23", "DP-INT-24", "DP-INT-25", "DP-INT-26")
def test_an_http_proxy_gets_the_message_and_the_gateway_s_headers() -> None:
    call = http_call(integration_uri="https://${stageVariables.host}.example.com/in")
    assert (call.method, call.url, call.body) == ("POST", "https://blue.example.com/in", BODY)
    headers = dict(call.headers)
    assert headers["User-Agent"] == "AmazonAPIGateway_6behyoa40f"
    assert headers["x-amzn-apigateway-api-id"] == "6behyoa40f"
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "https"
    assert "connectionId" not in str(headers)


@pytest.mark.rule("DP-INT-01", "DP-INT-30")
def test_a_mapped_http_call_is_json_by_default() -> None:
    call = message_call(
        integration_type=IntegrationType.HTTP, integration_uri="https://example.com"
    )
    assert isinstance(call, HttpCall)
    headers = {name.lower(): value for name, value in call.headers}
    assert headers["accept"] == headers["content-type"] == "application/json"
    assert headers["user-agent"] == "AmazonAPIGateway_6behyoa40f"
    assert not {"expect", "te", "proxy-authenticate", "via"} & set(headers)


@pytest.mark.rule("DP-INT-27", "DP-INT-28", "DP-INT-29", "DP-SUR-17", "DP-UNK-12")
def test_on_connect_an_http_proxy_gets_the_handshake_too_and_mappings_win() -> None:
    call, _ = connect_call(
        ("Cookie", "a=b"),
        ("User-Agent", "ua"),
        ("Sec-WebSocket-Version", "13"),
        ("Connection", "Upgrade"),
        query="room=1&room=2",
        integration_type=IntegrationType.HTTP_PROXY,
        integration_uri="https://example.com/?x=1",
        request_parameters={
            "integration.request.header.Sec-WebSocket-Version": "'0'",
            "integration.request.header.connectionId": "context.connectionId",
        },
    )
    assert isinstance(call, HttpCall)
    headers = dict(call.headers)
    assert headers["Cookie"] == "a=b"
    assert headers["User-Agent"] == "ua"
    assert headers["Sec-WebSocket-Version"] == "0"
    assert len(headers["connectionId"]) == 20
    assert "Connection" not in headers
    assert "Host" not in headers
    assert call.url == "https://example.com/?x=1&room=1&room=2"
    assert call.body == b""


@pytest.mark.rule("DP-INT-47")
def test_a_proxy_has_no_templates() -> None:
    call = http_call(integration_uri="https://example.com", request_templates={"$default": "no"})
    assert call.body == BODY


@pytest.mark.rule("DP-INT-48", "DP-INT-50", "DP-INT-51")
def test_every_source_of_a_parameter_is_found_or_left_out() -> None:
    call = http_call(
        integration_uri="https://example.com/{id}/{unknown}",
        request_parameters={
            "integration.request.path.id": "route.request.body.text",
            "integration.request.header.Tags": "route.request.body.tags",
            "integration.request.header.Whole": "route.request.body",
            "integration.request.header.Static": "'it''s'",
            "integration.request.header.Var": "stageVariables.host",
            "integration.request.header.Stage": "context.stage",
            "integration.request.header.Ip": "context.identity.sourceIp",
            "integration.request.header.No1": "route.request.body.nope",
            "integration.request.header.No2": "context.nope.deeper",
            "integration.request.header.No3": "stageVariables.nope",
            "integration.request.header.No4": "route.request.header.Auth",
            "integration.request.querystring.No5": "route.request.querystring.q",
        },
    )
    headers = dict(call.headers)
    assert call.url == "https://example.com/a%20b/{unknown}"
    assert headers["Tags"] == "[p, q]"
    assert headers["Whole"].startswith("{action=x, id=7")
    assert headers["Static"] == "it''s"
    assert (headers["Var"], headers["Stage"], headers["Ip"]) == ("blue", "dev", "127.0.0.1")
    assert not [name for name in headers if name.startswith("No")]


@pytest.mark.rule("DP-INT-48")
def test_multi_valued_parameters_keep_all_values() -> None:
    call, _ = connect_call(
        ("x-tag", "1"),
        ("X-Tag", "2"),
        query="q=a&q=b",
        integration_type=IntegrationType.HTTP,
        integration_uri="https://example.com",
        request_parameters={
            "integration.request.header.All": "route.request.multivalueheader.x-tag",
            "integration.request.header.Last": "route.request.header.x-tag",
            "integration.request.querystring.all": "route.request.multivaluequerystring.q",
            "integration.request.querystring.last": "route.request.querystring.q",
        },
    )
    assert isinstance(call, HttpCall)
    assert [value for name, value in call.headers if name == "All"] == ["1", "2"]
    assert dict(call.headers)["Last"] == "2"
    assert call.url == "https://example.com?all=a&all=b&last=b"


def test_a_client_s_text_cannot_end_a_header() -> None:
    call = http_call(
        integration_uri="https://example.com",
        request_parameters={"integration.request.header.X": "route.request.body.x"},
        body=b'{"x":"a\\r\\nEvil: 1"}',
    )
    assert dict(call.headers)["X"] == "a  Evil: 1"


@pytest.mark.rule("DP-INT-58", "DP-INT-59")
def test_a_payload_can_be_converted_to_binary() -> None:
    settings: dict[str, Any] = {
        "integration_uri": "https://example.com",
        "content_handling_strategy": ContentHandling.CONVERT_TO_BINARY,
    }
    assert http_call(body=b"aGk=", **settings).body == b"hi"
    with pytest.raises(ApiConfigurationError):
        http_call(body=b"not base64", **settings)


ENDLESS = "#set($s = 'aa')#foreach($i in [1..999])#set($s = $s + $s)#end$s"


@pytest.mark.rule("DP-VTL-16")
def test_a_template_that_fails_is_an_error_of_the_api() -> None:
    with pytest.raises(ApiConfigurationError, match="template failed"):
        message_call(request_templates={"$default": ENDLESS})


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"request_templates": {"$default": "#if("}}, TemplateError),
        ({"request_parameters": {"integration.request.body.x": "'a'"}}, ProjectError),
        ({"request_parameters": {"integration.request.header.x": "nothing"}}, ProjectError),
    ],
)
def test_a_mapping_that_does_not_parse_names_its_place(
    changes: dict[str, Any], error: type[Exception]
) -> None:
    origin = Origin(file="template.yaml", line=9, logical_id="Mapped")
    with pytest.raises(error, match=r"template\.yaml:9: Mapped"):
        message_call(origin=origin, **changes)
