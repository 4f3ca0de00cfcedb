"""APIs, through AWS's SDK."""

import re
from typing import Any

import pytest

from endpoints.control_plane.laboratory import FUNCTION_URI, Client, Laboratory, told
from routekey.testing.apis import ACCOUNT_ID, REGION

MINIMUM: dict[str, Any] = {
    "Name": "chat",
    "ProtocolType": "WEBSOCKET",
    "RouteSelectionExpression": "$request.body.action",
}
UNKNOWN = (404, "NotFoundException", f"Invalid API identifier specified {ACCOUNT_ID}:nothing")


@pytest.mark.rule("CP-RESP-03", "CP-API-03", "CP-ARN-03", "CP-ID-01", "CP-RESP-01")
async def test_a_new_api_has_awss_defaults_and_nothing_else(client: Client) -> None:
    answer = await client.create_api(**MINIMUM)
    api_id = answer["ApiId"]
    assert re.fullmatch("[a-z0-9]{10}", api_id)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert told(answer) == {
        **MINIMUM,
        "ApiEndpoint": f"wss://{api_id}.execute-api.{REGION}.amazonaws.com",
        "ApiId": api_id,
        "ApiKeySelectionExpression": "$request.header.x-api-key",
        "CreatedDate": answer["CreatedDate"],
        "DisableExecuteApiEndpoint": False,
        "IpAddressType": "ipv4",
    }
    assert answer["CreatedDate"].isoformat() == "2026-09-25T01:25:15+00:00"


@pytest.mark.rule("CP-RESP-02")
async def test_every_member_is_read_back_but_one_that_is_only_written(client: Client) -> None:
    given = {
        **MINIMUM,
        "ApiKeySelectionExpression": "$context.authorizer.usageIdentifierKey",
        "Description": "a chat",
        "DisableExecuteApiEndpoint": True,
        "IpAddressType": "dualstack",
        "Tags": {"team": "chat"},
        "Version": "7",
    }
    answer = await client.create_api(**given, DisableSchemaValidation=True)
    read = told(await client.get_api(ApiId=answer["ApiId"]))
    assert read == told(answer)
    assert read.items() >= given.items()
    assert "DisableSchemaValidation" not in read


@pytest.mark.rule("CP-PROTO-05")
async def test_an_update_keeps_what_it_does_not_mention(client: Client, api_id: str) -> None:
    await client.update_api(ApiId=api_id, Description="one")
    answer = await client.update_api(ApiId=api_id, Name="other")
    assert (answer["Name"], answer["Description"]) == ("other", "one")
    assert (await client.get_api(ApiId=api_id))["Name"] == "other"


@pytest.mark.rule("CP-PROTO-05", "CP-TF-02")
async def test_an_update_takes_away_what_it_says_is_empty(client: Client, api_id: str) -> None:
    """What Terraform sends when a version is dropped from its configuration."""
    await client.update_api(ApiId=api_id, Description="a chat", Version="v1")
    await client.update_api(ApiId=api_id, Description="", Version="", Target="", RouteKey="")
    assert not {"Description", "Version"} & (await client.get_api(ApiId=api_id)).keys()
    status, _, text = await client.refuse("update_api", ApiId=api_id, Name="")
    assert (status, "greater than or equal to 1" in text) == (400, True)


@pytest.mark.rule("CP-API-01")
async def test_a_protocol_that_does_not_exist_is_refused(client: Client) -> None:
    given = {**MINIMUM, "ProtocolType": "GOPHER"}
    status, name, text = await client.refuse("create_api", **given)
    assert (status, name) == (400, "BadRequestException")
    assert text == "Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]"


async def test_an_http_api_is_refused_and_not_half_made(client: Client) -> None:
    status, name, text = await client.refuse("create_api", Name="x", ProtocolType="HTTP")
    assert (status, name) == (400, "BadRequestException")
    assert "HTTP protocol Apis are not supported" in text
    assert (await client.get_apis())["Items"] == []


@pytest.mark.rule("CP-API-02", "CP-API-03", "CP-API-05", "CP-API-06")
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"RouteSelectionExpression": None}, "RouteSelectionExpression is required"),
        ({"RouteSelectionExpression": "${request"}, "Invalid route selection expression"),
        ({"Name": None}, "Name is required"),
        ({"Name": ""}, "length greater than or equal to 1"),
        ({"Name": "x" * 129}, "length less than or equal to 128"),
        ({"Description": "x" * 1025}, "less than or equal to 1024"),
        ({"Version": "x" * 65}, "less than or equal to 64"),
        ({"ApiKeySelectionExpression": "$request.body.key"}, "API key selection expression"),
        ({"IpAddressType": "ipv6"}, "[ipv4, dualstack]"),
        ({"Target": "https://example.com"}, "Target can only be set for HTTP protocol Apis"),
        ({"Tags": {"aws:x": "y"}}, "reserved"),
    ],
)
async def test_what_an_api_cannot_be_is_refused(
    client: Client, change: dict[str, Any], text: str
) -> None:
    given = {name: value for name, value in {**MINIMUM, **change}.items() if value is not None}
    status, name, message = await client.refuse("create_api", **given)
    assert (status, name) == (400, "BadRequestException")
    assert text in message


@pytest.mark.rule("CP-AUTHZ-09")
async def test_a_refused_update_changes_nothing(client: Client, api_id: str) -> None:
    before = told(await client.get_api(ApiId=api_id))
    await client.refuse("update_api", ApiId=api_id, Name="y", ApiKeySelectionExpression="$x")
    assert told(await client.get_api(ApiId=api_id)) == before


@pytest.mark.rule("CP-API-08")
@pytest.mark.parametrize(
    "name", ["get_api", "update_api", "delete_api", "get_routes", "get_stages", "get_deployments"]
)
async def test_an_unknown_api_is_told_with_the_account(client: Client, name: str) -> None:
    assert await client.refuse(name, ApiId="nothing") == UNKNOWN


@pytest.mark.rule("CP-API-09")
async def test_deleting_an_api_deletes_everything_below_it(
    laboratory: Laboratory, client: Client, api_id: str
) -> None:
    await client.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=FUNCTION_URI
    )
    await client.create_route(ApiId=api_id, RouteKey="$default")
    await client.create_stage(ApiId=api_id, StageName="dev")
    await client.create_deployment(ApiId=api_id, StageName="dev")
    assert list(laboratory.directory.snapshots) == [api_id]
    answer = await client.delete_api(ApiId=api_id)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert laboratory.directory.snapshots == {}
    assert (await client.get_apis())["Items"] == []


async def test_an_api_that_a_domain_name_maps_is_not_deleted(client: Client, api_id: str) -> None:
    await client.create_stage(ApiId=api_id, StageName="dev")
    await client.create_domain_name(DomainName="chat.example.com")
    await client.create_api_mapping(DomainName="chat.example.com", ApiId=api_id, Stage="dev")
    status, name, text = await client.refuse("delete_api", ApiId=api_id)
    assert (status, name) == (400, "BadRequestException")
    assert "chat.example.com" in text


@pytest.mark.rule("CP-PROTO-06", "CP-RESP-04")
async def test_lists_come_in_pages_sorted_by_id(client: Client) -> None:
    made = [(await client.create_api(**MINIMUM))["ApiId"] for _ in range(5)]
    seen: list[str] = []
    answer = await client.get_apis(MaxResults="2")
    while True:
        assert len(answer["Items"]) <= 2
        seen += [api["ApiId"] for api in answer["Items"]]
        if "NextToken" not in answer:
            break
        answer = await client.get_apis(MaxResults="2", NextToken=answer["NextToken"])
    assert seen == sorted(made)
