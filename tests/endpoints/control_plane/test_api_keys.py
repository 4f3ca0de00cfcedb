"""API keys, through AWS's SDK."""

import re
from typing import Any

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, told
from routekey.endpoints.control_plane.api_keys import create_api_key
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.usage import ApiKey

VALUE = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def v1(laboratory: Laboratory) -> Client:
    return laboratory.client("apigateway")


@pytest.mark.rule("CP-ID-07", "CP-KEY-03")
async def test_a_bare_key_has_a_value_and_is_not_enabled(v1: Client) -> None:
    answer = told(await v1.create_api_key())
    assert re.fullmatch("[a-z0-9]{10}", answer["id"])
    assert re.fullmatch("[a-z0-9]{40}", answer["value"])
    assert answer == {
        "createdDate": answer["createdDate"],
        "enabled": False,
        "id": answer["id"],
        "lastUpdatedDate": answer["lastUpdatedDate"],
        "stageKeys": [],
        "value": answer["value"],
    }


@pytest.mark.rule("CP-KEY-01")
async def test_an_empty_value_is_none(v1: Client) -> None:
    """What Terraform sends when its configuration has no value."""
    assert re.fullmatch("[a-z0-9]{40}", (await v1.create_api_key(value=""))["value"])


@pytest.mark.rule("CP-KEY-01")
async def test_every_member_is_read_back_and_the_value_on_demand(v1: Client) -> None:
    given = {
        "customerId": "c1",
        "description": "for us",
        "enabled": True,
        "name": "ours",
        "tags": {"team": "chat"},
        "value": VALUE,
    }
    answer = told(
        await v1.create_api_key(**given, stageKeys=[{"restApiId": "a", "stageName": "dev"}])
    )
    assert answer.items() >= given.items()
    assert answer["stageKeys"] == ["a/dev"]
    shown = told(await v1.get_api_key(apiKey=answer["id"]))
    assert "value" not in shown
    assert told(await v1.get_api_key(apiKey=answer["id"], includeValue=True)) == answer
    (listed,) = (await v1.get_api_keys())["items"]
    assert listed == shown
    (listed,) = (await v1.get_api_keys(includeValues=True, nameQuery="ou", customerId="c1"))[
        "items"
    ]
    assert listed == answer
    assert (await v1.get_api_keys(nameQuery="x"))["items"] == []
    assert (await v1.get_api_keys(customerId="x"))["items"] == []


async def test_a_key_is_served_as_soon_as_it_is_made(laboratory: Laboratory, v1: Client) -> None:
    made = await v1.create_api_key(value=VALUE, enabled=True)
    key = laboratory.directory.keys.find_key(VALUE)
    assert key is not None
    assert key.id == made["id"]
    await v1.delete_api_key(apiKey=made["id"])
    assert laboratory.directory.keys.find_key(VALUE) is None


async def test_a_key_is_patched(v1: Client) -> None:
    made = await v1.create_api_key(name="ours")
    answer = await v1.update_api_key(
        apiKey=made["id"],
        patchOperations=[
            {"op": "replace", "path": "/enabled", "value": "true"},
            {"op": "replace", "path": "/name", "value": "theirs"},
            {"op": "replace", "path": "/description", "value": "x"},
            {"op": "replace", "path": "/customerId", "value": "c"},
        ],
    )
    changed = {"enabled": True, "name": "theirs", "description": "x", "customerId": "c"}
    assert told(answer) == {**told(made), **changed}


@pytest.mark.parametrize(
    "patch",
    [
        {"op": "add", "path": "/name", "value": "x"},
        {"op": "replace", "path": "/id", "value": "x"},
        {"op": "replace", "path": "/name/x", "value": "x"},
        {"op": "replace", "path": "", "value": "x"},
    ],
)
async def test_what_cannot_be_patched_is_refused(v1: Client, patch: dict[str, str]) -> None:
    made = await v1.create_api_key()
    status, name, _ = await v1.refuse("update_api_key", apiKey=made["id"], patchOperations=[patch])
    assert (status, name) == (400, "BadRequestException")


