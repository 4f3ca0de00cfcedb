"""Usage plans, through AWS's SDK."""

from typing import Any

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, told
from routekey.endpoints.control_plane.usage_plans import create_usage_plan

QUOTA = {"limit": 100, "offset": 2, "period": "WEEK"}
THROTTLE = {"burstLimit": 5, "rateLimit": 2.5}
VALUE = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def v1(laboratory: Laboratory) -> Client:
    return laboratory.client("apigateway")


@pytest.fixture
async def stage(client: Client, api_id: str) -> dict[str, str]:
    await client.create_stage(ApiId=api_id, StageName="dev")
    return {"apiId": api_id, "stage": "dev"}


def replace(path: str, value: str) -> dict[str, str]:
    return {"op": "replace", "path": path, "value": value}


async def patched(v1: Client, plan_id: str, *patches: dict[str, str]) -> dict[str, Any]:
    return told(await v1.update_usage_plan(usagePlanId=plan_id, patchOperations=list(patches)))


@pytest.mark.rule("CP-KEY-01", "CP-ID-07")
async def test_every_member_is_read_back_and_a_plan_is_deleted(
    v1: Client, stage: dict[str, str]
) -> None:
    given = {
        "apiStages": [{**stage, "throttle": {"join": THROTTLE}}],
        "description": "for many",
        "name": "gold",
        "quota": QUOTA,
        "tags": {"team": "chat"},
        "throttle": THROTTLE,
    }
    answer = told(await v1.create_usage_plan(**given))
    assert answer == {**given, "id": answer["id"]}
    here = {"usagePlanId": answer["id"]}
    assert told(await v1.get_usage_plan(**here)) == answer
    assert (await v1.get_usage_plans())["items"] == [answer]
    gone = await v1.delete_usage_plan(**here)
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    refusal = (404, "NotFoundException", "Invalid Usage Plan ID specified")
    assert await v1.refuse("get_usage_plan", **here) == refusal


async def test_a_bare_plan_has_a_name(v1: Client) -> None:
    answer = told(await v1.create_usage_plan(name="gold"))
    assert answer == {"apiStages": [], "id": answer["id"], "name": "gold"}


@pytest.mark.rule("CP-KEY-01", "CP-KEY-05")
async def test_a_key_in_a_plan_opens_its_stages_at_once(
    laboratory: Laboratory, v1: Client, stage: dict[str, str]
) -> None:
    plan = await v1.create_usage_plan(name="gold", apiStages=[stage])
    key = await v1.create_api_key(name="ours", value=VALUE, enabled=True)
    here = {"usagePlanId": plan["id"], "keyId": key["id"]}
    answer = told(await v1.create_usage_plan_key(**here, keyType="API_KEY"))
    assert answer == {"id": key["id"], "name": "ours", "type": "API_KEY", "value": VALUE}
    assert told(await v1.get_usage_plan_key(**here)) == answer
    keys = await v1.get_usage_plan_keys(usagePlanId=plan["id"], nameQuery="ou")
    assert keys["items"] == [answer]
    assert [one["id"] for one in (await v1.get_usage_plans(keyId=key["id"]))["items"]] == [
        plan["id"]
    ]
    assert (await v1.get_usage_plans(keyId="no"))["items"] == []
    find = laboratory.directory.keys.find_subscription
    assert find(key["id"], stage["apiId"], "dev") is not None
    await v1.delete_usage_plan_key(**here)
    find = laboratory.directory.keys.find_subscription
    assert find(key["id"], stage["apiId"], "dev") is None
    refusal = (404, "NotFoundException", "Invalid API Key identifier specified")
    assert await v1.refuse("get_usage_plan_key", **here) == refusal


async def test_what_is_put_into_a_plan_is_a_key_and_once(v1: Client) -> None:
    plan = await v1.create_usage_plan(name="gold")
    key = await v1.create_api_key()
    here = {"usagePlanId": plan["id"], "keyId": key["id"]}
    status, _, _ = await v1.refuse("create_usage_plan_key", **here, keyType="HOUSE_KEY")
    assert status == 400
    await v1.create_usage_plan_key(**here, keyType="API_KEY")
    status, name, _ = await v1.refuse("create_usage_plan_key", **here, keyType="API_KEY")
    assert (status, name) == (409, "ConflictException")
    status, name, _ = await v1.refuse(
        "create_usage_plan_key", usagePlanId=plan["id"], keyId="no", keyType="API_KEY"
    )
    assert (status, name) == (404, "NotFoundException")


@pytest.mark.rule("CP-KEY-04")
async def test_a_key_is_in_ten_plans_at_most(v1: Client) -> None:
    key = await v1.create_api_key()
    for number in range(11):
        plan = await v1.create_usage_plan(name=f"plan{number}")
        here = {"usagePlanId": plan["id"], "keyId": key["id"], "keyType": "API_KEY"}
        if number < 10:
            await v1.create_usage_plan_key(**here)
    status, name, _ = await v1.refuse("create_usage_plan_key", **here)
    assert (status, name) == (429, "LimitExceededException")


