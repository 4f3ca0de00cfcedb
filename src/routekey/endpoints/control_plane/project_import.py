"""What a project describes becomes resources like all others: visible, editable, served.

A project makes an API with its parts, and one deployment that all of its stages serve. When it is
read again, what it says otherwise than before is changed; what was made or edited through the API
stays (`project_merge.py`). So does an API that is no longer described, as long as it holds a part
that was made through the API. Which is which is told by `origin`: it names the place in a file, and
only a project has files.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from routekey.endpoints.control_plane.deployments import freeze, list_deployments
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.project_identities import import_identities
from routekey.endpoints.control_plane.project_merge import is_same, merge
from routekey.endpoints.control_plane.records import find
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import ProjectError
from routekey.resources.api import Api
from routekey.resources.domain import DomainName
from routekey.resources.function import EventSource, Function
from routekey.resources.managed import (
    Deployment,
    ManagedApi,
    ManagedEventSource,
    ManagedFunction,
    ManagedStage,
    ProjectShare,
)
from routekey.resources.project import Project
from routekey.resources.usage import ApiKey, UsagePlan

T = TypeVar("T", ApiKey, DomainName, ManagedEventSource, UsagePlan)

_DEPLOYMENT_ID_LENGTH: Final = 6
_SHARE_KEY: Final = ""
"""There is one project."""
_PARTS: Final = ("authorizers", "integrations", "models", "routes", "stages")
"""What an API is made of."""


def import_project(edit: Edit, project: Project) -> None:
    """Put a project in the place of what a project described before.

    Raises:
        ProjectError: the id or name of something is taken by what was made through the API.
    """
    described = {api.api_id for api in project.apis}
    for before in edit.all(ManagedApi):
        if before.is_from_project and before.api_id not in described:
            _withdraw(edit, before)
    for api in project.apis:
        _import_api(edit, api)
    _import_share(edit, project)
    _import_functions(edit, project)
    import_identities(edit, project.identities)


def _import_functions(edit: Edit, project: Project) -> None:
    """Take functions; those of the API have no origin, and stay unless the name is taken now."""
    described = {function.function_name for function in project.functions}
    for before in edit.all(ManagedFunction):
        if before.origin is not None and before.function_name not in described:
            edit.remove(ManagedFunction, before.function_name)
    for function in project.functions:
        old = edit.find(ManagedFunction, function.function_name)
        if old is not None and old.origin is None:
            raise ProjectError(
                f"a function with the name {function.function_name} exists already, and was not "
                "made by a project",
                remedy="Delete it, or give this one another name.",
                resource=function.origin.logical_id if function.origin else function.function_name,
            )
        _put(edit, function.function_name, _manage_function(edit, function, old))


def _manage_function(
    edit: Edit, function: Function, old: ManagedFunction | None
) -> ManagedFunction:
    """Make a function as it is described, and as the API has edited it since."""
    now: Members = msgspec.to_builtins(function)
    new: Members = {"last_modified": edit.now, "revision_id": edit.new_uuid(), "described": now}
    fresh: Members = {"code_sha256": "", "code_size": 0}
    if old is None:
        return msgspec.convert({**now, **fresh, **new}, type=ManagedFunction)
    kept: Members = msgspec.to_builtins(old)
    merged = merge(kept["described"] or {}, now, kept)
    if merged["code"] != kept["code"]:
        merged |= fresh
    if merged["layers"] != kept["layers"]:
        merged["layer_references"] = ()
    if merged == {**kept, "origin": merged["origin"]}:
        return replace(old, described=function, origin=function.origin)
    return msgspec.convert({**merged, **new}, type=ManagedFunction)


def _import_share(edit: Edit, project: Project) -> None:
    """Take what has no origin, and take back what is no longer described."""
    before = edit.find(ProjectShare, _SHARE_KEY) or ProjectShare()
    share = ProjectShare(
        described_keys=project.api_keys,
        described_plans=project.usage_plans,
        described_domains=project.domain_names,
        described_sources=tuple(map(_manage_source, project.event_sources)),
    )
    _import_kind(edit, "id", before.described_keys, share.described_keys)
    _import_kind(edit, "id", before.described_plans, share.described_plans)
    _import_kind(edit, "domain_name", before.described_domains, share.described_domains)
    _import_kind(edit, "uuid", before.described_sources, share.described_sources)
    if share != before:
        edit.put(_SHARE_KEY, share)


def _manage_source(source: EventSource) -> ManagedEventSource:
    """Give an event source an id: the same one with each reload."""
    key = f"{source.function_name} {source.event_source_arn}"
    uuid = UUID(bytes=blake2b(key.encode(), digest_size=16).digest(), version=4)
    return msgspec.convert(
        {**msgspec.to_builtins(source), "uuid": str(uuid)}, type=ManagedEventSource
    )


def _import_kind(edit: Edit, key_name: str, before: Sequence[T], now: Sequence[T]) -> None:
    """Take the resources of a kind as they are described, and as the API has edited them since."""
    old = {str(getattr(resource, key_name)): resource for resource in before}
    new = {str(getattr(resource, key_name)): resource for resource in now}
    for key in old.keys() - new.keys():
        edit.remove(type(old[key]), key)
    for key, resource in new.items():
        kept, described = edit.find(type(resource), key), old.get(key)
        if described is None or (kept is None and described != resource):
            _put(edit, key, resource)
        elif kept is not None:
            values = [msgspec.to_builtins(one) for one in (described, resource, kept)]
            _put(edit, key, msgspec.convert(merge(*values), type=type(resource)))


def _put(edit: Edit, key: str, resource: object) -> None:
    """Keep what is new or has changed: the rest need not be written and published again."""
    if edit.find(type(resource), key) != resource:
        edit.put(key, resource)


def _import_api(edit: Edit, api: Api) -> None:
    before = edit.find(ManagedApi, api.api_id)
    if before is not None and not before.is_from_project:
        raise ProjectError(
            f"an API with the id {api.api_id} exists already, and was not made by a project",
            remedy="Delete it, or give this one another logical id.",
            resource=api.origin.logical_id if api.origin else api.name,
        )
    described = _complete(api)
    old: Members = {} if before is None else msgspec.to_builtins(before)
    said_before: Members = old.get("described") or {}
    if is_same(said_before, described):
        return  # nor is it deployed again: a stage may have been pointed elsewhere
    merged = merge(said_before, described, old)
    for stage in merged["stages"]:
        stage.setdefault("created_date", edit.now)
        stage.setdefault("last_updated_date", edit.now)
    merged.setdefault("created_date", edit.now)
    managed = msgspec.convert(
        {**merged, "described": described, "is_from_project": True}, type=ManagedApi
    )
    deployment = _deploy(edit, managed)
    stages = tuple(
        _date(edit, stage, before, deployment) if stage.origin else stage
        for stage in managed.stages
    )
    _put(edit, managed.api_id, replace(managed, stages=stages))
    _forget_deployments(edit, replace(managed, stages=stages))


def _complete(api: Api) -> Members:
    """Write an API's members, with the ids that a project need not give."""
    members: Members = msgspec.to_builtins(api)
    for part in members["routes"]:
        _give_ids(part, "route_id", "route_response")
    for part in members["integrations"]:
        _give_ids(part, "integration_id", "integration_response")
    return members


