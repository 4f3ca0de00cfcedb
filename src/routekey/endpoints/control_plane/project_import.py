"""What a project describes becomes resources like all others: visible, editable, served.

A project makes an API with its parts, and one deployment that all of its stages serve. When it is
read again, its parts are replaced by what it says now. A part that was made through the API stays
where it is; so does an API, as long as it holds one. Which is which is told by `origin`: it names
the place in a file, and only a project has files.
"""

from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final

import msgspec

from routekey.endpoints.control_plane.deployments import freeze, list_deployments
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import find
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import ProjectError
from routekey.resources.api import Api
from routekey.resources.domain import DomainName
from routekey.resources.managed import (
    Deployment,
    ManagedApi,
    ManagedFunction,
    ManagedStage,
    ProjectShare,
)
from routekey.resources.project import Project
from routekey.resources.usage import ApiKey, UsagePlan

_DEPLOYMENT_ID_LENGTH: Final = 6
_SHARE_KEY: Final = ""
"""There is one project."""
_PARTS: Final = {
    "authorizers": "authorizer_id",
    "integrations": "integration_id",
    "models": "model_id",
    "routes": "route_id",
    "stages": "stage_name",
}
"""What an API is made of, and by what each part is known."""


def import_project(edit: Edit, project: Project) -> None:
    """Put a project in the place of what a project described before.

    Raises:
        ProjectError: the id of one of its APIs is taken by one that was made through the API.
    """
    described = {api.api_id for api in project.apis}
    for before in edit.all(ManagedApi):
        if before.is_from_project and before.api_id not in described:
            _withdraw(edit, before)
    for api in project.apis:
        _import_api(edit, api)
    _import_share(edit, project)
    _import_functions(edit, project)


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
        made = msgspec.convert(
            {
                **msgspec.to_builtins(function),
                "code_sha256": "",
                "code_size": 0,
                "last_modified": edit.now if old is None else old.last_modified,
                "revision_id": edit.new_uuid() if old is None else old.revision_id,
            },
            type=ManagedFunction,
        )
        _put(edit, function.function_name, made)


def _import_share(edit: Edit, project: Project) -> None:
    """Take keys, plans and domain names, and take back those that are no longer described."""
    before = edit.find(ProjectShare, _SHARE_KEY) or ProjectShare()
    share = ProjectShare(
        api_keys=tuple(key.id for key in project.api_keys),
        usage_plans=tuple(plan.id for plan in project.usage_plans),
        domain_names=tuple(domain.domain_name for domain in project.domain_names),
    )
    for kind, old, new in (
        (ApiKey, before.api_keys, share.api_keys),
        (UsagePlan, before.usage_plans, share.usage_plans),
        (DomainName, before.domain_names, share.domain_names),
    ):
        for key in set(old) - set(new):
            edit.remove(kind, key)
    for api_key in project.api_keys:
        _put(edit, api_key.id, api_key)
    for plan in project.usage_plans:
        _put(edit, plan.id, plan)
    for domain in project.domain_names:
        _put(edit, domain.domain_name, domain)
    if share != before:
        edit.put(_SHARE_KEY, share)


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
    merged = _manage(edit, api, before)
    deployment = _deploy(edit, merged)
    stages = tuple(
        _date(edit, stage, before, deployment) if stage.origin else stage for stage in merged.stages
    )
    _put(edit, merged.api_id, replace(merged, stages=stages))
    _forget_deployments(edit, replace(merged, stages=stages))


def _manage(edit: Edit, api: Api, before: ManagedApi | None) -> ManagedApi:
    """Make the API that the project describes, with the parts that others made of the old one."""
    members: Members = msgspec.to_builtins(api)
    for part in members["routes"]:
        _give_ids(part, "route_id", "route_response")
    for part in members["integrations"]:
        _give_ids(part, "integration_id", "integration_response")
    dates = {"created_date": edit.now, "last_updated_date": edit.now}
    members["stages"] = [{**stage, **dates} for stage in members["stages"]]
    members["created_date"] = edit.now if before is None else before.created_date
    made = msgspec.convert({**members, "is_from_project": True}, type=ManagedApi)
    if before is None:
        return made
    merged: Members = {name: _merge(name, made, before) for name in _PARTS}
    return replace(made, **merged)


def _give_ids(part: Members, id_name: str, kind: str) -> None:
    """Give responses the ids that a project need not: the same ones with each reload."""
    for response in part["responses"]:
        if not response[f"{kind}_id"]:
            key = f"{part[id_name]}/{response[f'{kind}_key']}"
            response[f"{kind}_id"] = blake2b(key.encode(), digest_size=3).hexdigest()


def _merge(name: str, made: ManagedApi, before: ManagedApi) -> tuple[Any, ...]:
    known = _PARTS[name]
    parts = getattr(made, name)
    ids = {getattr(part, known) for part in parts}
    others = getattr(before, name)
    return (*parts, *(p for p in others if p.origin is None and getattr(p, known) not in ids))


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
    if old is None:
        return stage
    same = replace(stage, created_date=old.created_date, last_updated_date=old.last_updated_date)
    return old if same == old else replace(same, last_updated_date=edit.now)


def _withdraw(edit: Edit, api: ManagedApi) -> None:
    """Take back what a project made of an API; the API goes too if nothing else is left."""
    left: Members = {
        name: tuple(part for part in getattr(api, name) if part.origin is None) for name in _PARTS
    }
    if any(left.values()):
        edit.put(api.api_id, replace(api, is_from_project=False, origin=None, **left))
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
