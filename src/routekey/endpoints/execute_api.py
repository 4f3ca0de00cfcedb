"""`{api}.execute-api…/{stage}`: handshakes, messages and `@connections`, from bytes to story.

Each request and message becomes a value, runs one story of `gateway/`, and what the story gives or
raises is rendered. No decision is taken here. A message has no task of its own unless it has to
wait: see `tasks.run_soon`.
"""

import logging
from collections.abc import Iterable
from typing import Final

from routekey.endpoints.rendering import (
    render_aws_exception,
    render_frame,
    render_refusal,
    render_refused_handshake,
    render_success,
)
from routekey.endpoints.wire import Exchange, Request, Response, WebSocket
from routekey.errors import (
    AwsException,
    ForbiddenException,
    GatewayResponse,
    IntegrationFailure,
    LimitExceededException,
    PayloadTooLargeException,
)
from routekey.gateway.commands import Command, handle_command, open_command_journal
from routekey.gateway.connect import Admission, admit, handle_connect
from routekey.gateway.directory import Directory
from routekey.gateway.disconnect import handle_disconnect
from routekey.gateway.events import DisconnectEvent, Event, MessageEvent
from routekey.gateway.handshake import Handshake
from routekey.gateway.journal import CommandJournal, EventJournal, Journal
from routekey.gateway.lifecycle import CLOSED_NORMALLY, GOING_AWAY, Connection, DeadlineWheel
from routekey.gateway.message import handle_message
from routekey.gateway.responses import Refusal
from routekey.gateway.trace_header import choose_trace_header
from routekey.gateway.world import World
from routekey.languages.sigv4 import SignedRequest
from routekey.tasks import run_soon

logger = logging.getLogger("routekey.gateway")

_FAILED: Final = 500
_UPGRADE_REQUIRED: Final = 426
_SHOWN_MAX: Final = 200
"""Characters of a refused request's path in the log; anybody may send 4,096."""
_MESSAGES_IN_FLIGHT_MAX: Final = 128
"""Of one connection; above it we stop reading, and the client's own buffers fill. AWS documents no
such bound, but a function that hangs must not make us keep 128 KiB for each message sent to it."""