def _give_ids(part: Members, id_name: str, kind: str) -> None:
    """Give responses the ids that a project need not: the same ones with each reload."""
    for response in part["responses"]:
        if not response[f"{kind}_id"]:
            key = f"{part[id_name]}/{response[f'{kind}_key']}"
            response[f"{kind}_id"] = blake2b(key.encode(), digest_size=3).hexdigest()


def _deploy(edit: Edit, api: ManagedApi) -> Deployment:
    """Freeze the API, unless it is what the project's deployment froze already."""
    frozen = freeze(api)
    for deployment in list_deployments(edit, api):
        if deployment.is_from_project and deployment.api == frozen:
            return deployment
    made = Deployment(
        deployment_id=edit.new_id(_DEPLOYMENT_ID_LENGTH),
        api=frozen,
        created_date=edit.now,
        is_from_project=True,
    )
    edit.put(made.key, made)
    return made


def _date(
    edit: Edit, stage: ManagedStage, before: ManagedApi | None, deployment: Deployment
) -> ManagedStage:
    """Point a stage to the deployment; its dates change when anything of it does."""
    stage = replace(stage, deployment_id=deployment.deployment_id)
    old = find(before.stages, "stage_name", stage.stage_name) if before else None
    is_same_stage = old is None or old == stage
    return stage if is_same_stage else replace(stage, last_updated_date=edit.now)


def _withdraw(edit: Edit, api: ManagedApi) -> None:
    """Take back what a project made of an API; the API goes too if nothing else is left."""
    left: Members = {
        name: tuple(part for part in getattr(api, name) if part.origin is None) for name in _PARTS
    }
    if any(left.values()):
        edit.put(
            api.api_id, replace(api, is_from_project=False, described=None, origin=None, **left)
        )
        return
    for deployment in list_deployments(edit, api):
        edit.remove(Deployment, deployment.key)
    edit.remove(ManagedApi, api.api_id)


def _forget_deployments(edit: Edit, api: ManagedApi) -> None:
    """Drop what was deployed for the project before and no stage serves any more."""
    used = {stage.deployment_id for stage in api.stages}
    for deployment in list_deployments(edit, api):
        is_ours = deployment.is_from_project or deployment.auto_deployed
        if is_ours and deployment.deployment_id not in used:
            edit.remove(Deployment, deployment.key)
