"""Integrations, through AWS's SDK."""

import re
from typing import Any

import pytest

from endpoints.control_plane.laboratory import FUNCTION_URI, Client, Laboratory, told
from routekey.endpoints.control_plane.integrations import create_integration

URL = "https://example.com/messages"


@pytest.mark.rule("CP-INT-01", "CP-INT-02", "CP-ID-03")
async def test_a_bare_mock_has_awss_defaults(client: Client, api_id: str) -> None:
    answer = await client.create_integration(ApiId=api_id, IntegrationType="MOCK")
    assert re.fullmatch("[a-z0-9]{7}", answer["IntegrationId"])
    assert told(answer) == {
        "ConnectionType": "INTERNET",
        "IntegrationId": answer["IntegrationId"],
        "IntegrationResponseSelectionExpression": "${integration.response.statuscode}",
        "IntegrationType": "MOCK",
        "PassthroughBehavior": "WHEN_NO_MATCH",
        "PayloadFormatVersion": "1.0",
        "TimeoutInMillis": 29000,
    }


@pytest.mark.rule("CP-RESP-03", "CP-INT-04")
async def test_a_lambda_proxy_posts_and_selects_no_response(client: Client, api_id: str) -> None:
    answer = await client.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=FUNCTION_URI
    )
    assert told(answer) == {
        "ConnectionType": "INTERNET",
        "IntegrationId": answer["IntegrationId"],
        "IntegrationMethod": "POST",
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": FUNCTION_URI,
        "PassthroughBehavior": "WHEN_NO_MATCH",
        "PayloadFormatVersion": "1.0",
        "TimeoutInMillis": 29000,
    }


@pytest.mark.rule(
    "CP-INT-02", "CP-INT-06", "CP-INT-07", "CP-INT-08", "CP-INT-09", "CP-INT-10", "CP-OPS-02"
)
async def test_every_member_is_read_back(client: Client, api_id: str) -> None:
    given: dict[str, Any] = {
        "ConnectionId": "abcdef",
        "ConnectionType": "VPC_LINK",
        "ContentHandlingStrategy": "CONVERT_TO_TEXT",
        "CredentialsArn": "arn:aws:iam::123456789012:role/caller",
        "Description": "a backend",
        "IntegrationMethod": "PUT",
        "IntegrationSubtype": "EventBridge-PutEvents",
        "IntegrationType": "HTTP",
        "IntegrationUri": URL,
        "PassthroughBehavior": "WHEN_NO_TEMPLATES",
        "PayloadFormatVersion": "2.0",
        "RequestParameters": {"integration.request.header.X": "'static'"},
        "RequestTemplates": {"$default": '{"statusCode":200}', "none": ""},
        "ResponseParameters": {"500": {"append:header.error": "$context.requestId"}},
        "TemplateSelectionExpression": "${request.body.kind}",
        "TimeoutInMillis": 50,
        "TlsConfig": {"ServerNameToVerify": "example.com"},
    }
    answer = told(await client.create_integration(ApiId=api_id, **given))
    assert answer == {
        **given,
        "IntegrationId": answer["IntegrationId"],
        "IntegrationResponseSelectionExpression": "${integration.response.statuscode}",
    }
    here = {"ApiId": api_id, "IntegrationId": answer["IntegrationId"]}
    assert told(await client.get_integration(**here)) == answer
    assert (await client.get_integrations(ApiId=api_id))["Items"] == [answer]


@pytest.mark.rule("CP-INT-02")
async def test_a_lambda_integration_selects_by_its_error(client: Client, api_id: str) -> None:
    answer = await client.create_integration(
        ApiId=api_id,
        IntegrationMethod="POST",
        IntegrationType="AWS",
        IntegrationUri=FUNCTION_URI,
    )
    selection = answer["IntegrationResponseSelectionExpression"]
    assert selection == "$integration.response.body.errorMessage"


