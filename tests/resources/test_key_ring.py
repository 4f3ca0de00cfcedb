from dataclasses import replace

import pytest

from routekey.resources.key_ring import compile_key_ring
from routekey.resources.usage import ApiKey, PlannedStage, UsagePlan

GOLD = ApiKey(id="gold", value="value-of-gold", enabled=True)
DEV = PlannedStage(api_id="6behyoa40f", stage="dev")
PLAN = UsagePlan(id="plan", name="plan", api_stages=(DEV,), key_ids=("gold", "gone"))


@pytest.mark.rule("SEC-KEY-02")
def test_a_key_opens_the_stages_of_its_plan() -> None:
    ring = compile_key_ring([GOLD], [PLAN])
    subscription = ring.find_subscription("gold", "6behyoa40f", "dev")
    assert subscription is not None
    assert (subscription.key, subscription.plan, subscription.stage) == (GOLD, PLAN, DEV)
    assert ring.find_subscription("gold", "6behyoa40f", "prod") is None
    assert ring.find_subscription("gold", "other00000", "dev") is None
    assert ring.find_subscription("gone", "6behyoa40f", "dev") is None


@pytest.mark.rule("CP-KEY-03")
def test_a_key_that_is_not_enabled_is_as_good_as_none() -> None:
    ring = compile_key_ring([replace(GOLD, enabled=False)], [PLAN])
    assert ring.find_key("value-of-gold") is None
    assert ring.find_subscription("gold", "6behyoa40f", "dev") is None


def test_of_two_plans_for_one_stage_the_first_counts() -> None:
    second = replace(PLAN, id="second")
    subscription = compile_key_ring([GOLD], [PLAN, second]).find_subscription(
        "gold", "6behyoa40f", "dev"
    )
    assert subscription is not None
    assert subscription.plan is PLAN


def test_values_of_keys_are_not_printed() -> None:
    assert "value-of-gold" not in repr(compile_key_ring([GOLD], [PLAN]))
