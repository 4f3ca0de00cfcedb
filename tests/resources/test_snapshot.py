from dataclasses import replace

import pytest

from routekey.errors import ExpressionError, ProjectError, SchemaError
from routekey.ids import RouteKey
from routekey.resources.api import (
    AuthorizationType,
    Integration,
    IntegrationType,
    Model,
    Origin,
    Route,
)
from routekey.testing.apis import compile_api, make_api

ORIGIN = Origin(file="template.yaml", line=7, logical_id="EchoRoute")


def test_connect_and_disconnect_are_not_routes_of_messages() -> None:
    (snapshot,) = compile_api(make_api({"$connect": "a", "$disconnect": "a", "x": "a"})).values()
    assert list(snapshot.routes) == ["x"]
    assert snapshot.connect is not None
    assert snapshot.disconnect is not None
    assert snapshot.domain_name == "6behyoa40f.execute-api.eu-west-2.amazonaws.com"


def test_the_last_of_two_routes_with_one_key_wins() -> None:
    api = make_api({"a": "first", "b": "second"})
    doubled = replace(api, routes=(*api.routes, replace(api.routes[1], route_key=RouteKey("a"))))
    (snapshot,) = compile_api(doubled).values()
    target = snapshot.routes["a"].integration
    assert target is not None
    assert target.integration_id == "second"


@pytest.mark.rule("DP-INT-02")
def test_one_integration_serves_many_routes() -> None:
    (snapshot,) = compile_api(make_api({"a": "shared", "b": "shared"})).values()
    assert snapshot.routes["a"].integration is snapshot.routes["b"].integration


@pytest.mark.rule("DP-INT-03", "DP-INT-04")
def test_an_integration_has_aws_s_defaults() -> None:
    integration = Integration(integration_id="a", integration_type=IntegrationType.MOCK)
    assert integration.connection_type == "INTERNET"
    assert integration.passthrough_behavior == "WHEN_NO_MATCH"
    assert integration.timeout_in_millis == 29_000


@pytest.mark.rule("DP-INT-08")
def test_stage_variables_choose_the_function() -> None:
    api = make_api({"x": "a"}, stage_variables={"fn": "blue"})
    uri = "arn:aws:lambda:eu-west-2:123456789012:function:${stageVariables.fn}"
    coloured = replace(
        api, integrations=(replace(api.integrations[0], integration_uri=uri, credentials_arn=uri),)
    )
    (snapshot,) = compile_api(coloured).values()
    assert "function:blue" in str(snapshot.routes["x"].target)
    assert snapshot.routes["x"].credentials_arn == uri.replace("${stageVariables.fn}", "blue")


@pytest.mark.rule("DP-RTE-19")
def test_a_route_key_of_your_own_does_not_begin_with_a_dollar() -> None:
    with pytest.raises(ProjectError, match=r"\$mine"):
        compile_api(make_api({"$mine": "a"}))


@pytest.mark.parametrize("target", ["integrations/nowhere", "a"])
def test_a_target_that_does_not_exist_is_named_with_its_place(target: str) -> None:
    api = make_api({"x": "a"})
    broken = replace(api, routes=(replace(api.routes[0], target=target, origin=ORIGIN),))
    with pytest.raises(ProjectError, match=r"template\.yaml:7: EchoRoute: the target"):
        compile_api(broken)


def test_an_authorizer_that_does_not_exist_is_named() -> None:
    api = make_api({"x": "a"})
    route = Route(
        route_id="r",
        route_key=RouteKey("$connect"),
        authorization_type=AuthorizationType.CUSTOM,
        authorizer_id="nobody",
    )
    with pytest.raises(ProjectError, match="nobody"):
        compile_api(replace(api, routes=(route,)))


@pytest.mark.parametrize(
    ("kind", "uri"),
    [
        (IntegrationType.AWS_PROXY, "https://example.com"),
        (IntegrationType.HTTP, "nonsense"),
        (IntegrationType.AWS, ""),
    ],
)
def test_a_uri_that_its_integration_cannot_call_is_named(kind: IntegrationType, uri: str) -> None:
    api = make_api({"x": "a"})
    integration = Integration(integration_id="a", integration_type=kind, integration_uri=uri)
    with pytest.raises(ProjectError, match="integration URI"):
        compile_api(replace(api, integrations=(integration,)))


def test_an_expression_that_does_not_parse_is_refused_with_its_place() -> None:
    api = replace(make_api({"x": "a"}, selection="${request.body.action"), origin=ORIGIN)
    with pytest.raises(ExpressionError, match=r"^template\.yaml:7: EchoRoute: the selection"):
        compile_api(api)


def test_a_model_s_expression_that_does_not_parse_is_refused_with_its_place() -> None:
    api = make_api({"x": "a"})
    route = replace(api.routes[0], model_selection_expression="$nothing", origin=ORIGIN)
    with pytest.raises(ExpressionError, match=r"^template\.yaml:7: EchoRoute: the selection"):
        compile_api(replace(api, routes=(route,)))


def test_a_model_that_is_no_schema_is_refused_with_its_own_place() -> None:
    api = make_api({"x": "a"})
    route = replace(api.routes[0], request_models={"$default": "M"}, origin=replace(ORIGIN, line=1))
    model = Model(
        model_id="m", name="M", schema="[]", origin=replace(ORIGIN, logical_id="TheModel")
    )
    with pytest.raises(SchemaError, match=r"^template\.yaml:7: TheModel: "):
        compile_api(replace(api, routes=(route,), models=(model,)))