class ExecuteApi:
    """The application behind the gateway's listener, and behind the functions' front door."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._wheel = DeadlineWheel(world.limits, world.clock.now_ms())

    def handle_request(self, exchange: Exchange) -> None:
        """Start the story that a request asks for."""
        request = exchange.request
        path, _, query = request.target.partition("?")
        if request.is_upgrade:
            handshake = Handshake(
                host=request.header("host") or "",
                path=path,
                query=query,
                headers=request.headers,
                values=request.values,
                source_ip=request.source_ip,
                is_secure=request.is_tls,
            )
            run_soon(self._connect(exchange, handshake), "handshake")
        elif request.method == "GET" and "connections/" not in path:
            exchange.respond(self._refuse_plain_get())
        else:
            run_soon(self._command(exchange, path, query), "command")

    def replace_directory(self, directory: Directory, connections: Iterable[Connection]) -> None:
        """Serve other snapshots from now on; open connections follow (DP-RTE-17).

        Those whose stage is gone are closed with 1001, or kept (DP-UNK-20).
        """
        self.world.directory = directory
        for connection in connections:
            if self._is_stray(connection):
                self.close(connection, *GOING_AWAY)

    def sweep(self) -> None:
        """Close the connections whose time is over; to be called every second (DP-LIM-06, -09)."""
        now_ms, code = self.world.clock.now_ms(), self.world.choices.old_connection_code
        old = GOING_AWAY if code == GOING_AWAY[0] else CLOSED_NORMALLY  # DP-UNK-15
        for connection in self._wheel.sweep(now_ms):
            is_old = self._wheel.is_old(connection, now_ms)
            self.close(connection, *(old if is_old else GOING_AWAY))

    def forget(self, connection: Connection) -> None:
        """Watch the time of a connection no longer: it is over."""
        self._wheel.remove(connection)

    def close(self, connection: Connection, code: int, reason: str) -> None:
        """Close a connection; it is gone for others at once, for its client a moment later."""
        self.world.connections.remove(connection)
        if connection.channel is not None:
            connection.channel.close(code, reason)

    def _is_stray(self, connection: Connection) -> bool:
        """Tell whether a connection is to be closed because its stage is gone."""
        world = self.world
        is_gone = world.directory.find_snapshot(connection.api_id, connection.stage) is None
        return is_gone and world.choices.deleted_stage != "keep"

    def _refuse_plain_get(self) -> Response:
        """Answer a GET that is no upgrade and no command (DP-UNK-01)."""
        if self.world.choices.plain_get_status == _UPGRADE_REQUIRED:
            return Response(status=_UPGRADE_REQUIRED)
        return self._render_aws_exception(ForbiddenException(), "a plain GET")

    async def _connect(self, exchange: Exchange, handshake: Handshake) -> None:
        world = self.world
        try:
            admission = admit(world, handshake)
        except AwsException as error:
            exchange.respond(self._render_aws_exception(error, f"a handshake at {handshake.path}"))
            return
        event = admission.event
        self._warn_of_unknown_api(admission.unknown_api_id, handshake.host)
        journal = self.open_journal(event)
        try:
            decision = await handle_connect(world, admission, journal)
            if isinstance(decision, Refusal):
                exchange.respond(render_refusal(decision, event.request_id))
            else:
                self._open(exchange, admission, decision.subprotocol)
        except GatewayResponse as error:
            _note(journal, error)
            logger.warning("$connect refused with %d: %s", error.status, error.reason)
            exchange.respond(render_refused_handshake(error, event.connection.id, event.request_id))
        except AwsException as error:
            _note(journal, error)
            exchange.respond(self._render_aws_exception(error, f"a handshake at {handshake.path}"))
        except Exception:
            logger.exception("a handshake failed")
            failure = IntegrationFailure("see the log")
            _note(journal, failure)
            exchange.respond(
                render_refused_handshake(failure, event.connection.id, event.request_id)
            )
        finally:
            self.keep(journal)

    def _open(self, exchange: Exchange, admission: Admission, subprotocol: str | None) -> None:
        """Answer 101. Only now can others post to the connection (DP-DIS-10)."""
        connection = admission.event.connection
        headers = () if subprotocol is None else (("sec-websocket-protocol", subprotocol),)
        session = _ClientSession(self, connection)
        connection.channel = session.channel = exchange.upgrade(headers, session)
        self.world.connections.add(connection)
        self._wheel.add(connection)
        if self._is_stray(connection):  # a reload came while `$connect` was asked
            self.close(connection, *GOING_AWAY)

    async def _command(self, exchange: Exchange, path: str, query: str) -> None:
        world, request = self.world, exchange.request
        journal: CommandJournal | None = None
        try:
            command = self._read_command(request, path, query)
            if world.journals.is_open:
                journal = open_command_journal(world, command)
            answer = await handle_command(world, command)
        except AwsException as error:
            if journal is not None:
                journal.error, journal.status = error, error.status
            exchange.respond(self._render_aws_exception(error, f"{request.method} {path}"))
        except Exception:
            logger.exception("%s %s failed", request.method, path)
            if journal is not None:
                journal.status = _FAILED
            exchange.respond(Response(status=_FAILED))
        else:
            if journal is not None:
                journal.status = answer.status
            exchange.respond(
                render_success(
                    answer,
                    uuid=world.ids.uuid(),
                    request_id=world.ids.request_id(),
                    trace_id=command.trace_id,
                )
            )
        finally:
            self.keep(journal)

    def _read_command(self, request: Request, path: str, query: str) -> Command:
        """Find the stage that a request speaks to.

        Raises:
            PayloadTooLargeException: the body was above the bound, and was dropped as it came.
            ForbiddenException: there is no such stage.
        """
        if request.is_body_too_large:
            raise PayloadTooLargeException
        host = request.header("host") or ""
        address = self.world.directory.resolve(host, path)
        if address is None:
            raise ForbiddenException
        self._warn_of_unknown_api(address.unknown_api_id, host)
        return Command(
            snapshot=address.snapshot,
            rest=address.rest,
            signed=SignedRequest(request.method, path, query, request.headers, request.body),
            source_ip=request.source_ip,
            is_secure=request.is_tls,
            trace_id=choose_trace_header(
                request.header("x-amzn-trace-id"), self.world.ids, self.world.clock.now_ms()
            ),
        )

    def open_journal(self, event: Event) -> EventJournal | None:
        """Open a journal for an event, if anybody reads it."""
        return EventJournal(event) if self.world.journals.is_open else None

    def keep(self, journal: Journal | None) -> None:
        """Give a journal whose event is over to its readers."""
        if journal is not None:
            self.world.journals.keep(journal)

    def _render_aws_exception(self, error: AwsException, what: str) -> Response:
        ids = self.world.ids
        if error.message is not None:
            said = error.message.partition("\n")[0]
            shown = what[:_SHOWN_MAX]
            logger.warning("%s was refused with %s: %s", shown, error.code, said)
        return render_aws_exception(error, ids.uuid(), ids.request_id())

    def _warn_of_unknown_api(self, api_id: str | None, host: str) -> None:
        if api_id is not None:
            self.world.telemetry.complain(
                f"{host} names the API {api_id}, which is not loaded; the only API that is loaded "
                "answers in its place. Pin its id with the tag routekey:api-id."
            )


class _ClientSession:
    """One client, as its WebSocket sees us."""

    __slots__ = ("_api", "_connection", "_in_flight", "channel")

    def __init__(self, api: ExecuteApi, connection: Connection) -> None:
        self._api = api
        self._connection = connection
        self._in_flight = 0
        self.channel: WebSocket | None = None

    def on_text(self, text: bytes) -> None:
        """Run a message's story; messages run side by side (DP-DIS-08)."""
        world, connection = self._api.world, self._connection
        now_ms = connection.last_active_at_ms = world.clock.now_ms()
        event = MessageEvent(connection, world.ids, now_ms, text)
        self._in_flight += 1
        if self._in_flight == _MESSAGES_IN_FLIGHT_MAX and self.channel is not None:
            self.channel.pause_reading()
        run_soon(self._answer(event), "message")

    def on_binary(self, payload: bytes) -> None:
        """Never called: the gateway's listener refuses binary frames (DP-LIM-05)."""

    def on_ping(self) -> None:
        """Count a ping as activity where the operator wants it so (DP-LIM-07, DP-UNK-22)."""
        world = self._api.world
        if world.choices.is_idle_reset_by_ping:
            self._connection.last_active_at_ms = world.clock.now_ms()

    def on_closed(self, code: int, reason: str) -> None:
        """Run the goodbye's story, however it ended (DP-DIS-03)."""
        world, connection = self._api.world, self._connection
        self.channel = connection.channel = None
        world.connections.remove(connection)
        self._api.forget(connection)
        now_ms = world.clock.now_ms()
        event = DisconnectEvent(
            connection=connection,
            request_id=world.ids.request_id(),
            epoch_ms=now_ms,
            trace_id=world.ids.trace_id(now_ms),
            code=code,
            reason=reason,
        )
        run_soon(self._say_goodbye(event), "$disconnect")

    async def _answer(self, event: MessageEvent) -> None:
        world = self._api.world
        journal = EventJournal(event) if world.journals.is_open else None
        try:
            await handle_message(world, event, journal)
        except GatewayResponse as error:
            _note(journal, error)
            self._refuse(event, error)
        except LimitExceededException:
            logger.warning("%s does not read: a reply was dropped", event.connection.id)
        except Exception:
            logger.exception("a message failed")
            failure = IntegrationFailure("see the log")
            _note(journal, failure)
            self._refuse(event, failure)
        finally:
            if journal is not None:
                world.journals.keep(journal)
            self._in_flight -= 1
            if self._in_flight == _MESSAGES_IN_FLIGHT_MAX - 1 and self.channel is not None:
                self.channel.resume_reading()

    def _refuse(self, event: MessageEvent, error: GatewayResponse) -> None:
        """Send the error frame; the connection stays open (DP-INT-18)."""
        connection = event.connection
        logger.warning("a message of %s failed: %s", connection.id, error.reason or error.message)
        if connection.channel is not None:
            frame = render_frame(error, event, self._api.world.choices)
            try:
                connection.channel.send_text(frame)
            except LimitExceededException:
                logger.warning("%s does not read: an error frame was dropped", connection.id)

    async def _say_goodbye(self, event: DisconnectEvent) -> None:
        journal = self._api.open_journal(event)
        try:
            await handle_disconnect(self._api.world, event, journal)
        except GatewayResponse as error:
            _note(journal, error)
            logger.warning("$disconnect of %s failed: %s", event.connection.id, error.reason)
        finally:
            self._api.keep(journal)


def _note(journal: EventJournal | None, error: GatewayResponse | AwsException) -> None:
    if journal is not None:
        journal.error = error
