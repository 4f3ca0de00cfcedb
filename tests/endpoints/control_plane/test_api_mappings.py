"""API mappings, through AWS's SDK."""

import pytest

from endpoints.control_plane.laboratory import Client, told

NAME = "chat.example.com"


@pytest.fixture
async def given(client: Client, api_id: str) -> dict[str, str]:
    """Make a domain name and a stage, and say what maps one to the other."""
    await client.create_domain_name(DomainName=NAME)
    await client.create_stage(ApiId=api_id, StageName="dev")
    return {"DomainName": NAME, "ApiId": api_id, "Stage": "dev"}


@pytest.mark.rule("CP-DOM-03", "CP-DOM-04", "CP-TF-08")
async def test_a_mapping_is_read_back_changed_and_deleted(
    client: Client, given: dict[str, str]
) -> None:
    answer = told(await client.create_api_mapping(**given, ApiMappingKey="v1"))
    here = {"DomainName": NAME, "ApiMappingId": answer["ApiMappingId"]}
    assert answer == {
        "ApiId": given["ApiId"],
        "ApiMappingId": answer["ApiMappingId"],
        "ApiMappingKey": "v1",
        "Stage": "dev",
    }
    assert told(await client.get_api_mapping(**here)) == answer
    assert (await client.get_api_mappings(DomainName=NAME))["Items"] == [answer]
    changed = await client.update_api_mapping(**here, ApiId=given["ApiId"], ApiMappingKey="")
    assert "ApiMappingKey" not in changed
    await client.delete_api_mapping(**here)
    text = "The api mapping resource specified in the request was not found."
    assert await client.refuse("get_api_mapping", **here) == (404, "NotFoundException", text)


@pytest.mark.rule("CP-DOM-03", "DP-URL-06")
@pytest.mark.parametrize("key", ["a/b", "a b", "x" * 301])
async def test_a_key_is_one_segment(client: Client, given: dict[str, str], key: str) -> None:
    """A domain name that HTTP and WebSocket APIs share cannot arise: there are no HTTP APIs."""
    status, name, _ = await client.refuse("create_api_mapping", **given, ApiMappingKey=key)
    assert (status, name) == (400, "BadRequestException")


@pytest.mark.rule("CP-DOM-03")
@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("/a", "API mapping key should not start with a '/' or have consecutive '/'s."),
        ("a//b", "API mapping key should not start with a '/' or have consecutive '/'s."),
        ("a/", "API mapping key should not end with a '/'."),
    ],
)
async def test_a_malformed_key_is_told_first(
    client: Client, given: dict[str, str], key: str, text: str
) -> None:
    wrong = {**given, "Stage": "no", "ApiMappingKey": key}
    refusal = (400, "BadRequestException", text)
    assert await client.refuse("create_api_mapping", **wrong) == refusal


async def test_what_it_leads_to_exists(client: Client, given: dict[str, str]) -> None:
    status, name, text = await client.refuse("create_api_mapping", **{**given, "Stage": "no"})
    assert (status, name, text) == (404, "NotFoundException", "Invalid stage identifier specified")
    status, name, _ = await client.refuse("create_api_mapping", **{**given, "ApiId": "no"})
    assert (status, name) == (404, "NotFoundException")
    status, name, _ = await client.refuse("create_api_mapping", **{**given, "DomainName": "no"})
    assert (status, name) == (404, "NotFoundException")


async def test_a_key_is_there_once(client: Client, given: dict[str, str]) -> None:
    await client.create_api_mapping(**given)
    status, name, _ = await client.refuse("create_api_mapping", **given)
    assert (status, name) == (409, "ConflictException")
