"""Routes, through AWS's SDK."""

import re
from typing import Any

import pytest

from endpoints.control_plane.laboratory import FUNCTION_URI, Client, Laboratory, told
from routekey.endpoints.control_plane.routes import create_route

AUTHORIZER = {
    "AuthorizerType": "REQUEST",
    "AuthorizerUri": FUNCTION_URI,
    "IdentitySource": [],
    "Name": "gate",
}


@pytest.mark.rule("CP-ROUTE-04", "CP-RESP-03", "CP-ID-02")
async def test_a_new_route_has_awss_defaults(client: Client, api_id: str) -> None:
    answer = await client.create_route(ApiId=api_id, RouteKey="join")
    assert re.fullmatch("[a-z0-9]{7}", answer["RouteId"])
    assert told(answer) == {
        "ApiKeyRequired": False,
        "AuthorizationType": "NONE",
        "RouteId": answer["RouteId"],
        "RouteKey": "join",
    }


@pytest.mark.rule("CP-ROUTE-06", "CP-ROUTE-07", "CP-ROUTE-08", "CP-RESP-04")
async def test_every_member_is_read_back(client: Client, api_id: str) -> None:
    integration = await client.create_integration(ApiId=api_id, IntegrationType="MOCK")
    authorizer = await client.create_authorizer(ApiId=api_id, **AUTHORIZER)
    given = {
        "ApiKeyRequired": True,
        "AuthorizationType": "CUSTOM",
        "AuthorizerId": authorizer["AuthorizerId"],
        "ModelSelectionExpression": "$request.body.kind",
        "OperationName": "Connect",
        "RequestModels": {"message": "Message"},
        "RequestParameters": {"route.request.header.Auth": {"Required": True}},
        "RouteKey": "$connect",
        "RouteResponseSelectionExpression": "$default",
        "Target": f"integrations/{integration['IntegrationId']}",
    }
    answer = told(await client.create_route(ApiId=api_id, **given))
    assert answer == {**given, "RouteId": answer["RouteId"]}
    assert told(await client.get_route(ApiId=api_id, RouteId=answer["RouteId"])) == answer
    assert (await client.get_routes(ApiId=api_id))["Items"] == [answer]


@pytest.mark.rule("CP-PROTO-02", "CP-ROUTE-13")
async def test_an_update_may_change_the_key_and_answers_201(client: Client, api_id: str) -> None:
    route = await client.create_route(ApiId=api_id, RouteKey="join", OperationName="Join")
    answer = await client.update_route(ApiId=api_id, RouteId=route["RouteId"], RouteKey="enter")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (answer["RouteKey"], answer["OperationName"]) == ("enter", "Join")


@pytest.mark.rule("CP-PROTO-05")
async def test_request_parameters_are_merged_and_deleted_one_by_one(
    client: Client, api_id: str
) -> None:
    one, two = "route.request.header.One", "route.request.querystring.Two"
    route = await client.create_route(
        ApiId=api_id, RouteKey="$connect", RequestParameters={one: {"Required": True}}
    )
    here = {"ApiId": api_id, "RouteId": route["RouteId"]}
    answer = await client.update_route(**here, RequestParameters={two: {"Required": False}})
    assert answer["RequestParameters"] == {one: {"Required": True}, two: {"Required": False}}
    await client.delete_route_request_parameter(**here, RequestParameterKey=one)
    assert (await client.get_route(**here))["RequestParameters"] == {two: {"Required": False}}
    status, name, _ = await client.refuse(
        "delete_route_request_parameter", **here, RequestParameterKey=one
    )
    assert (status, name) == (404, "NotFoundException")


@pytest.mark.rule("CP-ROUTE-02")
async def test_two_routes_of_an_api_never_have_one_key(client: Client, api_id: str) -> None:
    await client.create_route(ApiId=api_id, RouteKey="$connect")
    refusal = (409, "ConflictException", "Route with key $connect already exists for this API")
    assert await client.refuse("create_route", ApiId=api_id, RouteKey="$connect") == refusal
    other = await client.create_route(ApiId=api_id, RouteKey="join")
    here = {"ApiId": api_id, "RouteId": other["RouteId"]}
    assert await client.refuse("update_route", **here, RouteKey="$connect") == refusal
    await client.update_route(**here, RouteKey="join")


@pytest.mark.rule("CP-ROUTE-05")
@pytest.mark.parametrize("key", ["$default", "$disconnect", "join"])
@pytest.mark.parametrize("kind", ["AWS_IAM", "CUSTOM"])
async def test_only_connect_is_authorized(client: Client, api_id: str, key: str, kind: str) -> None:
    refusal = await client.refuse(
        "create_route", ApiId=api_id, RouteKey=key, AuthorizationType=kind
    )
    text = "Currently, authorization is restricted to the $connect route only"
    assert refusal == (400, "BadRequestException", text)


@pytest.mark.rule("CP-ROUTE-01", "CP-ROUTE-03", "CP-ROUTE-04", "CP-ROUTE-06", "CP-ROUTE-08")
@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, "Route key is required"),
        ({"RouteKey": ""}, "Route key is required"),
        ({"RouteKey": "$other"}, "reserved"),
        ({"RouteKey": "join", "Target": "abcdefg"}, "Invalid target"),
        ({"RouteKey": "join", "Target": "integrations/abcdefg"}, "Invalid integration"),
        ({"RouteKey": "join", "Target": "integrations/" + "x" * 128}, "less than or equal to 128"),
        ({"RouteKey": "$connect", "AuthorizerId": "abcdef"}, "Invalid Authorizer"),
        ({"RouteKey": "$connect", "AuthorizationType": "JWT"}, "JWT"),
        ({"RouteKey": "join", "RouteResponseSelectionExpression": "$x"}, "Must be $default"),
        ({"RouteKey": "join", "ApiKeyRequired": "yes"}, "'apiKeyRequired': it must be a boolean"),
        (
            {"RouteKey": "$connect", "RequestParameters": {"header.X": {"Required": True}}},
            "Invalid request parameter",
        ),
    ],
)
async def test_what_a_route_cannot_be_is_refused(
    client: Client, api_id: str, members: dict[str, Any], text: str
) -> None:
    status, name, message = await client.refuse("create_route", ApiId=api_id, **members)
    assert (status, name) == (400, "BadRequestException")
    assert text in message


@pytest.mark.rule("CP-ROUTE-10")
@pytest.mark.parametrize("name", ["get_route", "update_route", "delete_route"])
async def test_an_unknown_route_is_told_without_its_id(
    client: Client, api_id: str, name: str
) -> None:
    refusal = await client.refuse(name, ApiId=api_id, RouteId="nothing")
    assert refusal == (404, "NotFoundException", "Invalid route identifier specified")


async def test_a_deleted_route_is_gone(client: Client, api_id: str) -> None:
    route = await client.create_route(ApiId=api_id, RouteKey="join")
    answer = await client.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert (await client.get_routes(ApiId=api_id))["Items"] == []


@pytest.mark.rule("CP-ROUTE-11")
async def test_an_api_has_300_routes_at_most(
    laboratory: Laboratory, client: Client, api_id: str
) -> None:
    for number in range(300):
        members = {"api_id": api_id, "route_key": f"route{number}"}
        await laboratory.plane.run(create_route, members)
    status, name, _ = await client.refuse("create_route", ApiId=api_id, RouteKey="more")
    assert (status, name) == (429, "TooManyRequestsException")
