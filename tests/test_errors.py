import inspect

import pytest

from routekey import errors
from routekey.errors import AwsException, GatewayResponse, InputError, RoutekeyError

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


def make(kind: type[GatewayResponse]) -> GatewayResponse:
    if kind is errors.AccessDenied:
        return errors.AccessDenied(is_explicit=True)
    if kind is errors.BadRequestParameters:
        return errors.BadRequestParameters(("x",))
    return kind("why")


@pytest.mark.rule("DP-HSK-19", "SEC-GW-01")
def test_every_gateway_response_has_aws_s_type_and_status() -> None:
    kinds = {kind.__name__: kind for kind in GatewayResponse.__subclasses__()}
    assert {
        name: (make(kind).response_type, make(kind).status) for name, kind in kinds.items()
    } == RESPONSES
    assert all(isinstance(make(kind).message, str) for kind in kinds.values())


@pytest.mark.rule("DP-AUT-06")
def test_a_denial_says_whether_it_is_explicit() -> None:
    assert "explicit deny" in errors.AccessDenied(is_explicit=True).message
    assert "no identity-based policy allows" in errors.AccessDenied(is_explicit=False).message


def test_an_aws_exception_is_named_as_aws_names_it() -> None:
    assert errors.ForbiddenException().code == "ForbiddenException"
    assert errors.AccessDeniedException("no").message_key == "Message"
    assert all(kind.status >= 400 for kind in AwsException.__subclasses__())


def test_an_input_error_says_where_what_and_what_to_do() -> None:
    error = InputError("it is wrong", remedy="Mend it.", file="a.yaml", line=3, resource="Thing")
    assert str(error) == "a.yaml:3: Thing: it is wrong. Mend it."
    assert str(InputError("it is wrong", file="a.yaml")) == "a.yaml: it is wrong"
    assert str(InputError("it is wrong")) == "it is wrong"


def test_the_drawn_tree_names_every_error_of_the_module() -> None:
    tree = errors.__doc__ or ""
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, RoutekeyError):
            assert name in tree
