"""Stages and their settings, which apply without a deployment. Source: CP-STAGE-01 to -14."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from routekey.endpoints.control_plane.apis import find_api
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, describe, drop, find, make, page, put
from routekey.endpoints.control_plane.refusals import (
    ConflictException,
    NotFoundException,
    TooManyRequestsException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.tags import check_tags
from routekey.errors import BadRequestException
from routekey.resources.api import CONNECT, DEFAULT, DISCONNECT, LoggingLevel
from routekey.resources.managed import Deployment, ManagedApi, ManagedStage, deployment_key
from routekey.resources.usage import AccountSettings

_ID: Final = "stage_name"
_STAGES_PER_API: Final = 10
_VARIABLES_MAX: Final = 100
_NAME: Final = re.compile("[A-Za-z0-9_-]{1,128}")
_VARIABLE_NAME: Final = re.compile("[A-Za-z0-9_]+")
_VARIABLE_VALUE: Final = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]*")
_KEPT_EMPTY: Final = ("route_settings", "stage_variables", "tags")
"""Members that are told even when they are empty. Source: CP-RESP-03."""


def create_stage(edit: Edit, request: Members) -> Members:
    """CreateStage."""
    api = find_api(edit, request)
    if len(api.stages) >= _STAGES_PER_API:  # CP-STAGE-13
        raise TooManyRequestsException(
            "Maximum number of Stages for this API has been reached. Please contact AWS if you "
            "need additional Stages."
        )
    name = request[_ID]
    if name == DEFAULT:
        raise BadRequestException("Stages cannot be named $default for WebSocket APIs.")
    if not _NAME.fullmatch(name):
        raise BadRequestException(
            "Stage name only allows a-zA-Z0-9_- characters, and at most 128 of them"
        )
    if find(api.stages, _ID, name) is not None:
        raise ConflictException("Stage already exists")  # CP-STAGE-02
    stage = make(ManagedStage, request, created_date=edit.now, last_updated_date=edit.now)
    if stage.auto_deploy and stage.deployment_id is not None:
        raise refuse_deployment(stage)
    return _keep(edit, api, stage)


def get_stage(edit: Edit, request: Members) -> Members:
    """GetStage."""
    return _show(find_stage(find_api(edit, request), request))


def get_stages(edit: Edit, request: Members) -> Members:
    """GetStages."""
    return page(find_api(edit, request).stages, lambda stage: stage.stage_name, _show, request)


def update_stage(edit: Edit, request: Members) -> Members:
    """UpdateStage. Variables and settings that are not mentioned stay. Source: CP-STAGE-07."""
    api = find_api(edit, request)
    before = find_stage(api, request)
    after = change(before, _merge(before, request), last_updated_date=edit.now)
    if "deployment_id" in request and after.auto_deploy:
        raise refuse_deployment(before)
    return _keep(edit, api, after)


def delete_stage(edit: Edit, request: Members) -> Members:
    """DeleteStage."""
    api = find_api(edit, request)
    gone = find_stage(api, request).stage_name
    edit.put(api.api_id, replace(api, stages=drop(api.stages, _ID, gone)))
    return {}


def delete_access_log_settings(edit: Edit, request: Members) -> Members:
    """DeleteAccessLogSettings."""
    api = find_api(edit, request)
    _put(edit, api, replace(find_stage(api, request), access_log_settings=None))
    return {}


def delete_route_settings(edit: Edit, request: Members) -> Members:
    """DeleteRouteSettings."""
    api = find_api(edit, request)
    stage = find_stage(api, request)
    key = request["route_key"]
    if key not in stage.route_settings:
        raise _unknown_settings(key)
    left = {other: value for other, value in stage.route_settings.items() if other != key}
    _put(edit, api, replace(stage, route_settings=left))
    return {}


def reset_authorizers_cache(edit: Edit, request: Members) -> Members:
    """ResetAuthorizersCache: WebSocket APIs keep no answers of authorizers, so all is done."""
    find_stage(find_api(edit, request), request)
    return {}


def find_stage(api: ManagedApi, request: Members) -> ManagedStage:
    """Find the stage that a path or a deployment names.

    Raises:
        NotFoundException: there is none. Source: CP-STAGE-03.
    """
    stage = find(api.stages, _ID, request[_ID])
    if stage is None:
        raise NotFoundException("Invalid stage identifier specified")
    return stage


def refuse_deployment(stage: ManagedStage) -> BadRequestException:
    """Make the refusal to set what AutoDeploy sets. Source: CP-DEPLOY-07."""
    return BadRequestException(
        f"Deployment ID cannot be set on this stage {stage.stage_name} because AutoDeploy is "
        "enabled"
    )


def _merge(before: ManagedStage, request: Members) -> Members:
    changes = dict(request)
    if "stage_variables" in changes:
        merged = {**before.stage_variables, **changes["stage_variables"]}
        changes["stage_variables"] = {name: value for name, value in merged.items() if value}
    if "default_route_settings" in changes:
        changes["default_route_settings"] = {
            **msgspec.to_builtins(before.default_route_settings),
            **changes["default_route_settings"],
        }
    if "route_settings" in changes:
        settings: dict[str, Any] = {
            key: msgspec.to_builtins(value) for key, value in before.route_settings.items()
        }
        for key, value in changes["route_settings"].items():
            settings[key] = {**settings.get(key, {}), **value}
        changes["route_settings"] = settings
    return changes


def _keep(edit: Edit, api: ManagedApi, stage: ManagedStage) -> Members:
    check_tags(stage.tags)
    _check_variables(stage.stage_variables)
    _check_logging(edit, stage)
    for key in stage.route_settings:
        is_special = key in {CONNECT, DEFAULT, DISCONNECT}
        if not is_special and find(api.routes, "route_key", key) is None:
            raise _unknown_settings(key)
    if stage.deployment_id is not None and not stage.auto_deploy:
        key = deployment_key(api.api_id, stage.deployment_id)
        if edit.find(Deployment, key) is None:
            raise BadRequestException("Invalid deployment identifier specified")
    _put(edit, api, stage)
    return _show(stage)


def _put(edit: Edit, api: ManagedApi, stage: ManagedStage) -> None:
    edit.put(api.api_id, replace(api, stages=put(api.stages, stage, _ID)))


def _check_variables(variables: Mapping[str, str]) -> None:
    """Hold stage variables against their bounds. Source: CP-STAGE-10."""
    if len(variables) > _VARIABLES_MAX:
        raise BadRequestException(f"A stage can have at most {_VARIABLES_MAX} stage variables")
    for name, value in variables.items():
        if not _VARIABLE_NAME.fullmatch(name):
            raise BadRequestException(
                f"Invalid stage variable name: {name}. Please use only alphanumeric characters and "
                "underscores."
            )
        if not _VARIABLE_VALUE.fullmatch(value):
            raise BadRequestException(
                f"Invalid stage variable value: {value}. Please use values with alphanumeric "
                "characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
            )


def _check_logging(edit: Edit, stage: ManagedStage) -> None:
    """Hold what is logged. Source: CP-STAGE-08, CP-STAGE-09."""
    access = stage.access_log_settings
    settings = (stage.default_route_settings, *stage.route_settings.values())
    is_logging = access is not None or any(
        one.data_trace_enabled or one.logging_level is not LoggingLevel.OFF for one in settings
    )
    account = edit.find(AccountSettings, "") or AccountSettings()
    if is_logging and account.cloudwatch_role_arn is None:
        raise BadRequestException(
            "CloudWatch Logs role ARN must be set in account settings to enable logging"
        )
    if access is None:
        return
    names = ("$context.requestId", "$context.extendedRequestId")
    if "\n" in access.format or not any(name in access.format for name in names):
        raise BadRequestException(
            "Access Log format must be single line and contain at least one of [$context.requestId,"
            " $context.extendedRequestId]"
        )


def _unknown_settings(key: str) -> NotFoundException:
    return NotFoundException(  # CP-STAGE-06
        f"Unable to find Route by key {key} within the provided RouteSettings"
    )


def _show(stage: ManagedStage) -> Members:
    return describe(stage, keep=_KEPT_EMPTY)


OPERATIONS: Final = {
    "CreateStage": create_stage,
    "DeleteAccessLogSettings": delete_access_log_settings,
    "DeleteRouteSettings": delete_route_settings,
    "DeleteStage": delete_stage,
    "GetStage": get_stage,
    "GetStages": get_stages,
    "ResetAuthorizersCache": reset_authorizers_cache,
    "UpdateStage": update_stage,
}
