"""What a route asks of its integration.

An `IntegrationCall` is complete: an adapter only has to make it. A Lambda proxy gets the event; all
others get what parameters and templates make of it. Source: DP-INT-01 to DP-INT-51.
"""

import binascii
from base64 import b64decode
from functools import lru_cache
from typing import Final, assert_never
from urllib.parse import urlencode

from routekey.errors import ApiConfigurationError, UnsupportedMediaType
from routekey.gateway.events import ConnectEvent, proxy_event
from routekey.gateway.inputs import Inputs, map_parameters
from routekey.gateway.ports import (
    AwsServiceCall,
    HttpCall,
    IntegrationCall,
    LambdaCall,
    MockCall,
)
from routekey.gateway.templates import render
from routekey.resources.api import CALLER, ContentHandling, Integration, PassthroughBehavior
from routekey.resources.integration_plan import IntegrationPlan, read_mock_status
from routekey.resources.integration_uri import FunctionTarget, ServiceTarget, UrlTarget

_NOT_FORWARDED: Final = frozenset(
    {"connection", "content-length", "expect", "host", "proxy-authenticate", "te", "upgrade", "via"}
)
"""Handshake headers that HTTP backends do not get. Source: DP-INT-26, DP-INT-27, DP-INT-30."""
_INVOCATION_TYPE: Final = "x-amz-invocation-type"


def build_call(inputs: Inputs) -> IntegrationCall:
    """Build the call of a route for an event.

    Raises:
        ApiConfigurationError: there is no integration (DP-INT-09), a template fails, or MOCK's
            template names no status (DP-INT-41).
        UnsupportedMediaType: no template matches, and the body may not pass (DP-INT-46).
    """
    route, event = inputs.route, inputs.event
    integration, plan, target = route.integration, route.plan, route.target
    if integration is None:
        raise ApiConfigurationError(f"the route {route.route.route_key} has no integration")
    if plan is None and isinstance(target, FunctionTarget):
        role, caller = _find_credentials(inputs)
        return LambdaCall(
            function_arn=target.function_arn,
            payload=proxy_event(inputs.snapshot, route, event),
            source_arn=route.arn,
            timeout_ms=integration.timeout_in_millis,
            trace_id=event.trace_id,
            credentials_arn=role,
            caller_key_id=caller,
        )
    if plan is None:
        raise AssertionError("all integrations but Lambda proxies have a plan")
    if plan.constant_status is not None:
        return mock_call(plan.constant_status)
    body = _build_body(plan, inputs)
    match target:
        case None:
            return MockCall(status=_read_status(body))
        case FunctionTarget():
            return _call_function(inputs, plan, target, body)
        case ServiceTarget():
            return _call_service(inputs, integration, plan, target, body)
        case UrlTarget():
            return _call_url(inputs, integration, plan, target, body)
        case _:
            assert_never(target)


def _find_credentials(inputs: Inputs) -> tuple[str | None, str | None]:
    """Tell in whose name to call: a role, or the owner of an access key. Source: DP-INT-07.

    Raises:
        ApiConfigurationError: the caller is wanted, and nobody signed the handshake.
    """
    role = inputs.route.credentials_arn
    if role != CALLER:
        return role, None
    access_key_id = inputs.event.connection.access_key_id
    if access_key_id is None:
        raise ApiConfigurationError(
            "the integration calls in the name of the caller, and the connection was opened "
            "without a signature: its $connect route has to have the authorization AWS_IAM"
        )
    return None, access_key_id


def _build_body(plan: IntegrationPlan, inputs: Inputs) -> bytes:
    """Render the template that matches, or pass the message through. Source: DP-INT-43 to -47."""
    template = None if plan.is_proxy else plan.templates.select(inputs.evaluate)
    if template is not None:
        text = render(template, inputs, inputs.body)
    elif plan.is_proxy or _may_pass(plan):
        text = inputs.body
    else:
        raise UnsupportedMediaType("no request template matches, and the body may not pass")
    if plan.content_handling is not ContentHandling.CONVERT_TO_BINARY:
        return text.encode(errors="replace")
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ApiConfigurationError("CONVERT_TO_BINARY: the payload is not base64") from None


@lru_cache(maxsize=1000)  # all statuses of three digits
def mock_call(status: int) -> MockCall:
    """Give the call of a MOCK integration."""
    return MockCall(status=status)


