"""Authorizers, through AWS's SDK."""

import re
from typing import Any

import pytest

from endpoints.control_plane.laboratory import FUNCTION_URI, Client, told

MINIMUM: dict[str, Any] = {
    "AuthorizerType": "REQUEST",
    "AuthorizerUri": FUNCTION_URI,
    "Name": "gate",
}
ROLE = "arn:aws:iam::123456789012:role/gate"
NOT_FOR_WEBSOCKET = "cannot be set for WEBSOCKET protocol Apis."
TYPE = (
    "Invalid authorizer type. Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis."
)


@pytest.mark.rule("CP-RESP-03", "CP-ID-05")
async def test_every_member_is_read_back(client: Client, api_id: str) -> None:
    given = {
        **MINIMUM,
        "AuthorizerCredentialsArn": ROLE,
        "IdentitySource": ["route.request.header.Auth", "stageVariables.x", "context.y"],
        "IdentityValidationExpression": "^[a-z]+$",
    }
    answer = told(await client.create_authorizer(ApiId=api_id, **given))
    assert re.fullmatch("[a-z0-9]{6}", answer["AuthorizerId"])
    assert answer == {**given, "AuthorizerId": answer["AuthorizerId"]}
    here = {"ApiId": api_id, "AuthorizerId": answer["AuthorizerId"]}
    assert told(await client.get_authorizer(**here)) == answer
    assert (await client.get_authorizers(ApiId=api_id))["Items"] == [answer]


@pytest.mark.rule("CP-AUTHZ-02")
@pytest.mark.parametrize("sources", [None, [], [""]])
async def test_identity_sources_may_be_left_out(
    client: Client, api_id: str, sources: list[str] | None
) -> None:
    given = MINIMUM if sources is None else {**MINIMUM, "IdentitySource": sources}
    answer = told(await client.create_authorizer(ApiId=api_id, **given))
    assert answer == {**MINIMUM, "AuthorizerId": answer["AuthorizerId"]}


@pytest.mark.rule("CP-AUTHZ-03")
@pytest.mark.parametrize(
    "source",
    ["$request.header.Auth", "$context.x", "method.request.header.Auth", "route.request.body.x",
     "route.request.context.x", "route.request.header.", "route.request.header.a b"],
)  # fmt: skip
async def test_an_identity_source_of_another_form_is_refused(
    client: Client, api_id: str, source: str
) -> None:
    status, name, text = await client.refuse(
        "create_authorizer", ApiId=api_id, **MINIMUM, IdentitySource=[source]
    )
    assert (status, name) == (400, "BadRequestException")
    assert text == (
        f"Invalid request identity source expression: {source}. The sources must be separated by "
        "comma, and each source must be either a request parameter, matching "
        "'route.request.querystring|header.[a-zA-Z0-9._-]+', or a stage variable, matching "
        "'stageVariables.[a-zA-Z0-9._-]+', or a context parameter, matching "
        "'context.[a-zA-Z0-9._-]+'"
    )


