"""Integration responses, through AWS's SDK."""

import pytest

from endpoints.control_plane.laboratory import Client, told


@pytest.fixture
async def here(client: Client, api_id: str) -> dict[str, str]:
    made = await client.create_integration(ApiId=api_id, IntegrationType="MOCK")
    return {"ApiId": api_id, "IntegrationId": made["IntegrationId"]}


@pytest.mark.rule("CP-INT-11", "CP-INT-12", "CP-ID-09")
async def test_every_member_is_read_back_changed_and_deleted(
    client: Client, here: dict[str, str]
) -> None:
    given = {
        "ContentHandlingStrategy": "CONVERT_TO_BINARY",
        "IntegrationResponseKey": r"/2\d\d/",
        "ResponseParameters": {"method.response.header.X": "'1'"},
        "ResponseTemplates": {"$default": "ok"},
        "TemplateSelectionExpression": "${integration.response.statuscode}",
    }
    answer = told(await client.create_integration_response(**here, **given))
    place = {**here, "IntegrationResponseId": answer["IntegrationResponseId"]}
    assert answer == {**given, "IntegrationResponseId": answer["IntegrationResponseId"]}
    assert told(await client.get_integration_response(**place)) == answer
    assert (await client.get_integration_responses(**here))["Items"] == [answer]
    changed = await client.update_integration_response(**place, IntegrationResponseKey="$default")
    assert told(changed) == {**answer, "IntegrationResponseKey": "$default"}
    await client.delete_integration_response(**place)
    refusal = (404, "NotFoundException", "Invalid IntegrationResponse identifier specified")
    assert await client.refuse("get_integration_response", **place) == refusal


@pytest.mark.rule("CP-INT-11")
@pytest.mark.parametrize("key", ["200", "/", "/200", "200/", "/(/"])
async def test_its_key_is_default_or_a_pattern(
    client: Client, here: dict[str, str], key: str
) -> None:
    status, name, _ = await client.refuse(
        "create_integration_response", **here, IntegrationResponseKey=key
    )
    assert (status, name) == (400, "BadRequestException")


async def test_a_key_is_there_once(client: Client, here: dict[str, str]) -> None:
    await client.create_integration_response(**here, IntegrationResponseKey="$default")
    status, name, _ = await client.refuse(
        "create_integration_response", **here, IntegrationResponseKey="$default"
    )
    assert (status, name) == (409, "ConflictException")


async def test_a_template_that_does_not_parse_is_refused(
    client: Client, here: dict[str, str]
) -> None:
    status, name, text = await client.refuse(
        "create_integration_response",
        **here,
        IntegrationResponseKey="$default",
        ResponseTemplates={"$default": "#foreach("},
    )
    assert (status, name) == (400, "BadRequestException")
    assert "Invalid integration" in text
    assert (await client.get_integration_responses(**here))["Items"] == []
