"""Policies of layer versions: kept and told. Here every function may use every layer.

Source: LAM-CTL-01.
"""

import json
from dataclasses import replace
from typing import Any, Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.function_policies import describe_principal
from routekey.endpoints.control_plane.functions import check_revision
from routekey.endpoints.control_plane.layers import layer_arn, read_layer_name
from routekey.endpoints.control_plane.records import drop, find, make, put
from routekey.endpoints.control_plane.refusals import (
    ResourceConflictException,
    ResourceNotFoundException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.managed import LayerPermission, LayerVersion, ManagedLayer

_NO_POLICY: Final = "No policy is associated with the given resource."


def add_layer_version_permission(edit: Edit, request: Members) -> Members:
    """AddLayerVersionPermission."""
    layer, version = _find(edit, request)
    check_revision(request, version.policy_revision_id)
    statement_id = request["statement_id"]
    if find(version.permissions, "statement_id", statement_id) is not None:
        raise ResourceConflictException(
            f"The statement id ({statement_id}) provided already exists. Please provide a new "
            "statement id, or remove the existing statement."
        )
    permission = make(LayerPermission, request)
    changed = _keep(edit, layer, version, (*version.permissions, permission))
    return {
        "revision_id": changed.policy_revision_id,
        "statement": json.dumps(_describe(edit, layer, version, permission)),
    }


def get_layer_version_policy(edit: Edit, request: Members) -> Members:
    """GetLayerVersionPolicy."""
    layer, version = _find(edit, request)
    if not version.permissions:
        raise ResourceNotFoundException(_NO_POLICY)
    statements = [_describe(edit, layer, version, one) for one in version.permissions]
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return {"policy": json.dumps(policy), "revision_id": version.policy_revision_id}


def remove_layer_version_permission(edit: Edit, request: Members) -> Members:
    """RemoveLayerVersionPermission."""
    layer, version = _find(edit, request)
    check_revision(request, version.policy_revision_id)
    gone = request["statement_id"]
    if not version.permissions:
        raise ResourceNotFoundException(_NO_POLICY)
    if find(version.permissions, "statement_id", gone) is None:
        raise ResourceNotFoundException(f"Statement {gone} is not found in resource policy.")
    _keep(edit, layer, version, drop(version.permissions, "statement_id", gone))
    return {}


def _find(edit: Edit, request: Members) -> tuple[ManagedLayer, LayerVersion]:
    name, number = read_layer_name(request), request["version_number"]
    layer = edit.find(ManagedLayer, name)
    version = None if layer is None else layer.find_version(number)
    if layer is None or version is None:
        arn = layer_arn(edit.region, edit.account_id, name)
        raise ResourceNotFoundException(f"Layer version {arn}:{number} does not exist.")
    return layer, version


def _keep(
    edit: Edit, layer: ManagedLayer, version: LayerVersion, left: tuple[LayerPermission, ...]
) -> LayerVersion:
    changed = replace(version, permissions=left, policy_revision_id=edit.new_uuid())
    versions = put(layer.versions, changed, "version")
    edit.put(layer.layer_name, replace(layer, versions=versions))
    return changed


def _describe(
    edit: Edit, layer: ManagedLayer, version: LayerVersion, permission: LayerPermission
) -> dict[str, Any]:
    """Write a permission as the statement that it is."""
    arn = layer_arn(edit.region, edit.account_id, layer.layer_name)
    statement: dict[str, Any] = {
        "Sid": permission.statement_id,
        "Effect": "Allow",
        "Principal": describe_principal(permission.principal),
        "Action": permission.action,
        "Resource": f"{arn}:{version.version}",
    }
    if permission.organization_id is None:
        return statement
    condition = {"StringEquals": {"aws:PrincipalOrgID": permission.organization_id}}
    return {**statement, "Condition": condition}


OPERATIONS: Final = {
    "AddLayerVersionPermission": add_layer_version_permission,
    "GetLayerVersionPolicy": get_layer_version_policy,
    "RemoveLayerVersionPermission": remove_layer_version_permission,
}
