"""Aliases of functions: names of a version. Source: LAM-CTL-01, LAM-INV-09."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from routekey.arn import function_arn
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.functions import check_revision, find_function, touch_function
from routekey.endpoints.control_plane.packages import PAGE_ITEMS
from routekey.endpoints.control_plane.publishing import find_version
from routekey.endpoints.control_plane.refusals import (
    InvalidParameterValueException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.function import LATEST
from routekey.resources.managed import ManagedFunction


def create_alias(edit: Edit, request: Members) -> Members:
    """CreateAlias."""
    function, name = find_function(edit, request), request["name"]
    if name in function.aliases:
        raise ResourceConflictException(f"Alias already exists: {_arn(edit, function, name)}")
    return _keep(edit, function, request)


def get_alias(edit: Edit, request: Members) -> Members:
    """GetAlias."""
    return _show(edit, _find(edit, request), request["name"])


def list_aliases(edit: Edit, request: Members) -> Members:
    """ListAliases, or those of one version, by name; the marker is the last name that was told."""
    function, version = find_function(edit, request), request.get("function_version")
    marker = request.get("marker") or ""
    size = min(request.get("max_items", PAGE_ITEMS), PAGE_ITEMS)
    rest = sorted(
        name
        for name, number in function.aliases.items()
        if name > marker and version in {None, number}
    )
    return {
        "aliases": [_show(edit, function, name) for name in rest[:size]],
        "next_marker": rest[size - 1] if len(rest) > size else None,
    }


def update_alias(edit: Edit, request: Members) -> Members:
    """UpdateAlias."""
    function = _find(edit, request)
    check_revision(request, function.revision_id)
    return _keep(edit, function, request)


def delete_alias(edit: Edit, request: Members) -> Members:
    """DeleteAlias. One that is not there does no harm, as on AWS."""
    function, name = find_function(edit, request), request["name"]
    if name in function.aliases:
        aliases = {key: value for key, value in function.aliases.items() if key != name}
        texts = {key: text for key, text in function.alias_descriptions.items() if key != name}
        weights = {key: value for key, value in function.alias_weights.items() if key != name}
        touch_function(
            edit,
            replace(function, aliases=aliases, alias_descriptions=texts, alias_weights=weights),
        )
    return {}


def _find(edit: Edit, request: Members) -> ManagedFunction:
    function, name = find_function(edit, request), request["name"]
    if name not in function.aliases:
        raise ResourceNotFoundException(f"Cannot find alias arn: {_arn(edit, function, name)}")
    return function


def _keep(edit: Edit, function: ManagedFunction, request: Members) -> Members:
    name, before = request["name"], function.aliases.get(request["name"], LATEST)
    version = request.get("function_version", before)
    if version != before and find_version(function, version) is None:
        raise ResourceNotFoundException(f"Function not found: {_arn(edit, function, version)}")
    weights = _read_weights(edit, function, version, request)
    text = request.get("description", function.alias_descriptions.get(name, ""))
    changed = replace(
        function,
        aliases={**function.aliases, name: version},
        alias_descriptions={**function.alias_descriptions, name: text},
        alias_weights={**function.alias_weights, name: weights},
    )
    touch_function(edit, changed)
    return _show(edit, changed, name)


def _read_weights(
    edit: Edit, function: ManagedFunction, version: str, request: Members
) -> Mapping[str, float]:
    """Take the other version that gets a part of the calls; what is not mentioned stays."""
    weights: Mapping[str, float] = request.get("routing_config", {}).get(
        "additional_version_weights", {}
    )
    if "routing_config" not in request:
        weights = function.alias_weights.get(request["name"], {})
    if len(weights) > 1:
        raise InvalidParameterValueException(
            "Number of items in AdditionalVersionWeights cannot be greater than 1"
        )
    for other in weights:
        if other == version:
            raise InvalidParameterValueException(
                f"Invalid function version {version}. Function version {version} is already "
                "included in routing configuration."
            )
        if version == LATEST:
            raise InvalidParameterValueException(
                "$LATEST is not supported for an alias pointing to more than 1 version"
            )
        if find_version(function, other) is None:
            raise ResourceNotFoundException(f"Function not found: {_arn(edit, function, other)}")
    return weights


def _show(edit: Edit, function: ManagedFunction, name: str) -> Members:
    weights = function.alias_weights.get(name)
    return {
        "alias_arn": _arn(edit, function, name),
        "description": function.alias_descriptions.get(name, ""),
        "function_version": function.aliases[name],
        "name": name,
        "revision_id": function.revision_id,
        "routing_config": {"additional_version_weights": dict(weights)} if weights else None,
    }


def _arn(edit: Edit, function: ManagedFunction, qualifier: str) -> str:
    return function_arn(edit.region, edit.account_id, function.function_name, qualifier)


OPERATIONS: Final = {
    "CreateAlias": create_alias,
    "DeleteAlias": delete_alias,
    "GetAlias": get_alias,
    "ListAliases": list_aliases,
    "UpdateAlias": update_alias,
}
