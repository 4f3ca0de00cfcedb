"""Lambda authorizers: whether to ask one, and what its answer means.

An authorizer is a function that sees a handshake and answers with a policy. That policy is held
against the ARN of `$connect` as an identity's policy would be; the values that come with it go into
every later event of the connection. Asking it is part of `authorization.py`.

Source: SEC-AUTH-01 to SEC-AUTH-16, DP-AUT-02 to DP-AUT-11.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from routekey.errors import (
    AccessDenied,
    AuthorizerConfigurationError,
    AuthorizerFailure,
    PolicyError,
    Unauthorized,
)
from routekey.gateway.identity import INVOKE, Circumstances, request_context
from routekey.gateway.inputs import Inputs
from routekey.gateway.ports import LambdaOutcome
from routekey.languages.iam import AccessRequest, Decision, Policy, evaluate, parse_policy
from routekey.languages.json_text import parse_json
from routekey.quotas import AUTHORIZER_RESULT_BYTES_MAX
from routekey.resources.parameters import Origin, parse_source

_IDENTITY_ORIGINS: Final = frozenset(
    {Origin.HEADER, Origin.QUERYSTRING, Origin.STAGE_VARIABLE, Origin.CONTEXT}
)
_UNAUTHORIZED: Final = "Unauthorized"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizerAnswer:
    """What an authorizer said that let a client in."""

    context: Mapping[str, str]
    """`principalId` and the function's own values, all of them text (DP-AUT-10)."""
    usage_identifier_key: str | None = None
    """An API key, for the APIs that take theirs from here (SEC-AUTH-12)."""


def check_identity_sources(sources: Iterable[str], inputs: Inputs) -> None:
    """Look for what the authorizer needs to see; without it, it is not even asked.

    Args:
        sources: such as `route.request.header.Auth`; none of them may be missing or empty.
        inputs: what the handshake gives.

    Raises:
        Unauthorized: one has no value.
        AuthorizerConfigurationError: one is of a form that API Gateway would not have taken.

    Source: DP-AUT-03, SEC-AUTH-02, SEC-AUTH-03.
    """
    for text in sources:
        source = parse_source(text)
        if source is None or source.origin not in _IDENTITY_ORIGINS:
            raise AuthorizerConfigurationError(f"the identity source {text!r} is none")
        if not any(inputs.find(source)):
            raise Unauthorized(f"the identity source {text} is missing or empty")


def read_authorizer_answer(
    outcome: LambdaOutcome, method_arn: str, circumstances: Circumstances
) -> AuthorizerAnswer:
    """Read an authorizer's answer, and obey it.

    Args:
        outcome: what the function gave.
        method_arn: the ARN of `$connect` at the stage, which its policy has to allow.
        circumstances: how the handshake came, for the policy's conditions.

    Raises:
        Unauthorized: the function failed with the one word that asks for a 401.
        AuthorizerFailure: it failed with another.
        AuthorizerConfigurationError: its answer is not a policy with a principal (DP-AUT-08).
        AccessDenied: its policy does not allow the connection.

    Source: SEC-AUTH-06 to SEC-AUTH-09, DP-AUT-06 to DP-AUT-10.
    """
    if outcome.function_error is not None:
        raise _read_failure(outcome)
    if len(outcome.payload) > AUTHORIZER_RESULT_BYTES_MAX:
        raise AuthorizerConfigurationError(
            f"the authorizer's answer has {len(outcome.payload)} bytes, "
            f"{AUTHORIZER_RESULT_BYTES_MAX} are allowed"
        )
    members = parse_json(outcome.payload)
    if not isinstance(members, dict):
        raise AuthorizerConfigurationError("the authorizer's answer is not an object")
    answer = _read_values(members)
    _obey(_read_policy(members), method_arn, circumstances)
    return answer


def _read_failure(outcome: LambdaOutcome) -> Unauthorized | AuthorizerFailure:
    """Tell a deliberate 401 from a crash: `raise Exception("Unauthorized")`, word for word."""
    failure = parse_json(outcome.payload)
    text = failure.get("errorMessage") if isinstance(failure, dict) else failure
    if text == _UNAUTHORIZED:
        return Unauthorized('the authorizer failed with "Unauthorized"')
    return AuthorizerFailure(f"the authorizer failed: {text!r:.200}")


def _read_values(members: Mapping[str, object]) -> AuthorizerAnswer:
    principal_id = members.get("principalId")
    if not isinstance(principal_id, str):
        raise AuthorizerConfigurationError("the authorizer's answer has no principalId")
    usage_identifier_key = members.get("usageIdentifierKey")
    if not isinstance(usage_identifier_key, str | None):
        raise AuthorizerConfigurationError("the authorizer's usageIdentifierKey is no text")
    values = members.get("context")
    if not isinstance(values, dict | None):
        raise AuthorizerConfigurationError("the authorizer's context is not an object")
    context = {
        key: _write_value(key, value) for key, value in (values or {}).items() if value is not None
    }
    context["principalId"] = principal_id
    return AuthorizerAnswer(
        context=MappingProxyType(context), usage_identifier_key=usage_identifier_key
    )


def _write_value(key: str, value: object) -> str:
    """Write a context value as later events have it. Source: SEC-AUTH-07, SEC-AUTH-11.

    Null is left out: our choice, as only objects and arrays are documented to be refused.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            raise AuthorizerConfigurationError(
                f"the authorizer's context value {key!r} is neither text nor number nor boolean"
            )


def _read_policy(members: Mapping[str, object]) -> Policy:
    document = members.get("policyDocument")
    if not isinstance(document, dict):
        raise AuthorizerConfigurationError("the authorizer's answer has no policyDocument")
    try:
        return parse_policy(document)
    except PolicyError as error:
        raise AuthorizerConfigurationError(f"the authorizer's policyDocument: {error}") from None


def _obey(policy: Policy, method_arn: str, circumstances: Circumstances) -> None:
    request = AccessRequest(
        action=INVOKE, resource=method_arn, context=request_context(circumstances)
    )
    decision = evaluate((policy,), request)
    if decision is not Decision.ALLOWED:
        raise AccessDenied(
            is_explicit=decision is Decision.EXPLICIT_DENY,
            reason=f"the authorizer's policy does not allow {INVOKE} on {method_arn}",
        )
