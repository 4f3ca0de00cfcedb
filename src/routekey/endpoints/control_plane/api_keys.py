"""API keys, of the older API. Source: CP-KEY-01 to CP-KEY-05."""

import csv
import io
from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.patches import Patch
from routekey.endpoints.control_plane.records import describe, make, old_page
from routekey.endpoints.control_plane.refusals import ConflictException, NotFoundException
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.tags import check_tags
from routekey.errors import BadRequestException, LimitExceededException
from routekey.resources.usage import ApiKey, UsagePlan

_ID_LENGTH: Final = 10
_VALUE_LENGTH: Final = 40
_VALUE_CHARACTERS: Final = range(20, 129)
_KEYS_MAX: Final = 10_000
_TEXTS: Final = frozenset({"customer_id", "description", "name"})


def create_api_key(edit: Edit, request: Members) -> Members:
    """CreateApiKey. One that is not said to be enabled is not (CP-KEY-03)."""
    members = dict(request)
    stages = members.pop("stage_keys", ())
    members["value"] = request.get("value") or edit.new_id(_VALUE_LENGTH)
    key = make(
        ApiKey,
        members,
        id=edit.new_id(_ID_LENGTH),
        created_date=edit.now,
        last_updated_date=edit.now,
        stage_keys=tuple(f"{one.get('rest_api_id')}/{one.get('stage_name')}" for one in stages),
    )
    return _keep(edit, key)


def get_api_key(edit: Edit, request: Members) -> Members:
    """GetApiKey. The value is told to who asks for it."""
    return _show(find_api_key(edit, request["api_key"]), with_value=request.get("include_value"))


def get_api_keys(edit: Edit, request: Members) -> Members:
    """GetApiKeys, by the beginning of their name and by customer."""
    name, customer = request.get("name_query", ""), request.get("customer_id")
    keys = [
        key
        for key in edit.all(ApiKey)
        if (key.name or "").startswith(name) and customer in {None, key.customer_id}
    ]
    with_values = request.get("include_values")
    return old_page(
        keys, lambda key: key.id, lambda key: _show(key, with_value=with_values), request
    )


def update_api_key(edit: Edit, request: Members) -> Members:
    """UpdateApiKey."""
    key = find_api_key(edit, request["api_key"])
    for patch in Patch.read(request):
        if patch.op != "replace" or len(patch.path) != 1:
            raise patch.refuse()
        if patch.field == "enabled":
            key = replace(key, enabled=patch.value.lower() == "true")
        elif patch.field in _TEXTS:
            key = make(ApiKey, {**describe(key), patch.field: patch.value})
        else:
            raise patch.refuse()
    return _keep(edit, replace(key, last_updated_date=edit.now))


def delete_api_key(edit: Edit, request: Members) -> Members:
    """DeleteApiKey: plans forget it too."""
    key = find_api_key(edit, request["api_key"])
    for plan in edit.all(UsagePlan):
        if key.id in plan.key_ids:
            left = tuple(key_id for key_id in plan.key_ids if key_id != key.id)
            edit.put(plan.id, replace(plan, key_ids=left))
    edit.remove(ApiKey, key.id)
    return {}


def import_api_keys(edit: Edit, request: Members) -> Members:
    """ImportApiKeys, from CSV with a line of names: name, key, description, enabled, usageplanIds.

    A line that is no key is a warning, or with `failOnWarnings` a refusal of all.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(request["body"].decode()), restval=""))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadRequestException("Invalid API key import: the body is no CSV text") from error
    ids: list[str] = []
    warnings: list[str] = []
    for number, row in enumerate(rows, 1):
        cells = {(name or "").strip().lower(): value for name, value in row.items()}
        try:
            ids.append(_import_row(edit, cells))
        except (BadRequestException, ConflictException, NotFoundException) as error:
            if request.get("fail_on_warnings"):
                raise BadRequestException(f"Line {number}: {error.message}") from error
            warnings.append(f"Line {number}: {error.message}")
    return {"ids": ids, "warnings": warnings}


def find_api_key(edit: Edit, key_id: str) -> ApiKey:
    """Find a key.

    Raises:
        NotFoundException: there is none.
    """
    key = edit.find(ApiKey, key_id)
    if key is None:
        raise NotFoundException("Invalid API Key identifier specified")
    return key


def _import_row(edit: Edit, cells: Members) -> str:
    plans = [
        _find_plan(edit, plan_id.strip())
        for plan_id in (cells.get("usageplanids") or "").split(",")
        if plan_id.strip()
    ]
    given = {
        "name": cells.get("name") or "",
        "value": cells.get("key") or "",
        "description": cells.get("description") or "",
        "enabled": (cells.get("enabled") or "").lower() == "true",
    }
    key_id = str(create_api_key(edit, given)["id"])
    for plan in plans:
        edit.put(plan.id, replace(plan, key_ids=(*plan.key_ids, key_id)))
    return key_id


def _find_plan(edit: Edit, plan_id: str) -> UsagePlan:
    plan = edit.find(UsagePlan, plan_id)
    if plan is None:
        raise NotFoundException("Invalid Usage Plan ID specified")
    return plan


def _keep(edit: Edit, key: ApiKey) -> Members:
    if len(key.value) not in _VALUE_CHARACTERS:
        raise BadRequestException("API Key value should be at least 20 characters, and at most 128")
    others = edit.all(ApiKey)
    if any(other.value == key.value and other.id != key.id for other in others):
        raise ConflictException("API Key already exists")
    if len(others) >= _KEYS_MAX and edit.find(ApiKey, key.id) is None:  # CP-KEY-04
        raise LimitExceededException
    check_tags(key.tags)
    edit.put(key.id, key)
    return _show(key, with_value=True)


def _show(key: ApiKey, *, with_value: bool | None) -> Members:
    members = describe(key, keep=("stage_keys",))
    return members if with_value else {**members, "value": None}


OPERATIONS: Final = {
    "CreateApiKey": create_api_key,
    "DeleteApiKey": delete_api_key,
    "GetApiKey": get_api_key,
    "GetApiKeys": get_api_keys,
    "ImportApiKeys": import_api_keys,
    "UpdateApiKey": update_api_key,
}
