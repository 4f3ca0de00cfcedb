"""The heart with a world in memory, for tests of stories."""

from collections.abc import Mapping

from routekey.adapters.cluster.memory import LocalConnections
from routekey.adapters.integrations.aws_proxy import LambdaIntegration
from routekey.adapters.integrations.aws_service import AwsServiceIntegration
from routekey.adapters.integrations.backends import Backends
from routekey.adapters.integrations.http import HttpIntegration, system_tls
from routekey.adapters.integrations.http_pool import HttpPool
from routekey.choices import DEFAULT_CHOICES, Choices
from routekey.errors import IntegrationFailure
from routekey.gateway.directory import Directory
from routekey.gateway.events import DisconnectEvent, MessageEvent, open_record
from routekey.gateway.handshake import Handshake
from routekey.gateway.identity import account_root
from routekey.gateway.lifecycle import Connection
from routekey.gateway.ports import AwsServiceCall
from routekey.gateway.throttles import Throttles
from routekey.gateway.world import World
from routekey.quotas import Limits
from routekey.resources.api import Api
from routekey.resources.identity import Credential
from routekey.testing.apis import ACCOUNT_ID, make_directory
from routekey.testing.fakes import (
    SOME_TIME_MS,
    CountingIds,
    FakeClock,
    FakeFunctions,
    Handler,
    RecordingChannel,
    RecordingTelemetry,
)


class AllowedRoles:
    """Which roles, and owners of which access keys, may invoke functions."""

    def __init__(self, *allowed: str) -> None:
        self._allowed = frozenset(allowed)

    def may_invoke(self, role_arn: str, function_arn: str) -> bool:
        """Tell whether the role is one of them."""
        return bool(function_arn) and role_arn in self._allowed

    def may_caller_invoke(self, access_key_id: str, function_arn: str) -> bool:
        """Tell whether the access key is one of them."""
        return bool(function_arn) and access_key_id in self._allowed


class KnownKeys(dict[str, Credential]):
    """Credentials by access key."""

    def find(self, access_key_id: str) -> Credential | None:
        """Find the credential of an access key."""
        return self.get(access_key_id)


class FakeWorld:
    """A `World` whose clock, functions and clients the test owns."""

    def __init__(
        self,
        *apis: Api,
        handlers: Mapping[str, Handler] | None = None,
        limits: Limits | None = None,
        choices: Choices = DEFAULT_CHOICES,
        roles: tuple[str, ...] = (),
        now_ms: int = SOME_TIME_MS,
    ) -> None:
        self.clock = FakeClock(now_ms)
        self.functions = FakeFunctions(handlers)
        self.connections = LocalConnections(self.clock)
        self.credentials = KnownKeys()
        self.telemetry = RecordingTelemetry()
        self.limits = limits or Limits()
        self.world = World(
            clock=self.clock,
            ids=CountingIds(),
            integrations=_make_backends(self.functions, roles),
            connections=self.connections,
            credentials=self.credentials,
            stranger=account_root(ACCOUNT_ID),
            throttles=Throttles(self.limits, self.clock.now_ms()),
            telemetry=self.telemetry,
            journals=self.telemetry,
            limits=self.limits,
            choices=choices,
            directory=make_directory(*apis, choices=choices) if apis else Directory(),
        )

    def handshake(
        self, *headers: tuple[str, str], path: str = "/dev", query: str = ""
    ) -> Handshake:
        """Make an upgrade request."""
        return Handshake(
            host="127.0.0.1",
            path=path,
            query=query,
            headers=headers,
            values={name.lower(): value for name, value in headers},
            source_ip="127.0.0.1",
        )

    def open(self, api: Api, channel: RecordingChannel | None = None) -> Connection:
        """Open a connection to an API's first stage, past all checks."""
        snapshot = self.world.directory.snapshots[api.api_id][api.stages[0].stage_name]
        connection = open_record(
            snapshot, self.handshake(), self.world.ids.connection_id(), self.clock.now_ms()
        )
        connection.channel = channel or RecordingChannel()
        self.connections.add(connection)
        return connection

    def message(self, connection: Connection, body: bytes) -> MessageEvent:
        """Make the event of a message."""
        return MessageEvent(connection, self.world.ids, self.clock.now_ms(), body)

    def goodbye(self, connection: Connection, code: int, reason: str) -> DisconnectEvent:
        """Make the event of a connection's end."""
        ids, now_ms = self.world.ids, self.clock.now_ms()
        return DisconnectEvent(
            connection=connection,
            request_id=ids.request_id(),
            epoch_ms=now_ms,
            trace_id=ids.trace_id(now_ms),
            code=code,
            reason=reason,
        )


async def _find_no_keys(call: AwsServiceCall) -> Credential:
    """Have no keys for AWS itself."""
    raise IntegrationFailure(f"there are no keys to ask {call.service} with")


async def _find_nothing() -> None:
    """Tell of no emulator of AWS's services."""


def _make_backends(functions: FakeFunctions, roles: tuple[str, ...]) -> Backends:
    """Join the fake functions with real backends that nobody may reach."""
    http = HttpIntegration(HttpPool(allows_private=False), system_tls)
    services = AwsServiceIntegration(http, lambda _call: None, _find_no_keys, _find_nothing)
    return Backends(LambdaIntegration(functions, AllowedRoles(*roles)), http, services)
