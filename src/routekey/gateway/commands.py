"""The story of a push: `POST`, `GET` and `DELETE` on `@connections`. Source: DP-MGM-01 to -22.

Every caller signs, and his policies decide: there is no public form. The connection's id is checked
before the permission, so a mangled one is a 400 for everybody who signs (DP-MGM-10).
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

import msgspec
import orjson

from routekey.arn import callback_arn
from routekey.clock import format_clf, format_iso
from routekey.errors import (
    BadRequestException,
    ForbiddenException,
    GoneException,
    LimitExceededException,
    PayloadTooLargeException,
)
from routekey.gateway.context import Context
from routekey.gateway.identity import MANAGE_CONNECTIONS, Circumstances, authorize, identify
from routekey.gateway.journal import CommandJournal
from routekey.gateway.lifecycle import ConnectionStatus
from routekey.gateway.world import World
from routekey.ids import ConnectionId, decode_node
from routekey.languages.sigv4 import SignedRequest
from routekey.resources.snapshot import Snapshot, execute_api_domain

_PREFIX: Final = "@connections/"
_GONE: Final = 410


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a connection, at the stage that its path names."""

    snapshot: Snapshot
    rest: str
    """The raw path behind the stage."""
    signed: SignedRequest
    """The request as it was on the wire; its body is the payload."""
    source_ip: str
    is_secure: bool
    """Whether it came over TLS."""
    trace_id: str = ""
    """`X-Amzn-Trace-Id`: the caller's own, or one of ours (DP-MON-19)."""


class CommandAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was carried out; the endpoint adds the headers."""

    status: int
    body: bytes = b""


async def handle_command(world: World, command: Command) -> CommandAnswer:
    """Carry out a command on a connection.

    Any stage of an API reaches all its connections, another API none (DP-MGM-06).

    Raises:
        AwsException: what the caller is told instead (DP-MGM-09).
    """
    run = _COMMANDS.get(command.signed.method)
    rest = _decode(command.rest)
    if run is None or not rest.startswith(_PREFIX):
        raise _refuse_path(command, rest)
    if len(command.signed.body) > world.limits.message_bytes_max:
        raise PayloadTooLargeException
    now_ms = world.clock.now_ms()
    if not world.throttles.take_command_nowait(now_ms):
        raise LimitExceededException
    circumstances = Circumstances(
        source_ip=command.source_ip,
        now_ms=now_ms,
        region=command.snapshot.region,
        is_secure=command.is_secure,
        headers=command.signed.headers,
    )
    caller = identify(command.signed, circumstances, world.credentials, stranger=world.stranger)
    connection_id = ConnectionId(rest.removeprefix(_PREFIX))
    if decode_node(connection_id) is None:
        if command.snapshot.choices.foreign_connection_id_status == _GONE:  # DP-UNK-24
            raise GoneException(connection_id)
        raise BadRequestException(f"Invalid connectionId: {connection_id}")
    authorize(
        caller, MANAGE_CONNECTIONS, _resource(command), circumstances, telemetry=world.telemetry
    )
    return await run(world, command, connection_id)


def open_command_journal(world: World, command: Command) -> CommandJournal:
    """Open the journal of a command. Source: DP-MON-14."""
    now_ms, request_id = world.clock.now_ms(), world.ids.request_id()
    snapshot = command.snapshot
    rest = _decode(command.rest)
    context: Context = {
        "apiId": snapshot.api_id,
        "connectionId": rest.removeprefix(_PREFIX) if rest.startswith(_PREFIX) else "",
        "domainName": snapshot.domain_name,
        "extendedRequestId": request_id,
        "identity": {"sourceIp": command.source_ip},
        "requestId": request_id,
        "requestTime": format_clf(now_ms),
        "requestTimeEpoch": now_ms,
        "stage": snapshot.stage_name,
    }
    signed = command.signed
    return CommandJournal(snapshot, signed.method, context, signed.body, command.trace_id)


def render_status(status: ConnectionStatus) -> bytes:
    """Write a connection's status as AWS does, blanks and all. Source: DP-MGM-08."""
    user_agent = "null" if status.user_agent is None else _quote(status.user_agent)
    return (
        "{\n"
        '  "identity" : {\n'
        f'    "sourceIp" : {_quote(status.source_ip)},\n'
        f'    "userAgent" : {user_agent}\n'
        "  },\n"
        f'  "connectedAt" : "{format_iso(status.connected_at_ms)}",\n'
        f'  "lastActiveAt" : "{format_iso(status.last_active_at_ms)}"\n'
        "}"
    ).encode()


def _decode(rest: str) -> str:
    """Undo the escapes of a path: SDKs send `%40connections` and `%3D` (DP-MGM-02).

    These two alone take a tenth of the time of `unquote`, which knows all.
    """
    decoded = rest.replace("%40", "@").replace("%3D", "=")
    return unquote(rest) if "%" in decoded else decoded


def _refuse_path(command: Command, rest: str) -> ForbiddenException:
    """Say that nothing answers here; behind a custom domain with the path (SEC-ERR-11)."""
    snapshot, method = command.snapshot, command.signed.method
    if snapshot.domain_name == execute_api_domain(snapshot.api_id, snapshot.region):
        return ForbiddenException()
    return ForbiddenException(f"No method found matching route {rest} for http method {method}.")


def _resource(command: Command) -> str:
    snapshot, method = command.snapshot, command.signed.method
    return callback_arn(
        snapshot.region, snapshot.account_id, snapshot.api_id, snapshot.stage_name, method
    )


async def _post(world: World, command: Command, connection_id: ConnectionId) -> CommandAnswer:
    """Send a text message; an empty one too, unless it means nothing (DP-MGM-13, DP-UNK-21)."""
    if not command.signed.body and command.snapshot.choices.empty_post == "nothing":
        await world.connections.describe(command.snapshot.api_id, connection_id)  # 410 where gone
        return CommandAnswer(status=200)
    await world.connections.send(command.snapshot.api_id, connection_id, command.signed.body)
    return CommandAnswer(status=200)


async def _get(world: World, command: Command, connection_id: ConnectionId) -> CommandAnswer:
    """Tell about the connection (DP-MGM-18)."""
    status = await world.connections.describe(command.snapshot.api_id, connection_id)
    return CommandAnswer(status=200, body=render_status(status))


async def _delete(world: World, command: Command, connection_id: ConnectionId) -> CommandAnswer:
    """Close the connection; `$disconnect` follows (DP-MGM-17)."""
    await world.connections.disconnect(command.snapshot.api_id, connection_id)
    return CommandAnswer(status=204)


_Run = Callable[[World, Command, ConnectionId], Awaitable[CommandAnswer]]
_COMMANDS: Final[Mapping[str, _Run]] = MappingProxyType(
    {"POST": _post, "GET": _get, "DELETE": _delete}
)


def _quote(text: str) -> str:
    return orjson.dumps(text).decode()
