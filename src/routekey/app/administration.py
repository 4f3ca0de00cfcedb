"""The control plane of a running gateway: where resources are kept, and who may change them.

What a project describes and what was made through AWS's APIs are the same resources; the control
plane publishes all of them together.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import Route

from routekey.adapters.credentials import IssuedCredentials
from routekey.adapters.functions import EventSources, FunctionPools
from routekey.adapters.store.code_folder import CodeFolder
from routekey.adapters.store.memory import MemoryStore
from routekey.adapters.store.sqlite import SqliteStore
from routekey.endpoints.control_plane import ControlPlane, Door, create_control_plane
from routekey.endpoints.control_plane.export import create_export
from routekey.endpoints.control_plane.iam import IdentityApi
from routekey.endpoints.control_plane.reset import create_reset
from routekey.endpoints.lambda_api import LambdaApi
from routekey.endpoints.lambda_packages import LambdaPackages
from routekey.endpoints.sts import TokenService, make_sts_routes
from routekey.errors import InputError
from routekey.gateway.directory import Directory
from routekey.gateway.world import World
from routekey.resources.managed_identity import Identities
from routekey.resources.project import Project, with_origins
from routekey.resources.store import ObjectStore, Store, StoreError

_SIGNING_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministrationSettings:
    """What an operator says of the control plane."""

    folder: Path | None
    """Where resources are kept; None forgets them at the end."""
    has_test_endpoints: bool
    """Whether anybody who reaches the admin listener may reset everything."""


class Administration:
    """AWS's APIs at the admin listener.

    Args:
        settings: what the operator said.
        project: what to serve besides what is kept.
        world: the data plane's.
        credentials: whose keys are known, those made here included.
        functions: runs the functions.
        event_sources: reads the queues and streams that call them.
        publish: is told what is served from now on.
    """

    def __init__(  # the parts that the control plane joins
        self,
        settings: AdministrationSettings,
        project: Project,
        *,
        world: World,
        credentials: IssuedCredentials,
        functions: FunctionPools,
        event_sources: EventSources,
        objects: ObjectStore,
        publish: Callable[[Directory], None],
    ) -> None:
        self._settings = settings
        self._project = project
        self._world = world
        self._credentials = credentials
        self._functions = functions
        self._event_sources = event_sources
        self._objects = objects
        self._publish = publish
        self._plane: ControlPlane | None = None
        self._code_folder = Path()

    async def open(self, starting: AsyncExitStack) -> None:
        """Read what is kept, take the project, start its functions and publish all of it.

        Raises:
            InputError: what is kept cannot be read, or what is to be served does not hold.
        """
        folder = self._settings.folder
        store: Store
        if folder is None:
            store = MemoryStore()
            temporary = starting.enter_context(tempfile.TemporaryDirectory(prefix="routekey-code-"))
            self._code_folder = Path(temporary)
        else:
            store = await SqliteStore.open(folder / "routekey.db")
            self._code_folder = folder / "code"
        plane = ControlPlane(
            store,
            region=self._project.region,
            account_id=self._project.account_id,
            clock=self._world.clock,
            entropy=os.urandom,
            on_change=self._publish,
            functions=self._functions,
            event_sources=self._event_sources,
            on_identities=self._take_identities,
            choices=self._world.choices,
        )
        starting.push_async_callback(plane.close)
        try:
            await plane.open(with_origins(self._project))
        except StoreError as error:
            raise InputError(f"the store cannot be written: {error}") from error
        self._plane = plane

    async def load(self, project: Project) -> None:
        """Take another state of the project; what was made through the APIs stays.

        Raises:
            InputError: it does not hold. Nothing changed.
        """
        before, self._project = self._project, project
        try:
            await self._opened.load_project(with_origins(project))
        except StoreError as error:
            self._project = before
            raise InputError(f"the store cannot be written: {error}") from error
        except BaseException:
            self._project = before
            raise

    def routes(self, tokens: TokenService) -> list[Route]:
        """Make the routes of the admin application."""
        plane, world, account_id = self._opened, self._world, self._project.account_id
        door = Door(
            region=self._project.region,
            credentials=world.credentials,
            stranger=world.stranger,
            clock=world.clock,
            ids=world.ids,
        )
        functions = LambdaApi(
            plane=plane,
            door=door,
            functions=self._functions,
            packages=LambdaPackages(
                code=CodeFolder(self._code_folder),
                objects=self._objects,
                clock=world.clock,
                signing_key=os.urandom(_SIGNING_KEY_BYTES),
            ),
            account_id=account_id,
        )
        identities = IdentityApi(
            plane=plane,
            door=door,
            account_id=account_id,
            otherwise=make_sts_routes(tokens)[0].endpoint,
        )
        return [
            *create_control_plane(plane, door, world.throttles.plans),
            *functions.routes(),
            *identities.routes(),
            *create_export(plane, door, account_id),
            *(create_reset(plane) if self._settings.has_test_endpoints else ()),
        ]

    @property
    def _opened(self) -> ControlPlane:
        if self._plane is None:
            raise AssertionError("the control plane is opened before it is used")
        return self._plane

    def _take_identities(self, identities: Identities) -> None:
        """Let those be known whom the control plane has, the project's among them."""
        self._credentials.replace(identities.roles, identities.users)