@pytest.mark.parametrize("value", ["x" * 19, "x" * 129])
async def test_a_value_has_20_to_128_characters(v1: Client, value: str) -> None:
    status, name, _ = await v1.refuse("create_api_key", value=value)
    assert (status, name) == (400, "BadRequestException")


async def test_a_value_is_there_once(v1: Client) -> None:
    await v1.create_api_key(value=VALUE)
    status, name, _ = await v1.refuse("create_api_key", value=VALUE)
    assert (status, name) == (409, "ConflictException")


@pytest.mark.parametrize("name", ["get_api_key", "update_api_key", "delete_api_key"])
async def test_an_unknown_key_is_not_found(v1: Client, name: str) -> None:
    refusal = await v1.refuse(name, apiKey="nothing")
    assert refusal == (404, "NotFoundException", "Invalid API Key identifier specified")


@pytest.mark.rule("CP-PROTO-02")
async def test_deleting_a_key_answers_202_and_takes_it_out_of_plans(v1: Client) -> None:
    key = await v1.create_api_key()
    plan = await v1.create_usage_plan(name="gold")
    await v1.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    answer = await v1.delete_api_key(apiKey=key["id"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert (await v1.get_usage_plan_keys(usagePlanId=plan["id"]))["items"] == []


async def test_a_list_has_25_at_a_time(laboratory: Laboratory, v1: Client) -> None:
    for _ in range(27):
        await laboratory.plane.run(create_api_key, {})
    first = await v1.get_api_keys()
    rest = await v1.get_api_keys(position=first["position"])
    assert (len(first["items"]), len(rest["items"])) == (25, 2)
    assert "position" not in rest
    assert len((await v1.get_api_keys(limit=3))["items"]) == 3
    status, _, _ = await v1.refuse("get_api_keys", limit=0)
    assert status == 400


@pytest.mark.rule("CP-KEY-01")
async def test_keys_are_imported_into_their_plans(v1: Client) -> None:
    plan = await v1.create_usage_plan(name="gold")
    body = f"Name,key,description,Enabled,usageplanIds\nours,{VALUE},,true,{plan['id']}\nbad,x,,,\n"
    answer = await v1.import_api_keys(body=body.encode(), format="csv")
    (key_id,) = answer["ids"]
    (warning,) = answer["warnings"]
    assert warning.startswith("Line 2: ")
    key = await v1.get_api_key(apiKey=key_id, includeValue=True)
    assert (key["name"], key["value"], key["enabled"]) == ("ours", VALUE, True)
    (planned,) = (await v1.get_usage_plan_keys(usagePlanId=plan["id"]))["items"]
    assert planned["id"] == key_id


@pytest.mark.parametrize(
    "given",
    [
        {"body": b"name,key\nours,x\n", "failOnWarnings": True},
        {"body": f"name,key,usageplanids\nours,{VALUE},no\n".encode(), "failOnWarnings": True},
        {"body": b"\xff\xff"},
    ],
)
async def test_an_import_that_fails_imports_nothing(v1: Client, given: dict[str, Any]) -> None:
    status, name, _ = await v1.refuse("import_api_keys", **given, format="csv")
    assert (status, name) == (400, "BadRequestException")
    assert (await v1.get_api_keys())["items"] == []


@pytest.mark.rule("CP-KEY-04")
async def test_an_account_has_10000_keys(laboratory: Laboratory, v1: Client) -> None:
    def fill(edit: Edit, _: Members) -> Members:
        for number in range(10_000):
            edit.put(str(number), ApiKey(id=str(number), value=str(number)))
        return {}

    await laboratory.plane.run(fill, {})
    status, name, _ = await v1.refuse("create_api_key")
    assert (status, name) == (429, "LimitExceededException")