@pytest.mark.rule("CP-AUTHZ-01", "CP-AUTHZ-04", "CP-AUTHZ-08")
@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"AuthorizerType": "JWT"}, TYPE),
        ({"AuthorizerType": "TOKEN"}, TYPE),
        ({"AuthorizerType": "JWT", "AuthorizerPayloadFormatVersion": "2.0"}, TYPE),
        ({"AuthorizerResultTtlInSeconds": 0}, f"AuthorizerResultTtlInSeconds {NOT_FOR_WEBSOCKET}"),
        ({"AuthorizerPayloadFormatVersion": ""},
         f"AuthorizerPayloadFormatVersion {NOT_FOR_WEBSOCKET}"),
        ({"AuthorizerPayloadFormatVersion": "1.0", "EnableSimpleResponses": True},
         f"AuthorizerPayloadFormatVersion {NOT_FOR_WEBSOCKET}"),
        ({"EnableSimpleResponses": False}, f"EnableSimpleResponses {NOT_FOR_WEBSOCKET}"),
        ({"JwtConfiguration": {"Issuer": "x"}}, f"JwtConfiguration {NOT_FOR_WEBSOCKET}"),
        ({"AuthorizerCredentialsArn": ""}, "Invalid role ARN"),
        ({"AuthorizerCredentialsArn": "gate", "IdentitySource": ["x"]}, "Invalid role ARN"),
        ({"IdentityValidationExpression": ""}, "IdentityValidationExpression must not be empty."),
        ({"IdentityValidationExpression": "["}, "Invalid validation expression: ["),
        ({"AuthorizerUri": None}, "Authorizer uri is required"),
        ({"Name": None}, "Name is required"),
    ],
)  # fmt: skip
async def test_what_websocket_apis_do_not_have_is_refused_in_awss_words(
    client: Client, api_id: str, members: dict[str, Any], text: str
) -> None:
    given = {name: value for name, value in {**MINIMUM, **members}.items() if value is not None}
    status, name, message = await client.refuse("create_authorizer", ApiId=api_id, **given)
    assert (status, name) == (400, "BadRequestException")
    assert message.endswith(text)


@pytest.mark.rule("CP-AUTHZ-04", "CP-AUTHZ-08", "CP-AUTHZ-09")
async def test_an_empty_text_removes_a_member_when_updated(client: Client, api_id: str) -> None:
    made = await client.create_authorizer(
        ApiId=api_id,
        **MINIMUM,
        AuthorizerCredentialsArn=ROLE,
        IdentityValidationExpression="x",
    )
    here = {"ApiId": api_id, "AuthorizerId": made["AuthorizerId"]}
    answer = await client.update_authorizer(**here, Name="door")
    assert answer["AuthorizerCredentialsArn"] == ROLE
    answer = await client.update_authorizer(
        **here,
        AuthorizerCredentialsArn="",
        AuthorizerPayloadFormatVersion="",
        IdentityValidationExpression="",
    )
    expected = {**MINIMUM, "Name": "door", "AuthorizerId": made["AuthorizerId"]}
    assert told(answer) == expected
    await client.refuse("update_authorizer", **here, Name="x", EnableSimpleResponses=True)
    assert told(await client.get_authorizer(**here)) == expected


@pytest.mark.rule("CP-AUTHZ-05", "CP-AUTHZ-07")
async def test_an_authorizer_in_use_is_not_deleted(client: Client, api_id: str) -> None:
    made = await client.create_authorizer(ApiId=api_id, **MINIMUM)
    here = {"ApiId": api_id, "AuthorizerId": made["AuthorizerId"]}
    route = await client.create_route(
        ApiId=api_id,
        RouteKey="$connect",
        AuthorizationType="CUSTOM",
        AuthorizerId=made["AuthorizerId"],
    )
    text = "Cannot delete authorizer 'gate', is referenced in route: $connect"
    assert await client.refuse("delete_authorizer", **here) == (409, "ConflictException", text)
    await client.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    await client.delete_authorizer(**here)
    refusal = (404, "NotFoundException", "Invalid Authorizer identifier specified")
    for name in ("get_authorizer", "update_authorizer", "delete_authorizer"):
        assert await client.refuse(name, **here) == refusal


@pytest.mark.rule("CP-AUTHZ-07")
async def test_an_api_has_ten_authorizers_of_different_names(client: Client, api_id: str) -> None:
    for number in range(10):
        await client.create_authorizer(ApiId=api_id, **{**MINIMUM, "Name": f"gate{number}"})
    status, name, _ = await client.refuse("create_authorizer", ApiId=api_id, **MINIMUM)
    assert (status, name) == (429, "TooManyRequestsException")
    items = (await client.get_authorizers(ApiId=api_id))["Items"]
    here = {"ApiId": api_id, "AuthorizerId": items[0]["AuthorizerId"]}
    status, _, text = await client.refuse("update_authorizer", **here, Name=items[1]["Name"])
    assert status == 400
    assert "must be unique" in text
