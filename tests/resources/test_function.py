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
