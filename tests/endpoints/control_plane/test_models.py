"""Models, through AWS's SDK."""

import json

import pytest

from endpoints.control_plane.laboratory import Client, told

SCHEMA = json.dumps({"type": "object", "properties": {"text": {"type": "string"}}})


@pytest.mark.rule("CP-MODEL-01", "CP-ID-09")
async def test_every_member_is_read_back_changed_and_deleted(client: Client, api_id: str) -> None:
    given = {
        "ContentType": "application/json",
        "Description": "a message",
        "Name": "Message",
        "Schema": SCHEMA,
    }
    answer = told(await client.create_model(ApiId=api_id, **given))
    here = {"ApiId": api_id, "ModelId": answer["ModelId"]}
    assert answer == {**given, "ModelId": answer["ModelId"]}
    assert told(await client.get_model(**here)) == answer
    assert (await client.get_models(ApiId=api_id))["Items"] == [answer]
    assert (await client.update_model(**here, Name="Text"))["Schema"] == SCHEMA
    await client.delete_model(**here)
    assert (await client.get_models(ApiId=api_id))["Items"] == []


@pytest.mark.rule("CP-MODEL-04")
@pytest.mark.parametrize("name", ["get_model", "update_model", "delete_model"])
async def test_an_unknown_one_is_not_found(client: Client, api_id: str, name: str) -> None:
    refusal = await client.refuse(name, ApiId=api_id, ModelId="nothing")
    assert refusal == (404, "NotFoundException", "Invalid Model identifier specified")


@pytest.mark.rule("CP-MODEL-01")
@pytest.mark.parametrize(
    ("name", "schema", "text"),
    [
        ("not-a-name", SCHEMA, "alphanumeric"),
        ("Message", "{", "Invalid model"),
        ("Message", '{"type": 7}', "Invalid model"),
        ("Message", "x" * 32769, "less than or equal to 32768"),
    ],
)
async def test_what_a_model_cannot_be_is_refused(
    client: Client, api_id: str, name: str, schema: str, text: str
) -> None:
    status, code, message = await client.refuse(
        "create_model", ApiId=api_id, Name=name, Schema=schema
    )
    assert (status, code) == (400, "BadRequestException")
    assert text in message


async def test_a_name_is_there_once(client: Client, api_id: str) -> None:
    await client.create_model(ApiId=api_id, Name="Message", Schema=SCHEMA)
    status, name, _ = await client.refuse(
        "create_model", ApiId=api_id, Name="Message", Schema=SCHEMA
    )
    assert (status, name) == (409, "ConflictException")


async def test_a_model_that_a_route_names_is_not_deleted(client: Client, api_id: str) -> None:
    made = await client.create_model(ApiId=api_id, Name="Message", Schema=SCHEMA)
    await client.create_route(ApiId=api_id, RouteKey="say", RequestModels={"$default": "Message"})
    status, name, text = await client.refuse("delete_model", ApiId=api_id, ModelId=made["ModelId"])
    assert (status, name) == (409, "ConflictException")
    assert "say" in text


@pytest.mark.rule("CP-MODEL-03")
async def test_a_template_is_sketched_from_it(client: Client, api_id: str) -> None:
    made = await client.create_model(ApiId=api_id, Name="Message", Schema=SCHEMA)
    answer = await client.get_model_template(ApiId=api_id, ModelId=made["ModelId"])
    assert answer["Value"] == '#set($inputRoot = $input.path(\'$\'))\n{\n  "text" : "foo"\n}'
