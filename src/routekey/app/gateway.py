"""The assembly: a configuration and a project in, a running gateway out.

This is the one place where endpoints and adapters meet. It decides nothing but the order: what is
called by others starts before them, and stops after them.

    start   certificates → front door → functions → gateway listener → admin listener
    stop    admin listener → clients closed, `$disconnect` runs → functions → front door
"""

import asyncio
import gc
import os
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.routing import Route

from routekey.adapters.aws_keys import AwsKeys, sts_of
from routekey.adapters.certificate_files import make_server_context
from routekey.adapters.certificates import CertificateAuthority
from routekey.adapters.cluster.memory import LocalConnections
from routekey.adapters.credentials import IssuedCredentials
from routekey.adapters.function_keys import AwsRole, FunctionKeys
from routekey.adapters.functions import (
    Destinations,
    EventSources,
    FunctionPools,
    FunctionSettings,
    LogSink,
    S3Objects,
    find_delegated,
    make_remotes,
)
from routekey.adapters.functions import FrontDoor as FunctionsFrontDoor
from routekey.adapters.integrations.aws_proxy import LambdaIntegration
from routekey.adapters.integrations.aws_service import AwsServiceIntegration
from routekey.adapters.integrations.backends import Backends
from routekey.adapters.integrations.client_certificates import load_tls
from routekey.adapters.integrations.http import HttpIntegration, system_tls
from routekey.adapters.integrations.http_pool import HttpPool
from routekey.adapters.journals import WriteEvent
from routekey.adapters.log_files import write_too
from routekey.adapters.operator_keys import OperatorKeys, keys_folder
from routekey.adapters.role_keys import RoleKeys
from routekey.adapters.system import SystemClock, SystemIds
from routekey.adapters.telemetry import Observers, TelemetrySettings
from routekey.app.administration import Administration, AdministrationSettings
from routekey.app.parts import (
    allows_private,
    certificates_folder,
    compile_directory,
    list_served,
    listener_settings,
    make_services,
    store_folder,
)
from routekey.config import Config
from routekey.endpoints.addresses import Addresses, list_addresses, listening_errors
from routekey.endpoints.admin import AdminListener, create_admin
from routekey.endpoints.asgi import AsgiApplication
from routekey.endpoints.execute_api import ExecuteApi
from routekey.endpoints.front_door import FrontDoor
from routekey.endpoints.sts import TokenService
from routekey.endpoints.wire import Listener
from routekey.errors import ProjectError
from routekey.gateway.directory import Directory
from routekey.gateway.identity import account_root
from routekey.gateway.lifecycle import GOING_AWAY
from routekey.gateway.ports import Telemetry
from routekey.gateway.throttles import Throttles
from routekey.gateway.world import World
from routekey.quotas import FUNCTION_TIMEOUT_SECONDS_MAX
from routekey.resources.identity_notices import find_identity_notices
from routekey.resources.project import Project
from routekey.resources.snapshot import execute_api_domain
from routekey.tasks import wait_for_all

_LOOPBACK: Final = "127.0.0.1"
_SERVICE_BODY_BYTES_MAX: Final = 32 * 1024 * 1024
"""What a function may send to another service: twice DynamoDB's largest request. An object for S3
can be larger; SDKs send such in parts."""
_SERVICE_SECONDS_MAX: Final = FUNCTION_TIMEOUT_SECONDS_MAX + 60
"""A net below the services, whose slowest answer is that of a function."""
_SWEEP_SECONDS: Final = 1.0
"""How coarse the idle and age limits are; AWS's own are no finer."""
_KILL_SECONDS: Final = 5
"""How long killed processes may take to go: one that waits for a dead disk does not go at all."""