@pytest.mark.rule("CP-PROTO-05")
async def test_an_update_merges_and_removes_parameters_set_to_nothing(
    client: Client, api_id: str
) -> None:
    one, two = "integration.request.header.One", "integration.request.header.Two"
    made = await client.create_integration(
        ApiId=api_id, IntegrationType="MOCK", RequestParameters={one: "'1'"}
    )
    here = {"ApiId": api_id, "IntegrationId": made["IntegrationId"]}
    answer = await client.update_integration(**here, RequestParameters={two: "'2'"})
    assert answer["RequestParameters"] == {one: "'1'", two: "'2'"}
    answer = await client.update_integration(**here, RequestParameters={one: ""})
    assert answer["RequestParameters"] == {two: "'2'"}
    assert answer["IntegrationType"] == "MOCK"


@pytest.mark.rule("CP-INT-05")
async def test_a_mock_with_an_empty_uri_is_taken(client: Client, api_id: str) -> None:
    await client.create_integration(ApiId=api_id, IntegrationType="MOCK", IntegrationUri="")


@pytest.mark.rule("CP-INT-03", "CP-INT-04", "CP-INT-07")
@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({}, "Integration type is required"),
        ({"IntegrationType": "TELEX"}, "enum value set: [AWS, HTTP, MOCK, HTTP_PROXY, AWS_PROXY]"),
        ({"IntegrationType": "MOCK", "TimeoutInMillis": 49}, "greater than or equal to 50"),
        ({"IntegrationType": "MOCK", "TimeoutInMillis": 29001}, "29000 ms"),
        ({"IntegrationType": "MOCK", "TimeoutInMillis": 30001}, "less than or equal to 30000"),
        ({"IntegrationType": "HTTP", "IntegrationUri": URL}, "Integration method is required"),
        (
            {"IntegrationType": "HTTP", "IntegrationMethod": "LOOK"},
            "Invalid integration method specified",
        ),
        ({"IntegrationType": "MOCK", "IntegrationUri": "x" * 2049}, "2048"),
        ({"IntegrationType": "MOCK", "RequestTemplates": {"$default": "#if("}}, "Invalid integr"),
        ({"IntegrationType": "MOCK", "RequestTemplates": {"a": "x" * 32769}}, "equal to 32768"),
        ({"IntegrationType": "MOCK", "RequestParameters": {"header.X": "'1'"}}, "header.X"),
        ({"IntegrationType": "MOCK", "TimeoutInMillis": 50.5}, "must be an integer"),
    ],
)
async def test_what_an_integration_cannot_be_is_refused(
    client: Client, api_id: str, members: dict[str, Any], text: str
) -> None:
    status, name, message = await client.refuse("create_integration", ApiId=api_id, **members)
    assert (status, name) == (400, "BadRequestException")
    assert text in message


@pytest.mark.rule("CP-INT-12", "CP-INT-13")
async def test_an_integration_that_routes_target_is_not_deleted(
    client: Client, api_id: str
) -> None:
    made = await client.create_integration(ApiId=api_id, IntegrationType="MOCK")
    here = {"ApiId": api_id, "IntegrationId": made["IntegrationId"]}
    target = f"integrations/{made['IntegrationId']}"
    route = await client.create_route(ApiId=api_id, RouteKey="join", Target=target)
    text = (
        "Cannot delete Integration because it is referenced by the following Routes with Ids: "
        f"[{route['RouteId']}]"
    )
    assert await client.refuse("delete_integration", **here) == (409, "ConflictException", text)
    await client.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    await client.delete_integration(**here)
    refusal = (404, "NotFoundException", "Invalid Integration identifier specified")
    assert await client.refuse("get_integration", **here) == refusal


@pytest.mark.rule("CP-INT-14")
async def test_an_api_has_300_integrations_at_most(
    laboratory: Laboratory, client: Client, api_id: str
) -> None:
    for _ in range(300):
        members = {"api_id": api_id, "integration_type": "MOCK"}
        await laboratory.plane.run(create_integration, members)
    status, name, _ = await client.refuse(
        "create_integration", ApiId=api_id, IntegrationType="MOCK"
    )
    assert (status, name) == (429, "TooManyRequestsException")
