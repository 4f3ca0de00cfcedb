"""Deployments: what freezes an API, so that a stage can serve it.

Source: CP-DEPLOY-01 to CP-DEPLOY-09.
"""

from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.apis import find_api
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, describe, page, put
from routekey.endpoints.control_plane.refusals import NotFoundException
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.stages import find_stage, refuse_deployment
from routekey.errors import BadRequestException, InputError
from routekey.resources.managed import Deployment, ManagedApi, ManagedStage, deployment_key
from routekey.resources.snapshot import compile_snapshot

_ID_LENGTH: Final = 6
_NO_ROUTES: Final = "At least one route is required before deploying the Api"


def create_deployment(edit: Edit, request: Members) -> Members:
    """CreateDeployment, for a stage at once if one is named. Source: CP-DEPLOY-03."""
    api = find_api(edit, request)
    if not api.routes:
        raise BadRequestException(_NO_ROUTES)  # CP-DEPLOY-05
    deployment = Deployment(
        deployment_id=edit.new_id(_ID_LENGTH),
        api=freeze(api),
        created_date=edit.now,
        description=request.get("description", ""),
    )
    if "stage_name" in request:
        stage = find_stage(api, request)
        if stage.auto_deploy:
            raise refuse_deployment(stage)
        stages = put(api.stages, _point(edit, stage, deployment), "stage_name")
        edit.put(api.api_id, replace(api, stages=stages))
    edit.put(deployment.key, deployment)
    return _show(deployment)


def get_deployment(edit: Edit, request: Members) -> Members:
    """GetDeployment."""
    return _show(_find(edit, request))


def get_deployments(edit: Edit, request: Members) -> Members:
    """GetDeployments."""
    deployments = list_deployments(edit, find_api(edit, request))
    return page(deployments, lambda deployment: deployment.deployment_id, _show, request)


def update_deployment(edit: Edit, request: Members) -> Members:
    """UpdateDeployment: its description, and nothing else. Source: CP-DEPLOY-09."""
    deployment = _find(edit, request)
    changed = change(
        deployment, {"description": request.get("description", deployment.description)}
    )
    edit.put(changed.key, changed)
    return _show(changed)


def delete_deployment(edit: Edit, request: Members) -> Members:
    """DeleteDeployment: not while a stage points to it. Source: CP-DEPLOY-08."""
    deployment = _find(edit, request)
    if _is_used(find_api(edit, request), deployment):
        raise BadRequestException(
            "Active stages pointing to this deployment must be moved or deleted"
        )
    edit.remove(Deployment, deployment.key)
    return {}


def deploy_automatically(edit: Edit, api: ManagedApi) -> None:
    """Deploy an API that was changed to its stages with AutoDeploy. Source: CP-DEPLOY-06.

    What cannot be deployed is told by the stage, which goes on serving what it served.
    """
    wanting = [stage for stage in api.stages if stage.auto_deploy]
    if not wanting or all(_serves(edit, stage, api) for stage in wanting):
        return
    deployment = Deployment(
        deployment_id=edit.new_id(_ID_LENGTH),
        api=freeze(api),
        created_date=edit.now,
        description="Automatic deployment triggered by changes to the Api configuration",
        auto_deployed=True,
    )
    stages = api.stages
    for stage in wanting:
        problem = _judge(edit, stage, deployment)
        if problem is None:
            changed = replace(
                _point(edit, stage, deployment),
                last_deployment_status_message=(
                    f"Successfully deployed stage with deployment ID '{deployment.deployment_id}'"
                ),
            )
        else:
            message = f"Deployment attempt failed: {problem}."
            changed = replace(stage, last_deployment_status_message=message)
        stages = put(stages, changed, "stage_name")
    changed_api = replace(api, stages=stages)
    edit.put(api.api_id, changed_api)
    if _is_used(changed_api, deployment):
        edit.put(deployment.key, deployment)
    _forget_superseded(edit, changed_api)


def freeze(api: ManagedApi) -> ManagedApi:
    """Take an API as it is now; what is not deployed is left out (CP-DEPLOY-02)."""
    return replace(api, stages=(), tags={}, described=None)


def list_deployments(edit: Edit, api: ManagedApi) -> list[Deployment]:
    """List the deployments of an API."""
    return [one for one in edit.all(Deployment) if one.api.api_id == api.api_id]


def _point(edit: Edit, stage: ManagedStage, deployment: Deployment) -> ManagedStage:
    return replace(stage, deployment_id=deployment.deployment_id, last_updated_date=edit.now)


def _serves(edit: Edit, stage: ManagedStage, api: ManagedApi) -> bool:
    if stage.deployment_id is None:
        return False
    served = edit.find(Deployment, deployment_key(api.api_id, stage.deployment_id))
    return served is not None and served.api == freeze(api)


def _judge(edit: Edit, stage: ManagedStage, deployment: Deployment) -> str | None:
    """Tell why a stage cannot serve a deployment; None where it can."""
    if not deployment.api.routes:
        return _NO_ROUTES
    try:
        compile_snapshot(deployment.api, stage, region=edit.region, account_id=edit.account_id)
    except InputError as error:
        return str(error)
    return None


def _forget_superseded(edit: Edit, api: ManagedApi) -> None:
    """Drop the automatic deployments that no stage serves: one is made with every edit."""
    for deployment in list_deployments(edit, api):
        if deployment.auto_deployed and not _is_used(api, deployment):
            edit.remove(Deployment, deployment.key)


def _is_used(api: ManagedApi, deployment: Deployment) -> bool:
    return any(stage.deployment_id == deployment.deployment_id for stage in api.stages)


def _find(edit: Edit, request: Members) -> Deployment:
    api = find_api(edit, request)
    deployment = edit.find(Deployment, deployment_key(api.api_id, request["deployment_id"]))
    if deployment is None:
        raise NotFoundException("Invalid deployment identifier specified")
    return deployment


def _show(deployment: Deployment) -> Members:
    members = describe(deployment)
    del members["api"]
    return {**members, "deployment_status": "DEPLOYED"}  # CP-DEPLOY-04


OPERATIONS: Final = {
    "CreateDeployment": create_deployment,
    "DeleteDeployment": delete_deployment,
    "GetDeployment": get_deployment,
    "GetDeployments": get_deployments,
    "UpdateDeployment": update_deployment,
}
