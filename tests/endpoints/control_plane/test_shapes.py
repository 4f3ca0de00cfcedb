"""Operations found and read by AWS's service models."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.endpoints.control_plane.shapes import (
    Members,
    Service,
    WireRequest,
    load_service,
    snake_case,
)
from routekey.endpoints.control_plane.values import ShapeError


@pytest.fixture(scope="module")
def v2() -> Service:
    return load_service("apigatewayv2", "2018-11-29")


@pytest.fixture(scope="module")
def v1() -> Service:
    return load_service("apigateway", "2015-07-09")


def request(method: str, path: str, query: str = "", body: bytes = b"") -> WireRequest:
    return WireRequest(method=method, path=path, query=query, headers={}, body=body)


def parse(service: Service, wire: WireRequest) -> tuple[str, Members]:
    operation = service.find(wire)
    assert operation is not None
    return operation.name, operation.parse(wire)


@pytest.mark.rule("CP-PROTO-01")
def test_members_come_from_path_query_and_body(v2: Service) -> None:
    wire = request("GET", "/v2/apis/a%20b/routes", "maxResults=2&nextToken=x%3D&other=1")
    members = {"api_id": "a b", "max_results": "2", "next_token": "x="}
    assert parse(v2, wire) == ("GetRoutes", members)
    wire = request("PATCH", "/v2/apis/a/routes/r", body=b'{"routeKey":"k","unknown":1}')
    members = {"api_id": "a", "route_id": "r", "route_key": "k"}
    assert parse(v2, wire) == ("UpdateRoute", members)


def test_a_body_cannot_speak_for_the_path(v2: Service) -> None:
    wire = request("PATCH", "/v2/apis/a", body=b'{"apiId":"b","ApiId":"c","name":"n"}')
    assert parse(v2, wire) == ("UpdateApi", {"api_id": "a", "name": "n"})


@pytest.mark.parametrize("arn", ["arn%3Aaws%3Ax%3A%2Fapis%2Fa", "arn:aws:x:/apis/a"])
@pytest.mark.rule("CP-ARN-01")
def test_an_arn_in_a_path_may_be_encoded_or_not(v2: Service, arn: str) -> None:
    wire = request("DELETE", f"/v2/tags/{arn}", "tagKeys=a&tagKeys=b")
    members = {"resource_arn": "arn:aws:x:/apis/a", "tag_keys": ["a", "b"]}
    assert parse(v2, wire) == ("UntagResource", members)


def test_a_query_tells_operations_apart(v1: Service) -> None:
    name, members = parse(v1, request("POST", "/apikeys", body=b'{"enabled":true}'))
    assert (name, members) == ("CreateApiKey", {"enabled": True})
    wire = request("POST", "/apikeys", "mode=import&format=csv", b"name,key")
    assert parse(v1, wire) == ("ImportApiKeys", {"body": b"name,key", "format": "csv"})


def test_a_header_is_a_member() -> None:
    service = load_service("lambda", "2015-03-31")
    wire = WireRequest(
        method="POST",
        path="/2015-03-31/functions/echo/invocations",
        query="Qualifier=prod",
        headers={"x-amz-invocation-type": "Event"},
        body=b"{}",
    )
    members = {"function_name": "echo", "invocation_type": "Event", "payload": b"{}",
               "qualifier": "prod"}  # fmt: skip
    assert parse(service, wire) == ("Invoke", members)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v2/nothing"), ("PUT", "/v2/apis/a/routes"), ("BREW", "/v2/apis"), ("GET", "")],
)
def test_what_no_model_knows_is_not_found(v2: Service, method: str, path: str) -> None:
    assert v2.find(request(method, path)) is None


def test_a_slash_at_the_end_does_no_harm(v2: Service) -> None:
    operation = v2.find(request("GET", "/v2/apis/"))
    assert operation is not None
    assert operation.name == "GetApis"


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"\xff", b'"x"', b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(v2: Service, body: bytes) -> None:
    with pytest.raises(ShapeError, match="Invalid request body"):
        parse(v2, request("POST", "/v2/apis", body=body))


@given(path=st.text(), query=st.text(), body=st.binary())
def test_whatever_comes_is_read_or_refused(path: str, query: str, body: bytes) -> None:
    service = load_service("apigatewayv2", "2018-11-29")
    for wire in (
        request("POST", f"/v2/apis/{path}/routes", query, body),
        request("POST", "/v2/apis", query, body),
        request("GET", path, query),
    ):
        operation = service.find(wire)
        if operation is None:
            continue
        with suppress(ShapeError):
            operation.parse(wire)


@pytest.mark.rule("CP-PROTO-02")
def test_an_operation_knows_its_status(v2: Service) -> None:
    statuses = {
        "/v2/apis": ("POST", 201),
        "/v2/apis/a": ("DELETE", 204),
        "/v2/vpclinks/a": ("DELETE", 202),
        "/v2/tags/a": ("POST", 201),
    }
    for path, (method, status) in statuses.items():
        operation = v2.find(request(method, path))
        assert operation is not None
        assert operation.status == status
        assert operation.render({}) in {b"", b"{}"}


def test_names_are_spelled_as_our_fields_are() -> None:
    assert snake_case("TimeoutInMillis") == "timeout_in_millis"
    assert snake_case("rateLimit") == "rate_limit"


@pytest.mark.rule("CP-OPS-01")
def test_a_service_tells_what_is_asked_under_which_path(v1: Service) -> None:
    paths = v1.list_paths(1)
    assert {"/apikeys", "/apikeys/{rest:path}", "/restapis"} < set(paths)
    assert all(path.count("/") < 3 for path in paths)
    functions = load_service("lambda", "2015-03-31").list_paths(2)
    assert {"/2015-03-31/functions", "/2015-03-31/functions/{rest:path}"} < set(functions)