def _may_pass(plan: IntegrationPlan) -> bool:
    """Tell whether a body for which there is no template is sent as it is. Source: DP-INT-46."""
    match plan.passthrough:
        case PassthroughBehavior.WHEN_NO_MATCH:
            return True
        case PassthroughBehavior.WHEN_NO_TEMPLATES:
            return not plan.templates.by_key
        case PassthroughBehavior.NEVER:
            return False
        case _:
            assert_never(plan.passthrough)


def _read_status(body: bytes) -> int:
    status = read_mock_status(body)
    if status is None:
        text = body[:200].decode(errors="replace")
        raise ApiConfigurationError(f"the MOCK template gives no statusCode of an answer: {text!r}")
    return status


def _call_function(
    inputs: Inputs, plan: IntegrationPlan, target: FunctionTarget, body: bytes
) -> LambdaCall:
    """Ask a function with a rendered payload, not the proxy event. Source: DP-INT-36."""
    role, caller = _find_credentials(inputs)
    mapped = map_parameters(plan.parameters, inputs)
    kind = next((value for name, value in mapped.headers if name.lower() == _INVOCATION_TYPE), "")
    return LambdaCall(
        function_arn=mapped.fill(target.function_arn),
        payload=body or b"{}",
        source_arn=inputs.route.arn,
        timeout_ms=plan.timeout_ms,
        trace_id=inputs.event.trace_id,
        credentials_arn=role,
        caller_key_id=caller,
        is_async=kind.lower() == "event",
    )


def _call_service(
    inputs: Inputs,
    integration: Integration,
    plan: IntegrationPlan,
    target: ServiceTarget,
    body: bytes,
) -> AwsServiceCall:
    """Ask an AWS service. Source: DP-INT-31, DP-INT-35, DP-INT-37."""
    role, caller = _find_credentials(inputs)
    mapped = map_parameters(plan.parameters, inputs)
    return AwsServiceCall(
        region=target.region,
        service=target.service,
        subdomain=target.subdomain,
        action=target.action,
        path=None if target.path is None else mapped.fill(target.path),
        method=integration.integration_method or "POST",
        query=mapped.query,
        headers=_with_defaults(
            mapped.headers, (("Accept", "application/json"), ("Content-Type", "application/json"))
        ),
        body=body,
        credentials_arn=role,
        caller_key_id=caller,
        timeout_ms=plan.timeout_ms,
    )


def _call_url(
    inputs: Inputs, integration: Integration, plan: IntegrationPlan, target: UrlTarget, body: bytes
) -> HttpCall:
    """Ask an HTTP backend. Source: DP-INT-23 to DP-INT-31."""
    snapshot, event = inputs.snapshot, inputs.event
    mapped = map_parameters(plan.parameters, inputs)
    api_id = snapshot.api_id
    own = [
        ("X-Forwarded-For", event.connection.source_ip),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
        ("X-Amzn-Trace-Id", event.trace_id),
        ("x-amzn-apigateway-api-id", api_id),
        ("User-Agent", f"AmazonAPIGateway_{api_id}"),
    ]
    query = mapped.query
    if not plan.is_proxy:
        own += [("Accept", "application/json"), ("Content-Type", "application/json")]
    elif isinstance(event, ConnectEvent):
        own = list(_with_defaults(_forwarded(inputs), tuple(own)))
        query = (*((n, v) for n, values in inputs.query.items() for v in values), *query)
    return HttpCall(
        method=integration.integration_method or "POST",
        url=_add_query(mapped.fill(target.url), query),
        headers=_with_defaults(mapped.headers, tuple(own)),
        body=body,
        timeout_ms=plan.timeout_ms,
        client_certificate_id=snapshot.stage.client_certificate_id,
        tls_server_name=integration.tls_server_name_to_verify,
    )


def _forwarded(inputs: Inputs) -> tuple[tuple[str, str], ...]:
    """Take the handshake's headers that an HTTP_PROXY backend gets on `$connect`.

    Source: DP-INT-27, DP-UNK-12.
    """
    is_agent_kept = inputs.snapshot.choices.backend_user_agent == "client"
    dropped = _NOT_FORWARDED if is_agent_kept else _NOT_FORWARDED | {"user-agent"}
    return tuple(
        (name, value)
        for name, values in inputs.headers.items()
        if name.lower() not in dropped
        for value in values
    )


def _with_defaults(
    headers: tuple[tuple[str, str], ...], defaults: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """Add the defaults that are not set: a mapped header overrides (DP-INT-28)."""
    known = {name.lower() for name, _ in headers}
    return (*(pair for pair in defaults if pair[0].lower() not in known), *headers)


def _add_query(url: str, query: tuple[tuple[str, str], ...]) -> str:
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
