"""What becomes of a function's asynchronous calls: retries and destinations. Source: LAM-INV-08.

A configuration is of one version or alias; without a qualifier it is of `$LATEST`.
"""

from dataclasses import replace
from typing import Final

from routekey.arn import function_arn
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.functions import (
    find_function,
    keep_function,
    read_qualifier,
    split_name,
)
from routekey.endpoints.control_plane.packages import PAGE_ITEMS
from routekey.endpoints.control_plane.records import change, drop, find, put
from routekey.endpoints.control_plane.refusals import (
    InvalidParameterValueException,
    ResourceNotFoundException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.function import LATEST, EventInvokeConfig
from routekey.resources.managed import ManagedFunction

_SETTINGS: Final = ("maximum_retry_attempts", "maximum_event_age_in_seconds", "destination_config")


def put_function_event_invoke_config(edit: Edit, request: Members) -> Members:
    """PutFunctionEventInvokeConfig: what it does not mention is Lambda's default again."""
    return _keep(edit, request, EventInvokeConfig(qualifier=_read_qualifier(request)))


def update_function_event_invoke_config(edit: Edit, request: Members) -> Members:
    """UpdateFunctionEventInvokeConfig."""
    return _keep(edit, request, _find(edit, find_function(edit, request), request))


def get_function_event_invoke_config(edit: Edit, request: Members) -> Members:
    """GetFunctionEventInvokeConfig."""
    function = find_function(edit, request)
    return _show(edit, function, _find(edit, function, request))


def list_function_event_invoke_configs(edit: Edit, request: Members) -> Members:
    """ListFunctionEventInvokeConfigs, by qualifier; the marker is the last one that was told."""
    function, marker = find_function(edit, request), request.get("marker") or ""
    size = min(request.get("max_items", PAGE_ITEMS), PAGE_ITEMS)
    configs = sorted(function.event_invoke_configs, key=lambda config: config.qualifier)
    rest = [config for config in configs if config.qualifier > marker]
    return {
        "function_event_invoke_configs": [_show(edit, function, one) for one in rest[:size]],
        "next_marker": rest[size - 1].qualifier if len(rest) > size else None,
    }


def delete_function_event_invoke_config(edit: Edit, request: Members) -> Members:
    """DeleteFunctionEventInvokeConfig."""
    function = find_function(edit, request)
    gone = _find(edit, function, request).qualifier
    left = drop(function.event_invoke_configs, "qualifier", gone)
    keep_function(edit, replace(function, event_invoke_configs=left))
    return {}


def _read_qualifier(request: Members) -> str:
    return read_qualifier(request) or LATEST


def _find(edit: Edit, function: ManagedFunction, request: Members) -> EventInvokeConfig:
    qualifier = _read_qualifier(request)
    config = find(function.event_invoke_configs, "qualifier", qualifier)
    if config is None:
        arn = function_arn(edit.region, edit.account_id, function.function_name, qualifier)
        raise ResourceNotFoundException(f"The function {arn} doesn't have an EventInvokeConfig")
    return config


def _keep(edit: Edit, request: Members, before: EventInvokeConfig) -> Members:
    function = find_function(edit, request)
    if not any(name in request for name in _SETTINGS):
        raise InvalidParameterValueException(
            "You must specify at least one of error handling or destination setting."
        )
    members: Members = {name: request[name] for name in _SETTINGS[:2] if name in request}
    for name, inside in request.get("destination_config", {}).items():
        target = inside.get("destination") or None
        if target is not None and _is_itself(function, target):
            raise InvalidParameterValueException(
                "You can't specify the function as a destination for itself."
            )
        members[name] = target
    config = change(before, members, last_modified=edit.now)
    configs = put(function.event_invoke_configs, config, "qualifier")
    keep_function(edit, replace(function, event_invoke_configs=configs))
    return _show(edit, function, config)


def _is_itself(function: ManagedFunction, target: str) -> bool:
    return ":function:" in target and split_name(target)[0] == function.function_name


def _show(edit: Edit, function: ManagedFunction, config: EventInvokeConfig) -> Members:
    name, destinations = function.function_name, (config.on_success, config.on_failure)
    told = ({} if target is None else {"destination": target} for target in destinations)
    return {
        "destination_config": dict(zip(("on_success", "on_failure"), told, strict=True)),
        "function_arn": function_arn(edit.region, edit.account_id, name, config.qualifier),
        "last_modified": config.last_modified or function.last_modified,
        "maximum_event_age_in_seconds": config.maximum_event_age_in_seconds,
        "maximum_retry_attempts": config.maximum_retry_attempts,
    }


OPERATIONS: Final = {
    "DeleteFunctionEventInvokeConfig": delete_function_event_invoke_config,
    "GetFunctionEventInvokeConfig": get_function_event_invoke_config,
    "ListFunctionEventInvokeConfigs": list_function_event_invoke_configs,
    "PutFunctionEventInvokeConfig": put_function_event_invoke_config,
    "UpdateFunctionEventInvokeConfig": update_function_event_invoke_config,
}
