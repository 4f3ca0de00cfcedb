"""Who may connect: IAM, a Lambda authorizer, an API key. Only `$connect` asks (DP-AUT-01).

Whatever the answer adds to the identity is written on the connection, so that every later event of
it says the same (DP-AUT-11).
"""

from typing import assert_never

import msgspec

from routekey.arn import authorizer_arn
from routekey.errors import (
    AuthorizerConfigurationError,
    AuthorizerFailure,
    BadRequestParameters,
    IntegrationFailure,
    IntegrationTimeout,
)
from routekey.gateway.api_keys import admit_authorizer_key, admit_header_key
from routekey.gateway.authorizers import check_identity_sources, read_authorizer_answer
from routekey.gateway.events import (
    ConnectEvent,
    authorizer_event,
    render_authorizer,
    render_identity,
)
from routekey.gateway.identity import INVOKE, Circumstances, authorize, identify
from routekey.gateway.inputs import Inputs
from routekey.gateway.ports import LambdaCall, LambdaOutcome
from routekey.gateway.world import World
from routekey.languages.sigv4 import SignedRequest, read_signature
from routekey.quotas import INTEGRATION_TIMEOUT_MS_MAX
from routekey.resources.api import AuthorizationType, Authorizer
from routekey.resources.identity import Principal
from routekey.resources.integration_uri import (
    FunctionTarget,
    fill_stage_variables,
    parse_integration_uri,
)
from routekey.resources.parameters import parse_source
from routekey.resources.snapshot import RouteSnapshot, Snapshot


async def authorize_connect(
    world: World, snapshot: Snapshot, route: RouteSnapshot, event: ConnectEvent
) -> ConnectEvent:
    """Let a client pass to the `$connect` integration, or refuse it.

    Returns:
        The event, with the authorizer's latency where one was asked.

    Raises:
        GatewayResponse: 400, 401, 403, 429 or 500, as DP-HSK-12 lists them.
        AwsException: the signature or the permission of an AWS_IAM route is missing.
    """
    admit_header_key(world, snapshot, route, event)
    usage_identifier_key = None
    match route.route.authorization_type:
        case AuthorizationType.AWS_IAM:
            caller = _check_signature(world, snapshot, route, event)
            event.connection.caller = {**(event.connection.caller or {}), **_describe(caller)}
        case AuthorizationType.CUSTOM:
            event, usage_identifier_key = await _ask_authorizer(world, snapshot, route, event)
        case AuthorizationType.NONE:
            pass
        case _:
            assert_never(route.route.authorization_type)
    admit_authorizer_key(world, snapshot, route, event, usage_identifier_key)
    if event.connection.caller is not None:
        event.connection.event_identity = render_identity(event.connection)
    _check_parameters(snapshot, route, event)
    return event


async def _ask_authorizer(
    world: World, snapshot: Snapshot, route: RouteSnapshot, event: ConnectEvent
) -> tuple[ConnectEvent, str | None]:
    """Ask the Lambda authorizer, and write its context on the connection.

    Returns:
        The event with its latency, and the API key that it named.

    One call for each handshake: nothing is cached (DP-AUT-05). Source: SEC-AUTH-01 to SEC-AUTH-16.
    """
    authorizer = route.authorizer
    if authorizer is None:
        raise AuthorizerConfigurationError("the route is CUSTOM and names no authorizer")
    check_identity_sources(authorizer.identity_source, Inputs(snapshot, route, event))
    call = _build_call(snapshot, route, authorizer, event)
    asked_ms = world.clock.now_ms()
    try:
        outcome = await world.integrations.invoke(call)
    except (IntegrationFailure, IntegrationTimeout) as error:
        raise AuthorizerFailure(error.reason) from error
    if not isinstance(outcome, LambdaOutcome):
        raise AssertionError("a function was asked")  # noqa: TRY004  # cannot be
    connection = event.connection
    answer = read_authorizer_answer(outcome, route.arn, _circumstances(snapshot, event))
    connection.authorizer = answer.context
    connection.event_authorizer = render_authorizer(answer.context)
    latency_ms = world.clock.now_ms() - asked_ms
    timed = msgspec.structs.replace(event, authorizer_latency_ms=latency_ms)
    return timed, answer.usage_identifier_key


def _build_call(
    snapshot: Snapshot, route: RouteSnapshot, authorizer: Authorizer, event: ConnectEvent
) -> LambdaCall:
    variables = snapshot.stage.stage_variables
    target = parse_integration_uri(fill_stage_variables(authorizer.authorizer_uri, variables))
    if not isinstance(target, FunctionTarget):
        raise AuthorizerConfigurationError(
            f"the authorizer URI {authorizer.authorizer_uri!r} names no function"
        )
    role = authorizer.authorizer_credentials_arn
    return LambdaCall(
        function_arn=target.function_arn,
        payload=authorizer_event(snapshot, route, event),
        source_arn=authorizer_arn(
            snapshot.region, snapshot.account_id, snapshot.api_id, authorizer.authorizer_id
        ),
        timeout_ms=INTEGRATION_TIMEOUT_MS_MAX,
        trace_id=event.trace_id,
        credentials_arn=None if role is None else fill_stage_variables(role, variables),
    )


def _circumstances(snapshot: Snapshot, event: ConnectEvent) -> Circumstances:
    handshake = event.handshake
    return Circumstances(
        source_ip=handshake.source_ip,
        now_ms=event.epoch_ms,
        region=snapshot.region,
        is_secure=handshake.is_secure,
        headers=handshake.headers,
    )


def _check_signature(
    world: World, snapshot: Snapshot, route: RouteSnapshot, event: ConnectEvent
) -> Principal:
    """Check an upgrade request as IAM does, signed in headers or query. Source: DP-AUT-13."""
    handshake = event.handshake
    signed = SignedRequest("GET", handshake.path, handshake.query, handshake.headers, b"")
    circumstances = _circumstances(snapshot, event)
    caller = identify(signed, circumstances, world.credentials, stranger=world.stranger)
    authorize(caller, INVOKE, route.arn, circumstances, telemetry=world.telemetry)
    event.connection.access_key_id = read_signature(signed).access_key_id
    return caller


def _describe(caller: Principal) -> dict[str, str]:
    """Name a signer as `identity` does. Source: DP-EVT-14, SEC-CONN-03."""
    return {
        "accountId": caller.account,
        "caller": caller.user_id,
        "user": caller.user_id,
        "userArn": caller.arn,
    }


def _check_parameters(snapshot: Snapshot, route: RouteSnapshot, event: ConnectEvent) -> None:
    """Look for the parameters that the route requires. Source: DP-INT-49."""
    required = [name for name, is_required in route.route.request_parameters.items() if is_required]
    if not required:
        return
    inputs = Inputs(snapshot, route, event)
    missing = [
        name
        for name in required
        if (source := parse_source(name)) is None or not inputs.find(source)
    ]
    if missing:
        raise BadRequestParameters(tuple(name.rpartition(".")[2] for name in missing))
