"""The control plane: every resource of the account, changed one edit at a time.

    operation on an Edit → automatic deployments → compile → functions → store → swap → publish

Each step may refuse, and until the store has the change nothing is different. Edits wait for each
other (so that CP-PROTO-08 never happens); answers come from memory. What is served is published as
a whole new `Directory`, in which only the stages that changed are compiled anew.

Source: CP-DEPLOY-01, CP-DEPLOY-02, CP-DEPLOY-06, CP-DEPLOY-10.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from routekey.choices import DEFAULT_CHOICES, Choices
from routekey.clock import Clock
from routekey.endpoints.control_plane.deployments import deploy_automatically
from routekey.endpoints.control_plane.edit import FOLDERS, Edit, Kept
from routekey.endpoints.control_plane.project_import import import_project
from routekey.endpoints.control_plane.serving import (
    Served,
    compile_changes,
    compile_stages,
    make_served_directory,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import BadRequestException, InputError
from routekey.gateway.directory import Directory
from routekey.ids import AccountId
from routekey.resources.domain import DomainName
from routekey.resources.managed import (
    ManagedApi,
    ManagedEventSource,
    ManagedFunction,
)
from routekey.resources.managed_identity import (
    Identities,
    ManagedGroup,
    ManagedIdentities,
    ManagedPolicy,
    ManagedRole,
    ManagedUser,
    compile_identities,
)
from routekey.resources.project import Project
from routekey.resources.store import EventSourceHost, FunctionHost, Store, StoreError
from routekey.resources.usage import ApiKey, UsagePlan

Action = Callable[[Edit, Members], Members]
"""An operation: reads and changes through the edit, and answers."""

T = TypeVar("T")

_SERVED_AS_THEY_ARE = frozenset({ApiKey, DomainName, UsagePlan})
"""What counts without a deployment. Source: CP-KEY-05."""
_OF_IDENTITIES = frozenset({ManagedGroup, ManagedPolicy, ManagedRole, ManagedUser})
"""What says who may do what."""
_FOLDER_OF = {kind: folder for folder, kind in FOLDERS.items()}


class ControlPlane:
    """The resources of one account in one region.

    Args:
        store: where they are kept.
        region: for ARNs and host names.
        account_id: likewise.
        clock: for dates.
        entropy: gives so many unpredictable bytes, for ids.
        on_change: is told what is served from now on; it must not fail.
        functions: runs the functions.
        event_sources: reads the queues and streams that call functions; None reads none.
        on_identities: is told who there is; it must not fail.
        choices: how what is served behaves where AWS's behaviour is not known.
    """

    def __init__(  # noqa: PLR0913  # the parts that it joins
        self,
        store: Store,
        *,
        region: str,
        account_id: AccountId,
        clock: Clock,
        entropy: Callable[[int], bytes],
        on_change: Callable[[Directory], None],
        functions: FunctionHost,
        event_sources: EventSourceHost | None = None,
        on_identities: Callable[[Identities], None] = lambda _: None,
        choices: Choices = DEFAULT_CHOICES,
    ) -> None:
        self._store = store
        self._region = region
        self._account_id = account_id
        self._clock = clock
        self._entropy = entropy
        self._on_change = on_change
        self._functions = functions
        self._event_sources = event_sources
        self._on_identities = on_identities
        self._choices = choices
        self._kept: Kept = _nothing()
        self._served: Served = {}
        self._changing = asyncio.Lock()

    async def open(self, project: Project | None = None) -> None:
        """Read what is kept, take the project, and publish all of it.

        Args:
            project: what to serve besides; None leaves the one of last time as it was.

        Raises:
            InputError: the store cannot be read, or what is to be served does not compile.
            StoreError: the project could not be kept.
        """
        async with self._changing:
            self._kept = await self._read()
            edit = self._edit()
            self._served = compile_stages(edit, edit.all(ManagedApi), {})
            if project is not None:
                import_project(edit, project)
            await self._commit(edit, has_new_code=True)
            self._on_change(self.directory)
            await self._read_sources()

    async def run(self, action: Action, request: Members) -> Members:
        """Run an operation; when it answers, all that it changed is kept and served.

        Raises:
            AwsException: the operation refuses, or what it would serve does not compile.
            StoreError: the change could not be kept.
        """
        async with self._changing:
            edit = self._edit()
            answer = action(edit, request)
            try:
                await self._commit(edit)
            except InputError as error:
                raise BadRequestException(str(error)) from error
            return answer

    def find(self, kind: type[T], key: str) -> T | None:
        """Find a resource as it is kept now."""
        found: T | None = self._kept[kind].get(key)
        return found

    async def load_project(self, project: Project) -> None:
        """Take what a project describes; what it described before and no longer does goes.

        What was made through the API stays, also inside the project's APIs.

        Raises:
            InputError: it does not compile; nothing has changed.
            StoreError: the change could not be kept.
        """
        async with self._changing:
            edit = self._edit()
            import_project(edit, project)
            await self._commit(edit, has_new_code=True)

    async def reset(self) -> None:
        """Forget everything: for tests that start anew."""
        async with self._changing:
            edit = self._edit()
            for kind, resources in self._kept.items():
                for key in resources:
                    edit.remove(kind, key)
            await self._commit(edit)

    async def close(self) -> None:
        """Wait for the edit that is under way, and close the store."""
        async with self._changing:
            await self._store.close()

    @property
    def directory(self) -> Directory:
        """What is served: the APIs that have a deployed stage, and who may use them."""
        return make_served_directory(self._served, self._kept)

    @property
    def identities(self) -> Identities:
        """The users and roles."""
        return _compile_identities(self._edit())

    async def _read(self) -> Kept:
        kept = _nothing()
        for key, document in (await self._store.read()).items():
            folder, _, name = key.partition("/")
            if folder not in FOLDERS:
                raise InputError(
                    f"the store has a document {key!r} that is of no known kind",
                    remedy="Use the version of Routekey that wrote it, or a newer one.",
                )
            kept[FOLDERS[folder]][name] = _decode(key, document)
        return kept

    def _edit(self) -> Edit:
        return Edit(
            self._kept,
            region=self._region,
            account_id=self._account_id,
            now=self._clock.now_ms() // 1000,
            entropy=self._entropy,
            choices=self._choices,
        )

    async def _commit(self, edit: Edit, *, has_new_code: bool = False) -> None:
        """Make an edit true.

        Args:
            edit: the edit.
            has_new_code: whether functions may have to start anew that are described as before.
        """
        if not edit.changes and not has_new_code:
            return
        for (kind, _), resource in list(edit.changes.items()):
            if kind is ManagedApi and resource is not None:
                deploy_automatically(edit, resource)
        served = compile_changes(edit, self._served)
        documents = {
            f"{_FOLDER_OF[kind]}/{key}": None if value is None else msgspec.json.encode(value)
            for (kind, key), value in edit.changes.items()
        }
        await self._keep(edit, documents, has_new_code=has_new_code)
        for (kind, key), value in edit.changes.items():
            if value is None:
                self._kept[kind].pop(key, None)
            else:
                self._kept[kind][key] = value
        if any(kind in _OF_IDENTITIES for kind, _ in edit.changes):
            self._on_identities(self.identities)
        if any(kind is ManagedEventSource for kind, _ in edit.changes):
            await self._read_sources()
        is_published = any(kind in _SERVED_AS_THEY_ARE for kind, _ in edit.changes)
        if is_published or served != self._served:
            self._served = served
            self._on_change(self.directory)

    async def _read_sources(self) -> None:
        """Let those sources be read that are enabled, and no others."""
        if self._event_sources is not None:
            sources: Iterable[ManagedEventSource] = self._kept[ManagedEventSource].values()
            await self._event_sources.replace(
                source.as_read() for source in sources if source.is_enabled
            )

    async def _keep(
        self, edit: Edit, documents: Mapping[str, bytes | None], *, has_new_code: bool
    ) -> None:
        """Start the functions that are new and store the change: both, or neither."""
        if not has_new_code and all(kind is not ManagedFunction for kind, _ in edit.changes):
            await self._store.write(documents)
            return
        if has_new_code:
            self._on_identities(_compile_identities(edit))  # functions sign as soon as they start
        try:
            await self._functions.replace(_list_callable(edit.all(ManagedFunction)))
            await self._store.write(documents)
        except BaseException as error:
            self._on_identities(self.identities)
            if isinstance(error, StoreError):
                await self._functions.replace(_list_callable(self._kept[ManagedFunction].values()))
            raise


def _compile_identities(edit: Edit) -> Identities:
    managed = ManagedIdentities(
        roles=tuple(edit.all(ManagedRole)),
        users=tuple(edit.all(ManagedUser)),
        groups=tuple(edit.all(ManagedGroup)),
        policies=tuple(edit.all(ManagedPolicy)),
    )
    return compile_identities(managed, edit.account_id)


def _list_callable(functions: Iterable[ManagedFunction]) -> list[ManagedFunction]:
    return [version for function in functions for version in function.list_callable()]


def _nothing() -> Kept:
    return {kind: {} for kind in FOLDERS.values()}


def _decode(key: str, document: bytes) -> Any:
    try:
        return msgspec.json.decode(document, type=FOLDERS[key.partition("/")[0]])
    except msgspec.DecodeError as error:
        raise InputError(
            f"the document {key!r} of the store cannot be read: {error}",
            remedy="Restore the store from a backup.",
        ) from error