async def test_a_plan_is_patched(v1: Client, stage: dict[str, str]) -> None:
    plan_id = (await v1.create_usage_plan(name="gold"))["id"]
    place = f"{stage['apiId']}:dev"
    answer = await patched(
        v1,
        plan_id,
        replace("/name", "silver"),
        replace("/productCode", "p"),
        replace("/throttle/rateLimit", "2.5"),
        replace("/throttle/burstLimit", "5"),
        replace("/quota/limit", "100"),
        replace("/quota/period", "WEEK"),
        replace("/quota/offset", "2"),
        {"op": "add", "path": "/apiStages", "value": place},
        replace(f"/apiStages/{place}/throttle/join/rateLimit", "2.5"),
        replace(f"/apiStages/{place}/throttle/join/burstLimit", "5"),
    )
    assert answer == {
        "apiStages": [{**stage, "throttle": {"join": THROTTLE}}],
        "id": plan_id,
        "name": "silver",
        "productCode": "p",
        "quota": QUOTA,
        "throttle": THROTTLE,
    }
    answer = await patched(
        v1, plan_id, {"op": "remove", "path": f"/apiStages/{place}/throttle/join"}
    )
    assert answer["apiStages"] == [{**stage, "throttle": {}}]
    answer = await patched(
        v1,
        plan_id,
        {"op": "remove", "path": "/apiStages", "value": place},
        {"op": "remove", "path": "/throttle"},
        {"op": "remove", "path": "/quota"},
    )
    assert answer == {"apiStages": [], "id": plan_id, "name": "silver", "productCode": "p"}


@pytest.mark.rule("CP-KEY-02")
@pytest.mark.parametrize(
    ("patch", "status"),
    [
        (replace("/id", "x"), 400),
        (replace("/quota/colour", "x"), 400),
        (replace("/quota/period", "YEAR"), 400),
        (replace("/throttle/colour", "x"), 400),
        (replace("/throttle/rateLimit", "fast"), 400),
        (replace("/apiStages/a:dev/throttle/join/rateLimit", "1"), 400),
        ({"op": "add", "path": "/apiStages", "value": "dev"}, 400),
        ({"op": "add", "path": "/apiStages", "value": "no:dev"}, 404),
    ],
)
async def test_what_cannot_be_patched_is_refused(
    v1: Client, patch: dict[str, str], status: int
) -> None:
    plan = await v1.create_usage_plan(name="gold")
    answer = await v1.refuse("update_usage_plan", usagePlanId=plan["id"], patchOperations=[patch])
    assert answer[0] == status


async def test_a_route_of_a_plan_has_rates_and_nothing_else(
    v1: Client, stage: dict[str, str]
) -> None:
    plan = await v1.create_usage_plan(name="gold", apiStages=[stage])
    path = f"/apiStages/{stage['apiId']}:dev/throttle"
    for patch in (replace(f"{path}/join", "1"), replace(f"{path}/join/colour", "1")):
        status, _, _ = await v1.refuse(
            "update_usage_plan", usagePlanId=plan["id"], patchOperations=[patch]
        )
        assert status == 400


@pytest.mark.rule("CP-KEY-02")
@pytest.mark.parametrize(
    ("members", "status", "text"),
    [
        ({"name": None}, 400, "Name is required"),
        ({"quota": {"limit": 1}}, 400, "limit and period"),
        ({"quota": {"limit": 1, "period": "YEAR"}}, 400, "[DAY, WEEK, MONTH]"),
        ({"quota": {"limit": 1, "period": "DAY", "offset": 1}}, 400, "offset"),
        ({"apiStages": [{"stage": "dev"}]}, 400, "Invalid API Stage specified"),
        ({"apiStages": [{"apiId": "no", "stage": "dev"}]}, 404,
         "Invalid API Stage {api: no, stage: dev} specified for usageplan "),
    ],
)  # fmt: skip
async def test_what_a_plan_cannot_be_is_refused(
    v1: Client, members: dict[str, Any], status: int, text: str
) -> None:
    given = {"name": "gold", **members}
    given = {name: value for name, value in given.items() if value is not None}
    answer = await v1.refuse("create_usage_plan", **given)
    assert answer[0] == status
    assert text in answer[2]


@pytest.mark.rule("CP-KEY-04")
async def test_an_account_has_300_plans(laboratory: Laboratory, v1: Client) -> None:
    for _ in range(300):
        await laboratory.plane.run(create_usage_plan, {"name": "gold"})
    status, name, _ = await v1.refuse("create_usage_plan", name="gold")
    assert (status, name) == (429, "LimitExceededException")
