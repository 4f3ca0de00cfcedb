"""Usage of API keys, through AWS's SDK."""

from typing import Any

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, told
from routekey.resources.key_ring import Subscription
from routekey.resources.usage import ApiKey, PlannedStage, QuotaSettings, UsagePlan

TODAY = "2026-09-25"  # by the laboratory's clock


@pytest.fixture
def v1(laboratory: Laboratory) -> Client:
    return laboratory.client("apigateway")


@pytest.fixture
async def here(v1: Client) -> dict[str, str]:
    """Make a key in a plan of ten events a day."""
    plan = await v1.create_usage_plan(name="plan", quota={"limit": 10, "period": "DAY"})
    key = await v1.create_api_key(enabled=True)
    place = {"usagePlanId": plan["id"], "keyId": key["id"]}
    await v1.create_usage_plan_key(**place, keyType="API_KEY")
    return place


def use(laboratory: Laboratory, here: dict[str, str], count: int) -> None:
    """Let events of the key pass, as the gateway does."""
    quota = QuotaSettings(limit=10, period="DAY")
    subscription = Subscription(
        key=ApiKey(id=here["keyId"], value="x"),
        plan=UsagePlan(id=here["usagePlanId"], name="plan", quota=quota),
        stage=PlannedStage(api_id="a", stage="dev"),
    )
    for _ in range(count):
        laboratory.meter.take_nowait(subscription, "join", laboratory.clock.now_ms())


@pytest.mark.rule("CP-KEY-01")
async def test_each_day_of_a_key_is_told(
    laboratory: Laboratory, v1: Client, here: dict[str, str]
) -> None:
    use(laboratory, here, 3)
    given = {"usagePlanId": here["usagePlanId"], "startDate": "2026-09-24", "endDate": TODAY}
    answer = told(await v1.get_usage(**given))
    assert answer == {**given, "items": {here["keyId"]: [[0, 10], [3, 7]]}}
    assert (await v1.get_usage(**given, keyId="other"))["items"] == {}


@pytest.mark.rule("CP-KEY-01")
async def test_a_quota_is_extended_for_the_day(
    laboratory: Laboratory, v1: Client, here: dict[str, str]
) -> None:
    use(laboratory, here, 9)
    patch = {"op": "replace", "path": "/remaining", "value": "20"}
    answer = await v1.update_usage(**here, patchOperations=[patch])
    assert answer["items"] == {here["keyId"]: [[9, 20]]}
    use(laboratory, here, 20)


async def test_a_list_has_so_many_keys_at_a_time(v1: Client, here: dict[str, str]) -> None:
    other = await v1.create_api_key()
    plan = {"usagePlanId": here["usagePlanId"]}
    await v1.create_usage_plan_key(**plan, keyId=other["id"], keyType="API_KEY")
    given: dict[str, Any] = {**plan, "startDate": TODAY, "endDate": TODAY, "limit": 1}
    first = await v1.get_usage(**given)
    rest = await v1.get_usage(**given, position=first["position"])
    assert {*first["items"], *rest["items"]} == {here["keyId"], other["id"]}
    assert "position" not in rest


@pytest.mark.parametrize(
    ("start", "end"), [("soon", TODAY), (TODAY, "2026-09-24"), ("2026-01-01", TODAY)]
)
async def test_other_dates_are_refused(
    v1: Client, here: dict[str, str], start: str, end: str
) -> None:
    plan = here["usagePlanId"]
    refusal = await v1.refuse("get_usage", usagePlanId=plan, startDate=start, endDate=end)
    assert refusal[:2] == (400, "BadRequestException")
    assert refusal[2].startswith("Invalid date")


@pytest.mark.rule("CP-KEY-02")
async def test_what_has_no_quota_or_is_not_there_is_refused(
    v1: Client, here: dict[str, str]
) -> None:
    patch = {"op": "replace", "path": "/remaining", "value": "1"}
    for wrong in ({"op": "add"}, {"path": "/used"}, {"value": "-1"}):
        refusal = await v1.refuse("update_usage", **here, patchOperations=[{**patch, **wrong}])
        assert refusal[:2] == (400, "BadRequestException")
    no_key = {**here, "keyId": "other"}
    assert (await v1.refuse("update_usage", **no_key, patchOperations=[patch]))[0] == 404
    no_plan = {**here, "usagePlanId": "other"}
    assert (await v1.refuse("update_usage", **no_plan, patchOperations=[patch]))[0] == 404
    bare = (await v1.create_usage_plan(name="bare"))["id"]
    await v1.create_usage_plan_key(usagePlanId=bare, keyId=here["keyId"], keyType="API_KEY")
    refusal = await v1.refuse(
        "update_usage", usagePlanId=bare, keyId=here["keyId"], patchOperations=[patch]
    )
    assert refusal[2].endswith("has no quota")
