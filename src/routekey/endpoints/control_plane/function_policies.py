"""Resource policies of functions: who may call one. Source: SEC-LPOL-01 to SEC-LPOL-05."""

import json
import re
from dataclasses import replace
from typing import Any, Final

from routekey.arn import function_arn
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.functions import (
    check_revision,
    find_function,
    read_qualifier,
    touch_function,
)
from routekey.endpoints.control_plane.records import make
from routekey.endpoints.control_plane.refusals import (
    InvalidParameterValueException,
    PolicyLengthExceededException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.function import LATEST, Permission
from routekey.resources.managed import ManagedFunction

_POLICY_BYTES_MAX: Final = 20 * 1024
"""Lambda's quota, "Function resource-based policy"."""
_PRINCIPAL: Final = re.compile(
    r"\*|[0-9]{12}|[a-z0-9.-]+\.amazon(aws)?\.com(\.cn)?|arn:[a-z-]+:(iam|sts)::[0-9]{12}:.+"
)
"""Everybody, an account, a service, or somebody."""


def add_permission(edit: Edit, request: Members) -> Members:
    """AddPermission. Source: SEC-LPOL-04."""
    function = find_function(edit, request)
    check_revision(request, function.revision_id)
    if read_qualifier(request) == LATEST:
        raise InvalidParameterValueException(
            "We currently do not support adding policies for $LATEST."
        )
    if not _PRINCIPAL.fullmatch(request["principal"]):
        raise InvalidParameterValueException(
            "The provided principal was invalid. Please check the principal and try again."
        )
    statement_id = request["statement_id"]
    if any(one.statement_id == statement_id for one in _select(function, request)):
        raise ResourceConflictException(
            f"The statement id ({statement_id}) provided already exists. Please provide a new "
            "statement id, or remove the existing statement."
        )
    permission = make(Permission, request, qualifier=read_qualifier(request) or None)
    changed = replace(function, permissions=(*function.permissions, permission))
    if len(_render(edit, changed, request)) > _POLICY_BYTES_MAX:
        raise PolicyLengthExceededException(
            f"The final policy size is bigger than the limit ({_POLICY_BYTES_MAX})."
        )
    touch_function(edit, changed)
    return {"statement": json.dumps(_describe(edit, changed, permission))}


def get_policy(edit: Edit, request: Members) -> Members:
    """GetPolicy: each version and alias has one of its own (SEC-LPOL-05)."""
    function = find_function(edit, request)
    if not _select(function, request):
        raise ResourceNotFoundException("The resource you requested does not exist.")
    return {"policy": _render(edit, function, request), "revision_id": function.revision_id}


def remove_permission(edit: Edit, request: Members) -> Members:
    """RemovePermission. Source: SEC-LPOL-04."""
    function = find_function(edit, request)
    check_revision(request, function.revision_id)
    present = _select(function, request)
    if not present:
        raise ResourceNotFoundException("No policy is associated with the given resource.")
    sid = request["statement_id"]
    gone = next((one for one in present if one.statement_id == sid), None)
    if gone is None:
        raise ResourceNotFoundException(f"Statement {sid} is not found in resource policy.")
    left = tuple(one for one in function.permissions if one is not gone)
    touch_function(edit, replace(function, permissions=left))
    return {}


def _select(function: ManagedFunction, request: Members) -> list[Permission]:
    """Take the statements of the version or alias that a request means."""
    qualifier = read_qualifier(request) or None
    return [one for one in function.permissions if one.qualifier == qualifier]


def _render(edit: Edit, function: ManagedFunction, request: Members) -> str:
    statements = [_describe(edit, function, one) for one in _select(function, request)]
    return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements})


def _describe(edit: Edit, function: ManagedFunction, permission: Permission) -> dict[str, Any]:
    """Write a permission as the statement that it is."""
    name = function.function_name
    statement: dict[str, Any] = {
        "Sid": permission.statement_id,
        "Effect": "Allow",
        "Principal": describe_principal(permission.principal),
        "Action": permission.action,
        "Resource": function_arn(edit.region, edit.account_id, name, permission.qualifier),
    }
    equal = {
        key: value
        for key, value in (
            ("AWS:SourceAccount", permission.source_account),
            ("aws:PrincipalOrgID", permission.principal_org_id),
            ("lambda:EventSourceToken", permission.event_source_token),
            ("lambda:FunctionUrlAuthType", permission.function_url_auth_type),
        )
        if value is not None
    }
    condition: dict[str, Any] = {"StringEquals": equal} if equal else {}
    if permission.source_arn is not None:
        condition["ArnLike"] = {"AWS:SourceArn": permission.source_arn}
    return {**statement, "Condition": condition} if condition else statement


def describe_principal(principal: str) -> object:
    """Write a principal as policies have it: everybody, a service, an account or somebody."""
    if principal == "*":
        return principal
    if principal.endswith(".amazonaws.com"):
        return {"Service": principal}
    is_account = principal.isdigit()
    return {"AWS": f"arn:aws:iam::{principal}:root" if is_account else principal}


OPERATIONS: Final = {
    "AddPermission": add_permission,
    "GetPolicy": get_policy,
    "RemovePermission": remove_permission,
}
