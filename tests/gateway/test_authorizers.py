"""Identity sources, and what an authorizer may answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.errors import (
    AccessDenied,
    AuthorizerConfigurationError,
    AuthorizerFailure,
    GatewayResponse,
    Unauthorized,
)
from routekey.gateway.authorizers import (
    AuthorizerAnswer,
    check_identity_sources,
    read_authorizer_answer,
)
from routekey.gateway.events import ConnectEvent, open_record
from routekey.gateway.handshake import Handshake
from routekey.gateway.identity import Circumstances
from routekey.gateway.inputs import Inputs
from routekey.gateway.ports import LambdaOutcome
from routekey.ids import StageName
from routekey.testing.apis import compile_api, make_api
from routekey.testing.fakes import SOME_TIME_MS, CountingIds

STAGE = "arn:aws:execute-api:eu-west-2:123456789012:abc/dev"
METHOD_ARN = f"{STAGE}/$connect"
HERE = Circumstances(
    source_ip="203.0.113.7", now_ms=1_790_000_000_000, region="eu-west-2", is_secure=True
)


def statement(
    effect: str = "Allow", resource: str = METHOD_ARN, **more: object
) -> dict[str, object]:
    return {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource, **more}


def answer(*statements: dict[str, object], **more: object) -> dict[str, object]:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {"principalId": "me", "policyDocument": document, **more}


def read(payload: object, function_error: str | None = None) -> AuthorizerAnswer:
    outcome = LambdaOutcome(payload=json.dumps(payload).encode(), function_error=function_error)
    return read_authorizer_answer(outcome, METHOD_ARN, HERE)


def inputs() -> Inputs:
    """Make what a handshake gives, with one header, query parameter and variable of each kind."""
    api = make_api({"$connect": "chat"}, stage_variables={"tenant": "blue", "empty": ""})
    snapshot = compile_api(api)[StageName("dev")]
    assert snapshot.connect is not None
    handshake = Handshake(
        host="localhost",
        path="/dev",
        query="room=7&twice=&twice=x&empty=",
        headers=(("Auth", "token"), ("X-Empty", "")),
        values={"auth": "token", "x-empty": ""},
        source_ip="203.0.113.7",
    )
    ids = CountingIds()
    connection = open_record(snapshot, handshake, ids.connection_id(), SOME_TIME_MS)
    event = ConnectEvent(
        connection=connection,
        handshake=handshake,
        request_id=ids.request_id(),
        epoch_ms=SOME_TIME_MS,
        trace_id=ids.trace_id(SOME_TIME_MS),
    )
    return Inputs(snapshot, snapshot.connect, event)


@pytest.mark.rule("DP-AUT-03", "SEC-AUTH-02", "SEC-AUTH-03")
@pytest.mark.parametrize(
    "source",
    [
        "route.request.header.Auth",
        "route.request.header.aUtH",
        "route.request.querystring.room",
        "route.request.querystring.twice",
        "stageVariables.tenant",
        "context.connectionId",
    ],
)
def test_an_identity_source_that_is_there_lets_the_authorizer_be_asked(source: str) -> None:
    check_identity_sources([source, "route.request.header.Auth"], inputs())


@pytest.mark.rule("DP-AUT-03", "SEC-AUTH-02")
@pytest.mark.parametrize(
    "source",
    [
        "route.request.header.Missing",
        "route.request.header.X-Empty",
        "route.request.querystring.missing",
        "route.request.querystring.empty",
        "route.request.querystring.Room",
        "stageVariables.missing",
        "stageVariables.empty",
        "context.missing",
    ],
)
def test_an_identity_source_that_is_missing_or_empty_is_a_401(source: str) -> None:
    with pytest.raises(Unauthorized) as caught:
        check_identity_sources(["route.request.header.Auth", source], inputs())
    assert (caught.value.status, caught.value.message) == (401, "Unauthorized")
    assert source in caught.value.reason


@pytest.mark.rule("SEC-AUTH-02")
def test_without_identity_sources_the_authorizer_is_always_asked() -> None:
    check_identity_sources([], inputs())


@pytest.mark.rule("SEC-AUTH-03")
@pytest.mark.parametrize(
    "source", ["$request.header.Auth", "'fixed'", "route.request.body.token", "", "Auth"]
)
def test_an_identity_source_of_another_form_is_a_500(source: str) -> None:
    with pytest.raises(AuthorizerConfigurationError):
        check_identity_sources([source], inputs())


@pytest.mark.rule("SEC-AUTH-08", "DP-AUT-07")
@pytest.mark.parametrize(
    "resource", [METHOD_ARN, f"{STAGE}/*", "*", f"{STAGE[:-4]}/*/$connect", "arn:aws:execute-api:*"]
)
def test_a_policy_that_covers_the_route_lets_the_client_in(resource: str) -> None:
    found = read(answer(statement(resource=resource)))
    assert found == AuthorizerAnswer(context={"principalId": "me"}, usage_identifier_key=None)


@pytest.mark.rule("DP-AUT-06", "SEC-AUTH-09", "DP-AUT-07", "SEC-IAM-03")
@pytest.mark.parametrize(
    "resource", [f"{STAGE}/*/*", f"{STAGE}/GET/", f"{STAGE}/$default", f"{METHOD_ARN}/*"]
)
def test_a_policy_that_does_not_cover_the_route_is_a_403(resource: str) -> None:
    with pytest.raises(AccessDenied) as caught:
        read(answer(statement(resource=resource)))
    assert caught.value.status == 403
    assert caught.value.message == (
        "User is not authorized to access this resource because no identity-based policy allows "
        "the execute-api:Invoke action"
    )
    assert METHOD_ARN in caught.value.reason


@pytest.mark.rule("DP-AUT-06", "SEC-AUTH-09")
def test_an_explicit_deny_is_a_403_that_says_so() -> None:
    with pytest.raises(AccessDenied) as caught:
        read(answer(statement(), statement("Deny", "*")))
    assert caught.value.message == (
        "User is not authorized to access this resource with an explicit deny in an identity-based "
        "policy"
    )


@pytest.mark.rule("SEC-EVAL-09")
def test_the_policy_may_ask_how_the_client_came() -> None:
    near, far = ({"IpAddress": {"aws:SourceIp": ip}} for ip in ("203.0.113.0/24", "10.0.0.0/8"))
    assert read(answer(statement(Condition=near))).context["principalId"] == "me"
    with pytest.raises(AccessDenied):
        read(answer(statement(Condition=far)))


@pytest.mark.rule("DP-AUT-10", "SEC-AUTH-07", "SEC-AUTH-11")
def test_context_values_become_text() -> None:
    context = {
        "text": "x",
        "empty": "",
        "number": 7,
        "fraction": 1.5,
        "yes": True,
        "no": False,
        "nothing": None,
        "principalId": "somebody else",
    }
    assert read(answer(statement(), context=context)).context == {
        "text": "x",
        "empty": "",
        "number": "7",
        "fraction": "1.5",
        "yes": "true",
        "no": "false",
        "principalId": "me",
    }


@pytest.mark.rule("SEC-AUTH-12", "SEC-AUTH-06")
def test_an_answer_may_name_an_api_key() -> None:
    assert read(answer(statement(), usageIdentifierKey="key")).usage_identifier_key == "key"


@pytest.mark.rule("DP-AUT-08", "SEC-EVAL-11", "SEC-AUTH-07", "DP-AUT-10", "DP-HSK-12")
@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (None, "is not an object"),
        ([], "is not an object"),
        ("Allow", "is not an object"),
        ({}, "has no principalId"),
        ({"isAuthorized": True}, "has no principalId"),
        ({"statusCode": 401}, "has no principalId"),
        ({**answer(statement()), "principalId": 7}, "has no principalId"),
        ({"principalId": "me"}, "has no policyDocument"),
        ({"principalId": "me", "policyDocument": "{}"}, "has no policyDocument"),
        ({"principalId": "me", "policyDocument": {}}, "the policy has no Statement"),
        (answer({"Effect": "Allow", "Action": "execute-api:Invoke"}), "neither Resource nor"),
        (answer(statement("Permit")), "the Effect is 'Permit'"),
        (answer(statement(), context={"a": {}}), "context value 'a' is neither text nor number"),
        (answer(statement(), context={"a": [1]}), "context value 'a' is neither text nor number"),
        (answer(statement(), context=[]), "context is not an object"),
        (answer(statement(), usageIdentifierKey=7), "usageIdentifierKey is no text"),
    ],
)
def test_an_answer_that_is_no_policy_is_a_500_with_the_reason_for_the_operator(
    payload: object, reason: str
) -> None:
    with pytest.raises(AuthorizerConfigurationError) as caught:
        read(payload)
    assert (caught.value.status, caught.value.message) == (500, "")
    assert reason in caught.value.reason


@pytest.mark.rule("DP-AUT-09", "SEC-AUTH-14")
def test_an_answer_has_at_most_8_kb() -> None:
    empty = len(json.dumps(answer(statement(), context={"a": ""})))
    longest = "x" * (8192 - empty)
    assert read(answer(statement(), context={"a": longest})).context["a"] == longest
    with pytest.raises(AuthorizerConfigurationError, match="8193 bytes, 8192 are allowed"):
        read(answer(statement(), context={"a": f"{longest}x"}))


@pytest.mark.rule("SEC-AUTH-09", "DP-HSK-12")
@pytest.mark.parametrize(
    "failure",
    [{"errorMessage": "Unauthorized", "errorType": "Exception"}, "Unauthorized"],
)
def test_a_function_that_fails_with_that_one_word_wants_a_401(failure: object) -> None:
    with pytest.raises(Unauthorized):
        read(failure, "Unhandled")


@pytest.mark.rule("SEC-AUTH-09", "DP-HSK-12")
@pytest.mark.parametrize(
    "failure",
    [
        {"errorMessage": "unauthorized", "errorType": "Exception"},
        {"errorMessage": "Unauthorized."},
        {"errorMessage": None},
        {"errorType": "Unauthorized"},
        {},
        None,
        answer(statement()),
    ],
)
def test_a_function_that_fails_otherwise_is_a_500(failure: object) -> None:
    with pytest.raises(AuthorizerFailure) as caught:
        read(failure, "Unhandled")
    assert (caught.value.status, caught.value.message) == (500, "Internal server error")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
answers = st.fixed_dictionaries(
    {},
    optional={
        "principalId": st.just("me") | json_values,
        "policyDocument": st.fixed_dictionaries({"Statement": json_values}) | json_values,
        "context": json_values,
        "usageIdentifierKey": json_values,
    },
)


@given(answers | json_values, st.sampled_from([None, "Unhandled"]))
def test_whatever_the_answer_the_client_gets_one_of_the_gateways_words(
    payload: object, function_error: str | None
) -> None:
    with pytest.raises(GatewayResponse):
        read(payload, function_error)


@given(st.binary(max_size=50), st.sampled_from([None, "Unhandled"]))
def test_whatever_the_bytes_the_client_gets_one_of_the_gateways_words(
    payload: bytes, function_error: str | None
) -> None:
    with pytest.raises(GatewayResponse):
        read_authorizer_answer(
            LambdaOutcome(payload=payload, function_error=function_error), METHOD_ARN, HERE
        )
