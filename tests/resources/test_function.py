"""What a function is found by."""

import pytest

from routekey.resources.function import (
    LATEST,
    USUAL_EVENTS,
    Code,
    EventInvokeConfig,
    Function,
    PackageType,
)

CODE = Code(package_type=PackageType.DIRECTORY, path="/code")
ROLE = "arn:aws:iam::123456789012:role/runner"


@pytest.mark.rule("LAM-INV-09")
@pytest.mark.parametrize(("version", "key"), [(LATEST, "echo"), ("3", "echo:3")])
def test_a_published_version_is_found_by_its_number(version: str, key: str) -> None:
    function = Function(
        function_name="echo",
        code=CODE,
        handler="app.handler",
        runtime="python3.11",
        role=ROLE,
        version=version,
    )
    assert function.key == key


@pytest.mark.rule("LAM-INV-08")
def test_each_alias_has_its_own_say_about_events() -> None:
    latest = EventInvokeConfig(maximum_retry_attempts=0)
    live = EventInvokeConfig(qualifier="live", maximum_retry_attempts=1)
    function = Function(
        function_name="echo",
        code=CODE,
        handler="app.handler",
        runtime="python3.11",
        role=ROLE,
        event_invoke_configs=(latest, live),
    )
    assert function.find_event_invoke_config(None) == latest
    assert function.find_event_invoke_config(LATEST) == latest
    assert function.find_event_invoke_config("live") == live
    assert function.find_event_invoke_config("2") == USUAL_EVENTS


@pytest.mark.rule("LAM-INV-08")
def test_events_fare_as_lambda_has_it_where_nothing_is_said() -> None:
    assert (USUAL_EVENTS.retries_max, USUAL_EVENTS.age_seconds_max) == (2, 6 * 3600)
    said = EventInvokeConfig(maximum_retry_attempts=0, maximum_event_age_in_seconds=60)
    assert (said.retries_max, said.age_seconds_max) == (0, 60)


@pytest.mark.rule("LAM-INV-09")
@pytest.mark.parametrize(
    ("qualifier", "chance", "version"),
    [
        (None, 0.0, LATEST),
        ("7", 0.0, "7"),
        ("live", 0.0, "2"),
        ("live", 0.24, "2"),
        ("live", 0.25, "1"),
        ("live", 0.99, "1"),
        ("plain", 0.0, "3"),
    ],
)
def test_an_alias_shares_calls_out_by_weight(
    qualifier: str | None, chance: float, version: str
) -> None:
    function = Function(
        function_name="echo",
        code=CODE,
        handler="app.handler",
        runtime="python3.11",
        role=ROLE,
        aliases={"live": "1", "plain": "3"},
        alias_weights={"live": {"2": 0.25}},
    )
    assert function.choose_version(qualifier, chance) == version