class Gateway:
    """A gateway with all that it needs.

    Args:
        config: what the operator set.
        project: what to serve.
        is_strict: whether every caller has to show a key of the project. Else whoever calls from
            this machine with a key that nobody knows is the account's administrator.
        sink: takes the lines that functions print.
        telemetry: takes what happened.
        say: tells the user what takes long; may be called from another thread.
        log: takes what access and execution logs write, unless they go to files. None says it.

    Raises:
        InputError: the project does not compile.
    """

    def __init__(
        self,
        config: Config,
        project: Project,
        *,
        is_strict: bool,
        sink: LogSink,
        telemetry: Telemetry,
        say: Callable[[str], None],
        log: WriteEvent | None = None,
    ) -> None:
        directory = compile_directory(project, config.choices)
        self._config = config
        self._project = project
        self._is_strict = is_strict
        self._clock = SystemClock()
        self._ids = SystemIds()
        self._telemetry = telemetry
        self._connections = LocalConnections(self._clock)
        self._observers = Observers(
            TelemetrySettings(**asdict(config.telemetry)), self._clock, self._connections.__len__
        )
        self._credentials = self._make_credentials(telemetry)
        self._http_pool = HttpPool(allows_private=allows_private(config, is_strict=is_strict))
        self._service_pool = HttpPool(allows_private=True)
        """To services of AWS, whose hosts no client names; their endpoints may be in a VPC."""
        self._services = make_services(config, project, say, is_strict=is_strict)
        self._destinations = Destinations(
            lambda call: self._functions.invoke(call),  # noqa: PLW0108  # they are made below
            self._services.find,
            region=project.region,
            account=project.account_id,
            clock=self._clock,
            complain=telemetry.complain,
        )
        self._function_keys = self._make_function_keys()
        self._functions = self._make_functions(sink, say)
        self._journals = self._observers.make_journals(
            log or (lambda event: say(f"{event.group} {event.message}"))
        )
        self._journals.watch(directory)
        self._event_sources = EventSources(
            self._functions, self._services.find, project.region, telemetry.complain
        )
        self._role_keys = RoleKeys(self._credentials, self._clock)
        self._execute_api = ExecuteApi(self._make_world(directory, telemetry))
        self._administration = self._make_administration()
        self._own_services = Starlette()
        """AWS's APIs, once what they change is open: functions started before may already ask."""
        self._gateway_port = self._admin_port = 0
        self.is_ready = False
        """Whether it serves: it has started, and nobody has asked it to stop."""
        self._started = AsyncExitStack()
        self._is_hurried = False
        self._patience: asyncio.Timeout | None = None
        """Set while a stop waits for clients and calls."""
        self._sweeping: asyncio.TimerHandle | None = None

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of how his functions run here, and as whom."""
        identities = find_identity_notices(self._project, trusts_foreign_roles=not self._is_strict)
        return (*identities, *self._function_keys.notices, *self._functions.notices)

    @property
    def addresses(self) -> Addresses:
        """Where it is reached, once it has started; a reload or AWS's APIs may add stages."""
        gateway, admin, project = self._config.gateway, self._config.admin, self._project
        return list_addresses(
            list_served(self._execute_api.world.directory, project),
            project.region,
            (gateway.host, self._gateway_port),
            (admin.host, self._admin_port),
        )

    async def start(self) -> Addresses:
        """Start serving; what was started before a failure is stopped again.

        Returns:
            Where clients, functions and operators reach it.

        Raises:
            InputError: a port is taken, or a function cannot be made ready.
        """
        async with AsyncExitStack() as starting:
            self._functions.preload(self._project.functions)
            starting.push_async_callback(self._close_functions)  # for a start that fails
            self._observers.open()
            starting.push_async_callback(self._observers.close)
            authority = CertificateAuthority(certificates_folder(self._config), self._clock)
            await self._open_front_door(starting, authority)
            starting.push_async_callback(self._services.close)
            await self._services.make(self._project.services)
            starting.callback(self._http_pool.close)
            starting.callback(self._service_pool.close)
            starting.callback(self._destinations.close)
            starting.push_async_callback(self._close_functions)
            starting.push_async_callback(self._event_sources.close)
            await self._administration.open(starting)
            self._own_services = Starlette(routes=self._list_own_services())
            await self._open_gateway(starting, authority)
            self._open_admin(starting)
            self._started = starting.pop_all()
        self.is_ready = True
        # What has been made by now stays, so the collector need not look at it again: a pause of
        # 7 ms with 15,000 connections. To look once before would take 60 ms, for no garbage.
        gc.freeze()
        return self.addresses

    async def reload(self, project: Project) -> None:
        """Serve another project from now on; connections stay, running calls finish.

        Functions that are the same as before, code and all, keep their processes.

        Raises:
            InputError: it does not compile, a function cannot be made ready, or the region is
                another one. Nothing changed.
        """
        if project.region != self._project.region:
            raise ProjectError(
                f"the region is {project.region} now, and was {self._project.region}",
                remedy="Start again: functions, keys and addresses belong to a region.",
            )
        compile_directory(project, self._config.choices)
        await self._services.make(project.services)
        self._tell_functions(project)
        await self._administration.load(project)
        self._project = project

    def _publish(self, directory: Directory) -> None:
        """Serve other snapshots from now on."""
        strict = replace(directory, is_strict=self._is_strict)
        self._execute_api.replace_directory(strict, self._connections)
        self._journals.watch(directory)

    async def stop(self) -> None:
        """Stop: close the clients, let `$disconnect` and running calls finish, leave nothing."""
        was_ready, self.is_ready = self.is_ready, False
        if was_ready:
            await self._wait_patiently(asyncio.sleep(self._config.gateway.unready_seconds))
        await self._started.aclose()

    def hurry(self) -> None:
        """Wait no longer for clients and calls; a stop that is under way goes on at once."""
        self._is_hurried = True
        patience, self._patience = self._patience, None
        if patience is not None:
            patience.reschedule(0)

    def _make_credentials(self, telemetry: Telemetry) -> IssuedCredentials:
        """Make what knows every key: those of functions and users, and in production operators'."""
        project = self._project
        return IssuedCredentials(
            clock=self._clock,
            entropy=os.urandom,
            account_id=project.account_id,
            roles=project.roles,
            users=project.users,
            trusts_foreign_roles=not self._is_strict,
            beside=self._open_operator_keys(telemetry) if self._is_strict else None,
        )

    def _make_function_keys(self) -> FunctionKeys:
        role = AwsRole(self._config.services.role, sts_of(self._project.region))
        return FunctionKeys(self._credentials, role if self._services.are_at_aws else None)

    def _make_administration(self) -> Administration:
        """Make what changes resources while the gateway serves."""
        return Administration(
            AdministrationSettings(
                folder=store_folder(self._config, is_strict=self._is_strict),
                has_test_endpoints=self._config.admin.test_endpoints,
            ),
            self._project,
            world=self._execute_api.world,
            credentials=self._credentials,
            functions=self._functions,
            event_sources=self._event_sources,
            objects=S3Objects(self._services.find, self._project.region),
            publish=self._publish,
        )

    def _make_functions(self, sink: LogSink, say: Callable[[str], None]) -> FunctionPools:
        """Make a place for functions; what they say is shown, and written where logs are."""
        section, project = self._config.functions, self._project
        if self._observers.log_files is not None:
            sink = write_too(self._observers.log_files, sink)
        services = HttpIntegration(self._service_pool, system_tls)
        return FunctionPools(
            FunctionSettings(
                region=project.region,
                account=project.account_id,
                debug_port=section.debug_port,
                environments_min=section.environments_min,
                provisioned_max=section.environments_max if self._is_strict else 1,
                environments_max=section.environments_max,
                memory_group=Path(section.memory_group)
                if section.memory_group
                else find_delegated(),
                age_seconds_max=self._function_keys.age_seconds_max,
            ),
            clock=self._clock,
            ids=self._ids,
            sink=sink,
            say=say,
            keys=self._function_keys,
            on_end=self._destinations.send,
            remotes=make_remotes(section.remote, project.region, services.invoke, sink),
        )

    def _make_world(self, directory: Directory, telemetry: Telemetry) -> World:
        """Join the ports with who implements them."""
        limits, account_id = self._config.limits, self._project.account_id
        return World(
            clock=self._clock,
            ids=self._ids,
            integrations=self._make_backends(),
            connections=self._connections,
            credentials=self._credentials,
            stranger=None if self._is_strict else account_root(account_id),
            throttles=Throttles(limits, self._clock.now_ms()),
            telemetry=telemetry,
            journals=self._journals,
            limits=limits,
            choices=self._config.choices,
            directory=directory,
        )

    def _make_backends(self) -> Backends:
        """Join the routes with what they ask."""
        folder = self._config.integrations.client_certificates_folder
        tls = load_tls(Path(folder)) if folder else system_tls
        http = HttpIntegration(self._http_pool, tls)
        services = AwsServiceIntegration(
            HttpIntegration(self._service_pool, tls),
            self._role_keys.find_for,
            AwsKeys(sts_of(self._project.region), self._clock).find,
            self._services.find,
        )
        return Backends(LambdaIntegration(self._functions, self._credentials), http, services)

    async def _open_front_door(
        self, starting: AsyncExitStack, authority: CertificateAuthority
    ) -> None:
        listener = await Listener.start(
            FrontDoor(
                self._execute_api,
                self._make_tokens(),
                AsgiApplication(lambda: self._own_services),
                self._ids,
                is_domain=self._is_domain,
                find_services=self._services.find,
                forward=HttpIntegration(self._service_pool, system_tls).invoke,
            ),
            _LOOPBACK,
            0,
            clock=self._clock,
            ssl_context=authority.server_context(),
            settings=replace(
                listener_settings(self._config.limits, self._config.choices),
                body_bytes_max=_SERVICE_BODY_BYTES_MAX,
                answer_seconds_max=_SERVICE_SECONDS_MAX,
            ),
        )
        starting.push_async_callback(_drop, listener)
        self._front_door = FunctionsFrontDoor(
            host=_LOOPBACK,
            port=listener.port,
            ca_bundle=authority.write_bundle(),
        )
        self._tell_functions(self._project)

    def _tell_functions(self, project: Project) -> None:
        """Tell functions that start from now on where AWS's names lead."""
        if self._front_door is None:
            return
        urls = [
            f"https://{execute_api_domain(api.api_id, project.region)}/{stage.stage_name}"
            for api in project.apis
            for stage in api.stages
        ]
        domains = tuple(domain.domain_name for domain in project.domain_names)
        self._functions.set_front_door(
            replace(
                self._front_door,
                callback_url=urls[0] if len(urls) == 1 else None,
                patterns=(*self._services.patterns, *domains),
            )
        )

    def _is_domain(self, host: str) -> bool:
        """Tell whether a host is a custom domain of an API that is served now."""
        return self._execute_api.world.directory.has_domain(host)

    def _make_tokens(self) -> TokenService:
        """Make STS, which says who a function is."""
        return TokenService(self._execute_api.world, self._credentials, self._project.region)

    async def _open_gateway(
        self, starting: AsyncExitStack, authority: CertificateAuthority
    ) -> None:
        section = self._config.gateway
        with listening_errors("port", section.host, section.port):
            listener = await Listener.start(
                self._execute_api,
                section.host,
                section.port,
                clock=self._clock,
                ssl_context=make_server_context(
                    section.certificates,
                    tls_version_min=section.tls_version_min,
                    authority=authority,
                    clock=self._clock,
                    complain=self._telemetry.complain,
                ),
                settings=listener_settings(self._config.limits, self._config.choices),
            )
        starting.push_async_callback(self._close_clients, listener)
        self._sweep()
        self._gateway_port = listener.port

    def _list_own_services(self) -> list[Route]:
        return self._administration.routes(self._make_tokens())

    def _open_operator_keys(self, telemetry: Telemetry) -> OperatorKeys:
        folder = keys_folder(self._config.functions.data_folder)
        return OperatorKeys(folder, clock=self._clock, complain=telemetry.complain)

    def _open_admin(self, starting: AsyncExitStack) -> None:
        section, metrics = self._config.admin, self._observers.metrics
        application = create_admin(
            lambda: self.is_ready,
            section.allowed_hosts,
            render_metrics=None if metrics is None else metrics.render,
            routes=self._list_own_services(),
        )
        admin = AdminListener(application)
        with listening_errors("admin-port", section.host, section.port):
            admin.start(section.host, section.port)
        starting.push_async_callback(admin.close)
        self._admin_port = admin.port

    async def _close_clients(self, listener: Listener) -> None:
        """Close every client with 1001 and wait for the calls that are due to it (DP-DIS-03)."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        listener.stop_accepting()
        await self._wait_patiently(self._close_one_by_one())
        listener.close(*GOING_AWAY)
        await self._wait_patiently(self._wait_for_calls(listener))
        await _drop(listener)

    async def _close_one_by_one(self) -> None:
        """Close the clients at an even pace: each will come back somewhere else."""
        connections = list(self._connections)
        for connection in connections:
            await asyncio.sleep(self._config.gateway.drain_seconds / len(connections))
            self._execute_api.close(connection, *GOING_AWAY)

    async def _wait_for_calls(self, listener: Listener) -> None:
        seconds = self._config.gateway.shutdown_seconds
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await listener.wait_closed()
                await wait_for_all(seconds)

    async def _wait_patiently(self, waiting: Coroutine[object, object, None]) -> None:
        """Wait for something, unless somebody is in a hurry."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if self._is_hurried else None) as self._patience:
                await waiting
        self._patience = None

    async def _close_functions(self) -> None:
        """End every function process; what survives us, the kernel ends with us."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_KILL_SECONDS):
                await self._functions.close()

    def _sweep(self) -> None:
        """Close idle and old connections, every second."""
        loop = asyncio.get_running_loop()
        self._sweeping = loop.call_later(_SWEEP_SECONDS, self._sweep)
        self._execute_api.sweep()


async def _drop(listener: Listener) -> None:
    listener.abort()
    await listener.wait_closed()
