"""Properties with CloudFormation's types. Source: CP-CFN-01."""

import re

import pytest

from routekey.errors import ProjectError
from routekey.projects.cloudformation.properties import Properties, read_fields
from routekey.projects.document import parse_document
from routekey.resources.api import Integration, IntegrationType, Model, Route, Stage


def properties(text: str) -> Properties:
    document = parse_document(text, file="f")
    assert isinstance(document.value, dict)
    return Properties(document.value, document.place(resource="R"))


@pytest.mark.rule("CP-CFN-01")
def test_text_becomes_what_the_property_is() -> None:
    route = read_fields(
        Route,
        properties(
            "{RouteKey: a, ApiKeyRequired: 'True', RequestParameters: {x: {Required: true}}}"
        ),
        route_id="r",
    )
    assert route.api_key_required
    assert route.request_parameters == {"x": True}
    integration = read_fields(
        Integration,
        properties("{IntegrationType: AWS, TimeoutInMillis: '50', RequestTemplates: {200: x}}"),
        integration_id="i",
    )
    assert integration.integration_type is IntegrationType.AWS
    assert integration.timeout_in_millis == 50
    assert integration.request_templates == {"200": "x"}


def test_maps_and_lists_and_nested_resources_are_read() -> None:
    stage = read_fields(
        Stage,
        properties("{StageName: s, RouteSettings: {a: {ThrottlingRateLimit: '1.5'}}}"),
        access_log_settings=None,
    )
    assert stage.route_settings["a"].throttling_rate_limit == 1.5


@pytest.mark.rule("CP-MODEL-02")
@pytest.mark.parametrize("schema", ["{a: 1}", """'{"a": 1}'"""])
def test_a_schema_is_an_object_or_its_text(schema: str) -> None:
    model = read_fields(Model, properties(f"{{Name: m, Schema: {schema}}}"), model_id="m")
    assert model.schema == '{"a": 1}'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{}", "R: the property RouteKey is missing"),
        ("{RouteKey: [a]}", "text is expected here, not a list"),
        ("{RouteKey: a, ApiKeyRequired: maybe}", "true or false is expected here, not 'maybe'"),
        ("{RouteKey: a, RequestModels: 3}", "RequestModels has to be a map, not a number"),
        ("{RouteKey: a, AuthorizationType: JWT}", "is not one of NONE, AWS_IAM, CUSTOM"),
    ],
)
def test_a_wrong_property_is_an_error_at_its_line(text: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=re.escape(problem)):
        read_fields(Route, properties(text), route_id="r")


def test_a_number_that_is_none_is_an_error() -> None:
    with pytest.raises(ProjectError, match="'x' is not a number"):
        read_fields(
            Integration,
            properties("{IntegrationType: AWS, TimeoutInMillis: x}"),
            integration_id="i",
        )


def test_reading_by_hand_has_defaults_and_errors() -> None:
    found = properties("{a: 1, b: [x, 2], c: {d: e, f: ~}, g: [{h: 1}], i: 3}")
    assert found.text("a") == "1"
    assert found.text("z", "default") == "default"
    assert found.optional_text("z") is None
    assert found.texts("b") == ("x", "2")
    assert found.texts("a") == ("1",)
    assert found.texts("z") == ()
    assert found.text_map("c") == {"d": "e"}
    assert [item.text("h") for item in found.items("g")] == ["1"]
    assert list(found.items("z")) == []
    assert found.all()["i"] == 3
    with pytest.raises(ProjectError, match="i has to be a list"):
        list(found.items("i"))
    with pytest.raises(ProjectError, match="has to be a map, not text"):
        list(found.items("b"))
