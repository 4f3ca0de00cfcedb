"""Route responses, through AWS's SDK."""

import re

import pytest

from endpoints.control_plane.laboratory import Client, told


@pytest.fixture
async def here(client: Client, api_id: str) -> dict[str, str]:
    route = await client.create_route(ApiId=api_id, RouteKey="join")
    return {"ApiId": api_id, "RouteId": route["RouteId"]}


@pytest.mark.rule("CP-RESP-03", "CP-ID-06", "CP-ROUTE-09")
async def test_a_new_one_has_an_id_and_its_key(client: Client, here: dict[str, str]) -> None:
    answer = await client.create_route_response(**here, RouteResponseKey="$default")
    assert re.fullmatch("[a-z0-9]{6}", answer["RouteResponseId"])
    assert told(answer) == {
        "RouteResponseId": answer["RouteResponseId"],
        "RouteResponseKey": "$default",
    }


async def test_every_member_is_read_back_changed_and_deleted(
    client: Client, here: dict[str, str]
) -> None:
    given = {
        "ModelSelectionExpression": "default",
        "ResponseModels": {"default": "Message"},
        "ResponseParameters": {"route.response.header.X": {"Required": True}},
        "RouteResponseKey": "$default",
    }
    answer = told(await client.create_route_response(**here, **given))
    place = {**here, "RouteResponseId": answer["RouteResponseId"]}
    assert answer == {**given, "RouteResponseId": answer["RouteResponseId"]}
    assert told(await client.get_route_response(**place)) == answer
    assert (await client.get_route_responses(**here))["Items"] == [answer]
    changed = await client.update_route_response(**place, ModelSelectionExpression="other")
    assert told(changed) == {**answer, "ModelSelectionExpression": "other"}
    await client.delete_route_response(**place)
    assert (await client.get_route_responses(**here))["Items"] == []


@pytest.mark.rule("CP-ROUTE-09")
async def test_its_key_is_default_once(client: Client, here: dict[str, str]) -> None:
    status, name, text = await client.refuse(
        "create_route_response", **here, RouteResponseKey="200"
    )
    assert (status, name) == (400, "BadRequestException")
    assert "Must be $default" in text
    await client.create_route_response(**here, RouteResponseKey="$default")
    status, name, _ = await client.refuse(
        "create_route_response", **here, RouteResponseKey="$default"
    )
    assert (status, name) == (409, "ConflictException")


@pytest.mark.rule("CP-ROUTE-10")
async def test_an_unknown_one_is_not_found(client: Client, here: dict[str, str]) -> None:
    refusal = await client.refuse("get_route_response", **here, RouteResponseId="abcdef")
    assert refusal == (404, "NotFoundException", "Invalid RouteResponse identifier specified")
