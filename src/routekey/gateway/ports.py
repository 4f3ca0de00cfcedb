"""What the heart asks of the world, and the values that cross the border.

Each port is a Protocol in the heart's words; an adapter implements it and `app.py` joins the two.
What an adapter meets (a socket error, a foreign exception) stops there: only the errors named here
come through.
"""

from typing import Protocol

import msgspec

from routekey.gateway.lifecycle import Connection, ConnectionStatus
from routekey.ids import ApiId, ConnectionId
from routekey.resources.identity import Credential


class FunctionCall(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One invocation of a Lambda function."""

    function: str
    """An ARN, a partial ARN or a name, with or without `:qualifier`."""
    payload: bytes
    """JSON text."""
    source_arn: str | None = None
    """Who calls, for the function's resource policy; None when a role was checked instead."""
    trace_id: str = ""
    """The `X-Amzn-Trace-Id` that the function sees."""
    is_async: bool = False
    """Whether to answer when the event is queued (`X-Amz-Invocation-Type: Event`)."""
    client_context: str = ""
    """What the caller says of himself, as JSON in one line; empty where he says nothing."""


class FunctionResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What Lambda answered, once the function took the call."""

    payload: bytes
    """JSON text: the result, or `{"errorMessage": …, "errorType": …}`. Empty for async calls."""
    function_error: str | None = None
    """`X-Amz-Function-Error`: `Unhandled`, or None after success (LAM-ERR-14)."""
    request_id: str = ""
    executed_version: str = "$LATEST"
    log_tail: bytes = b""
    """The last 4 KB of this invocation's log (LAM-LOG-06)."""


class Functions(Protocol):
    """Lambda."""

    async def invoke(self, call: FunctionCall) -> FunctionResult:
        """Run a function and wait for its result; a caller that no longer wants it cancels.

        A function that fails, exits or runs out of its own time is a result with `function_error`.

        Raises:
            FunctionNotFoundError: there is no such function, version or alias.
            FunctionThrottledError: its concurrency is used up and its queue is full.
            FunctionAccessDeniedError: its resource policy does not let `source_arn` in.
        """
        ...


class LambdaCall(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Ask a function: as a proxy with the whole event, or with a rendered template."""

    function_arn: str
    payload: bytes
    source_arn: str
    timeout_ms: int
    trace_id: str
    credentials_arn: str | None = None
    """The role to call in; None goes by the function's own policy."""
    caller_key_id: str | None = None
    """The access key in whose owner's name to call instead (DP-INT-07)."""
    is_async: bool = False


class HttpCall(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Ask an HTTP backend."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout_ms: int
    client_certificate_id: str | None = None
    tls_server_name: str | None = None


class AwsServiceCall(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Ask an AWS service: `{service}:action/{Action}` or `{service}:path/{path}` (DP-INT-35)."""

    region: str
    service: str
    subdomain: str | None
    action: str | None
    path: str | None
    """Without the leading slash; None for an action."""
    method: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes
    credentials_arn: str | None
    timeout_ms: int
    caller_key_id: str | None = None
    """The access key in whose owner's name to call, in place of a role (DP-INT-07)."""


class MockCall(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Ask nobody: the rendered request template names the status (DP-INT-40)."""

    status: int


IntegrationCall = LambdaCall | HttpCall | AwsServiceCall | MockCall


class LambdaOutcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A function's result."""

    payload: bytes
    function_error: str | None
    request_id: str = ""


class HttpOutcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An answer over HTTP, of a backend or an AWS service."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class MockOutcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The status that the request template named."""

    status: int


IntegrationOutcome = LambdaOutcome | HttpOutcome | MockOutcome


class Integrations(Protocol):
    """The backends of the routes."""

    async def invoke(self, call: IntegrationCall) -> IntegrationOutcome:
        """Make one attempt (DP-INT-05), within the call's time.

        Raises:
            IntegrationTimeout: no answer within `timeout_ms`.
            IntegrationFailure: the backend could not be called at all.
        """
        ...


class Connections(Protocol):
    """Every open connection, wherever it is held.

    A connection answers only under its own API (DP-MGM-06): elsewhere it is as if it did not exist.
    """

    def add(self, connection: Connection) -> None:
        """Make a connection of this node known: from now on others can post to it (DP-DIS-10)."""
        ...

    def remove(self, connection: Connection) -> None:
        """Forget a connection; a second time does nothing."""
        ...

    async def send(self, api_id: ApiId, connection_id: ConnectionId, payload: bytes) -> None:
        """Send one text message.

        Raises:
            GoneException: there is no such open connection.
            LimitExceededException: the client does not read, and its buffer is full.
        """
        ...

    async def describe(self, api_id: ApiId, connection_id: ConnectionId) -> ConnectionStatus:
        """Tell about a connection.

        Raises:
            GoneException: there is no such open connection.
        """
        ...

    async def disconnect(self, api_id: ApiId, connection_id: ConnectionId) -> None:
        """Close a connection with 1000 `Connection Closed Normally` (DP-MGM-17).

        Raises:
            GoneException: there is no such open connection.
        """
        ...


class Credentials(Protocol):
    """Whom a request's signature can belong to."""

    def find(self, access_key_id: str) -> Credential | None:
        """Find the credential of an access key; None where nobody has it.

        Called for each signed request, so it answers from memory. Expiry and session token are the
        caller's to check.
        """
        ...


class InvokePermissions(Protocol):
    """Who may invoke a function through the gateway (DP-INT-07)."""

    def may_invoke(self, role_arn: str, function_arn: str) -> bool:
        """Tell whether the role exists and allows `lambda:InvokeFunction` on the function."""
        ...

    def may_caller_invoke(self, access_key_id: str, function_arn: str) -> bool:
        """Tell whether who has an access key is allowed `lambda:InvokeFunction` on the function."""
        ...


class Telemetry(Protocol):
    """Who is told what an operator may want to know. Never waits, never raises."""

    def complain(self, text: str) -> None:
        """Tell the operator, once per text and not per message, what he could fix."""
        ...
