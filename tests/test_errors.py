import importlib
import inspect
import pkgutil
import re

import pytest

from routekey import errors, languages
from routekey.errors import (
    AccessDenied,
    AwsException,
    BadRequestParameters,
    FunctionNotFoundError,
    GatewayResponse,
    GoneException,
    InputError,
    IntegrationFailure,
    ProjectError,
    RoutekeyError,
)
from routekey.ids import ConnectionId

RESPONSES = {
    "AccessDenied": ("ACCESS_DENIED", 403),
    "ApiConfigurationError": ("API_CONFIGURATION_ERROR", 500),
    "AuthorizerConfigurationError": ("AUTHORIZER_CONFIGURATION_ERROR", 500),
    "AuthorizerFailure": ("AUTHORIZER_FAILURE", 500),
    "BadRequestBody": ("BAD_REQUEST_BODY", 400),
    "BadRequestParameters": ("BAD_REQUEST_PARAMETERS", 400),
    "IntegrationFailure": ("INTEGRATION_FAILURE", 500),
    "IntegrationTimeout": ("INTEGRATION_TIMEOUT", 504),
    "InvalidApiKey": ("INVALID_API_KEY", 403),
    "QuotaExceeded": ("QUOTA_EXCEEDED", 429),
    "ResourceNotFound": ("RESOURCE_NOT_FOUND", 403),
    "Throttled": ("THROTTLED", 429),
    "Unauthorized": ("UNAUTHORIZED", 401),
    "UnsupportedMediaType": ("UNSUPPORTED_MEDIA_TYPE", 415),
}


def _classes() -> dict[str, type[RoutekeyError]]:
    found = inspect.getmembers(errors, inspect.isclass)
    return {name: cls for name, cls in found if issubclass(cls, RoutekeyError)}


def _classes_of_languages() -> set[str]:
    modules = pkgutil.walk_packages(languages.__path__, "routekey.languages.")
    return {
        name
        for module in modules
        for name, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
        if issubclass(cls, RoutekeyError)
    }


def test_the_drawn_tree_is_the_tree() -> None:
    """Those of the languages, which know no gateway, are drawn too."""
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted([*drawn, "RoutekeyError"]) == sorted({*_classes(), *_classes_of_languages()})


def test_the_drawn_statuses_are_the_statuses() -> None:
    for name, status in re.findall(r"[├└]── (\w+) +(\d{3})$", errors.__doc__ or "", re.MULTILINE):
        assert getattr(_classes()[name], "status") == int(status), name  # noqa: B009  # by its name


@pytest.mark.rule("DP-HSK-19")
def test_every_gateway_response_has_a_type_of_its_own() -> None:
    types = [
        cls.response_type
        for cls in _classes().values()
        if issubclass(cls, GatewayResponse) and cls is not GatewayResponse
    ]
    assert len(types) == len(set(types))
    assert all(re.fullmatch(r"[A-Z_]+", response_type) for response_type in types)


@pytest.mark.rule("DP-HSK-19", "SEC-GW-01")
def test_every_gateway_response_has_aws_s_type_and_status() -> None:
    made = {
        "AccessDenied": AccessDenied(is_explicit=True),
        "BadRequestParameters": BadRequestParameters(("x",)),
    }
    for name, (response_type, status) in RESPONSES.items():
        error = made.get(name) or _classes()[name]("why")
        assert isinstance(error, GatewayResponse)
        assert (error.response_type, error.status) == (response_type, status)


def test_an_answer_of_aws_is_named_as_its_class() -> None:
    error = GoneException(ConnectionId("gbgZmm6Q1QAYKEjmMA=="))
    assert isinstance(error, AwsException)
    assert (error.code, error.status, error.message) == ("GoneException", 410, None)
    assert error.connection_id == "gbgZmm6Q1QAYKEjmMA=="


@pytest.mark.rule("DP-AUT-06")
@pytest.mark.parametrize(
    ("is_explicit", "end"),
    [
        (True, "with an explicit deny in an identity-based policy"),
        (False, "because no identity-based policy allows the execute-api:Invoke action"),
    ],
)
def test_a_denial_tells_an_explicit_deny_from_a_missing_allow(
    *, is_explicit: bool, end: str
) -> None:
    message = AccessDenied(is_explicit=is_explicit, reason="for the log").message
    assert message == f"User is not authorized to access this resource {end}"


@pytest.mark.rule("DP-INT-49")
def test_missing_parameters_are_listed() -> None:
    error = BadRequestParameters(("room", "name"))
    assert error.message == "Missing required request parameters: [room, name]"


def test_a_failed_integration_says_whether_it_could_be_called() -> None:
    assert IntegrationFailure("not there").status == 500
    assert IntegrationFailure("it answered nonsense", status=502).status == 502


def test_a_function_that_cannot_be_called_is_named_with_the_reason() -> None:
    assert str(FunctionNotFoundError("echo", "no alias live")) == "echo: no alias live"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({}, "has no routes"),
        ({"file": "t.yaml"}, "t.yaml: has no routes"),
        ({"file": "t.yaml", "line": 7}, "t.yaml:7: has no routes"),
        ({"resource": "Api"}, "Api: has no routes"),
        (
            {"file": "t.yaml", "line": 7, "resource": "Api", "remedy": "Add one."},
            "t.yaml:7: Api: has no routes. Add one.",
        ),
    ],
)
def test_an_input_error_is_one_line_that_says_where_what_and_what_to_do(
    place: dict[str, str], text: str
) -> None:
    error: InputError = ProjectError("has no routes", **place)  # type: ignore[arg-type]  # line
    assert str(error) == text
