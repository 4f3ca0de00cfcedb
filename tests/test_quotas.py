import re
from dataclasses import fields

import pytest

from routekey import quotas
from routekey.quotas import QUOTAS, Limits


def test_every_quota_says_what_it_counts_and_which_rule_says_so() -> None:
    for name, quota in QUOTAS.items():
        assert quota.value > 0, name
        assert re.fullmatch(r"(DP|LAM)-[A-Z]+-\d\d", quota.source), name


@pytest.mark.rule("DP-LIM-03", "DP-LIM-06", "DP-LIM-09", "DP-LIM-10")
def test_limits_are_those_of_aws_unless_set() -> None:
    limits = Limits()
    assert (limits.frame_bytes_max, limits.message_bytes_max) == (32_768, 131_072)
    assert (limits.idle_seconds_max, limits.connection_seconds_max) == (600, 7200)
    assert (limits.account_rate, limits.account_burst) == (10_000, 5_000)


@pytest.mark.rule("CP-QUOTA-01")
def test_awss_page_of_quotas_is_in_the_table() -> None:
    assert (quotas.NEW_CONNECTIONS_PER_SECOND, quotas.ROUTES_PER_API) == (500, 300)
    assert (quotas.INTEGRATION_TIMEOUT_MS_MIN, quotas.INTEGRATION_TIMEOUT_MS_MAX) == (50, 29_000)
    assert (quotas.ACCOUNT_RATE, quotas.ACCOUNT_BURST) == (10_000, 5_000)
    assert (quotas.FRAME_BYTES_MAX, quotas.MESSAGE_BYTES_MAX) == (32 * 1024, 128 * 1024)
    assert (quotas.IDLE_SECONDS_MAX, quotas.CONNECTION_SECONDS_MAX) == (600, 7200)
    assert (quotas.URL_CHARACTERS_MAX, quotas.TEMPLATE_BYTES_MAX) == (4096, 300 * 1024)
    assert quotas.AUTHORIZER_RESULT_BYTES_MAX == 8 * 1024


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize(
    "name", ["frame_bytes_max", "message_bytes_max", "url_characters_max", "header_bytes_max"]
)
def test_a_size_that_would_not_bound_anything_is_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be at least 1$"):
        Limits(**{name: value})


@pytest.mark.parametrize("name", ["idle_seconds_max", "account_rate", "new_connections_per_second"])
def test_a_time_or_rate_before_zero_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be at least 0$"):
        Limits(**{name: -1})


def test_every_quota_has_a_limit_that_can_be_set_or_says_why_not() -> None:
    assert [
        name for name, each in QUOTAS.items() if bool(each.limit) == bool(each.fixed_because)
    ] == []
    named = {quota.limit for quota in QUOTAS.values() if quota.limit}
    assert named == {field.name for field in fields(Limits)}


def test_a_limit_is_the_quota_that_names_it_unless_set() -> None:
    limits = Limits()
    for name, quota in QUOTAS.items():
        assert not quota.limit or getattr(limits, quota.limit) == quota.value, name


def test_a_time_or_rate_of_zero_switches_its_limit_off() -> None:
    assert Limits(idle_seconds_max=0, account_rate=0).idle_seconds_max == 0


def test_the_table_holds_the_numbers_that_the_code_uses() -> None:
    values = {quota.value for quota in QUOTAS.values()}
    named = {
        getattr(quotas, name)
        for name in vars(quotas)
        if name.isupper() and name != "QUOTAS" and not name.endswith("_MIN")
    }
    assert named == values
