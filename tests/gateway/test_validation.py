from dataclasses import replace

import pytest

from routekey.errors import BadRequestBody, ProjectError
from routekey.gateway.validation import validate_request
from routekey.resources.api import Api, Model
from routekey.resources.snapshot import RouteSnapshot
from routekey.testing.apis import compile_api, make_api

CHAT = Model(
    model_id="m1",
    name="Chat",
    schema='{"type":"object","required":["text"],"properties":{"text":{"type":"string"}}}',
)
NUMBER = Model(model_id="m2", name="Number", schema='{"type":"object","required":["number"]}')


def api_with(models: dict[str, str], selection: str | None = None) -> Api:
    api = make_api({"x": "a"})
    route = replace(api.routes[0], request_models=models, model_selection_expression=selection)
    return replace(api, routes=(route,), models=(CHAT, NUMBER))


def route_with(models: dict[str, str], selection: str | None = None) -> RouteSnapshot:
    (snapshot,) = compile_api(api_with(models, selection)).values()
    return snapshot.routes["x"]


@pytest.mark.rule("DP-RTE-20", "DP-RTE-22", "DP-UNK-28")
def test_a_message_has_to_fit_its_model_on_a_proxy_integration_too() -> None:
    route = route_with({"$default": "Chat"})
    validate_request(route, b'{"text":"hi"}')
    for body in (b"{}", b'{"text":7}', b"not json", b""):
        with pytest.raises(BadRequestBody) as caught:
            validate_request(route, body)
        assert caught.value.reason
        assert caught.value.message == "Bad request body"


@pytest.mark.rule("DP-RTE-20")
def test_the_expression_selects_the_model_and_default_is_the_fall_back() -> None:
    route = route_with({"n": "Number", "\\$default": "Chat"}, "$request.body.kind")
    validate_request(route, b'{"kind":"n","number":1}')
    validate_request(route, b'{"kind":"other","text":"hi"}')
    with pytest.raises(BadRequestBody):
        validate_request(route, b'{"kind":"n","text":"hi"}')


@pytest.mark.rule("DP-RTE-20")
def test_no_model_that_matches_and_no_default_fails() -> None:
    with pytest.raises(BadRequestBody):
        validate_request(route_with({"n": "Number"}, "$request.body.kind"), b'{"kind":"o"}')


def test_a_route_without_models_takes_everything() -> None:
    validate_request(route_with({}), b"\x00")


def test_a_model_that_does_not_exist_is_named() -> None:
    with pytest.raises(ProjectError, match="Nobody"):
        route_with({"$default": "Nobody"})
