"""Usage plans and the keys in them, of the older API. Source: CP-KEY-01, CP-KEY-02, CP-KEY-04."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from routekey.endpoints.control_plane.api_keys import find_api_key
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.patches import Patch
from routekey.endpoints.control_plane.records import describe, find, make, old_page
from routekey.endpoints.control_plane.refusals import ConflictException, NotFoundException
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.tags import check_tags
from routekey.errors import BadRequestException, LimitExceededException
from routekey.resources.managed import ManagedApi
from routekey.resources.usage import (
    ApiKey,
    PlannedStage,
    QuotaSettings,
    ThrottleSettings,
    UsagePlan,
)

_ID_LENGTH: Final = 6
_PLANS_MAX: Final = 300
_PLANS_PER_KEY: Final = 10
_OFFSET_MAX: Final = {"DAY": 0, "WEEK": 6, "MONTH": 27}
_TEXTS: Final = frozenset({"description", "name", "productCode"})


def create_usage_plan(edit: Edit, request: Members) -> Members:
    """CreateUsagePlan."""
    if len(edit.all(UsagePlan)) >= _PLANS_MAX:  # CP-KEY-04
        raise LimitExceededException
    return _keep(edit, make(UsagePlan, _complete(request), id=edit.new_id(_ID_LENGTH)))


def get_usage_plan(edit: Edit, request: Members) -> Members:
    """GetUsagePlan."""
    return _show(find_usage_plan(edit, request))


def get_usage_plans(edit: Edit, request: Members) -> Members:
    """GetUsagePlans, or those that a key is in."""
    key_id = request.get("key_id")
    plans = [plan for plan in edit.all(UsagePlan) if key_id is None or key_id in plan.key_ids]
    return old_page(plans, lambda plan: plan.id, _show, request)


def update_usage_plan(edit: Edit, request: Members) -> Members:
    """UpdateUsagePlan."""
    plan = find_usage_plan(edit, request)
    for patch in Patch.read(request):
        plan = _apply(plan, patch)
    return _keep(edit, plan)


def delete_usage_plan(edit: Edit, request: Members) -> Members:
    """DeleteUsagePlan."""
    edit.remove(UsagePlan, find_usage_plan(edit, request).id)
    return {}


def create_usage_plan_key(edit: Edit, request: Members) -> Members:
    """CreateUsagePlanKey."""
    plan = find_usage_plan(edit, request)
    if request["key_type"] != "API_KEY":
        raise BadRequestException("Invalid key type specified. Must be API_KEY")
    key = find_api_key(edit, request["key_id"])
    if key.id in plan.key_ids:
        raise ConflictException("Usage Plan Key already exists")
    if sum(key.id in one.key_ids for one in edit.all(UsagePlan)) >= _PLANS_PER_KEY:
        raise LimitExceededException
    edit.put(plan.id, replace(plan, key_ids=(*plan.key_ids, key.id)))
    return _show_key(key)


def get_usage_plan_key(edit: Edit, request: Members) -> Members:
    """GetUsagePlanKey."""
    return _show_key(find_plan_key(edit, find_usage_plan(edit, request), request))


def get_usage_plan_keys(edit: Edit, request: Members) -> Members:
    """GetUsagePlanKeys, by the beginning of their name."""
    name = request.get("name_query", "")
    found = [edit.find(ApiKey, key_id) for key_id in find_usage_plan(edit, request).key_ids]
    keys = [key for key in found if key is not None and (key.name or "").startswith(name)]
    return old_page(keys, lambda key: key.id, _show_key, request)


def delete_usage_plan_key(edit: Edit, request: Members) -> Members:
    """DeleteUsagePlanKey."""
    plan = find_usage_plan(edit, request)
    gone = find_plan_key(edit, plan, request).id
    left = tuple(key_id for key_id in plan.key_ids if key_id != gone)
    edit.put(plan.id, replace(plan, key_ids=left))
    return {}


def find_usage_plan(edit: Edit, request: Members) -> UsagePlan:
    """Find the plan that a path names.

    Raises:
        NotFoundException: there is none. Source: CP-KEY-02.
    """
    plan = edit.find(UsagePlan, request["usage_plan_id"])
    if plan is None:
        raise NotFoundException("Invalid Usage Plan ID specified")  # CP-KEY-02
    return plan


def find_plan_key(edit: Edit, plan: UsagePlan, request: Members) -> ApiKey:
    """Find the key of a plan that a path names.

    Raises:
        NotFoundException: it is not in the plan, or is gone.
    """
    if request["key_id"] not in plan.key_ids:
        raise NotFoundException("Invalid API Key identifier specified")
    return find_api_key(edit, request["key_id"])


def _complete(request: Members) -> Members:
    """Refuse a quota or a stage that lacks what it needs; the model lets both pass."""
    quota = request.get("quota")
    if quota is not None and not {"limit", "period"} <= quota.keys():
        raise BadRequestException("Usage Plan quota limit and period must be specified")
    for stage in request.get("api_stages", ()):
        if not {"api_id", "stage"} <= stage.keys():
            raise BadRequestException("Invalid API Stage specified")  # CP-KEY-02
    return request


def _keep(edit: Edit, plan: UsagePlan) -> Members:
    for planned in plan.api_stages:
        api = edit.find(ManagedApi, planned.api_id)
        if api is None or find(api.stages, "stage_name", planned.stage) is None:  # CP-KEY-02
            raise NotFoundException(
                f"Invalid API Stage {{api: {planned.api_id}, stage: {planned.stage}}} specified "
                f"for usageplan {plan.id}"
            )
    quota = plan.quota
    if quota is not None and not 0 <= quota.offset <= _OFFSET_MAX.get(quota.period, -1):
        raise BadRequestException("Usage Plan quota period or offset is invalid")
    check_tags(plan.tags)
    edit.put(plan.id, plan)
    return _show(plan)


def _apply(plan: UsagePlan, patch: Patch) -> UsagePlan:
    match patch.op, patch.path:
        case "replace", (name,) if name in _TEXTS:
            return make(UsagePlan, {**describe(plan), patch.field: patch.value})
        case "remove", ("quota" | "throttle" as name,):
            nothing: Members = {name: None}
            return replace(plan, **nothing)
        case "replace" | "add", ("throttle", name):
            return replace(plan, throttle=_throttle(plan.throttle, name, patch))
        case "replace" | "add", ("quota", name):
            return replace(plan, quota=_quota(plan.quota, name, patch))
        case "add" | "remove", ("apiStages",):
            return _apply_stage(plan, patch)
        case _, ("apiStages", stage, "throttle", *rest):
            return _apply_stage_throttle(plan, stage, rest, patch)
        case _:
            raise patch.refuse()


def _throttle(before: ThrottleSettings | None, name: str, patch: Patch) -> ThrottleSettings:
    before = before or ThrottleSettings()
    if name == "rateLimit":
        return replace(before, rate_limit=patch.number())
    if name == "burstLimit":
        return replace(before, burst_limit=patch.integer())
    raise patch.refuse()


def _quota(before: QuotaSettings | None, name: str, patch: Patch) -> QuotaSettings:
    before = before or QuotaSettings(limit=0, period="DAY")
    changes: dict[str, Callable[[], Any]] = {
        "limit": patch.integer,
        "offset": patch.integer,
        "period": lambda: patch.value,
    }
    if name not in changes:
        raise patch.refuse()
    return replace(before, **{name: changes[name]()})


def _apply_stage(plan: UsagePlan, patch: Patch) -> UsagePlan:
    api_id, separator, stage = patch.value.partition(":")
    if not separator:
        raise BadRequestException("Invalid API Stage specified")  # CP-KEY-02
    others = tuple(one for one in plan.api_stages if (one.api_id, one.stage) != (api_id, stage))
    if patch.op == "remove":
        return replace(plan, api_stages=others)
    return replace(plan, api_stages=(*others, PlannedStage(api_id=api_id, stage=stage)))


def _apply_stage_throttle(plan: UsagePlan, name: str, rest: list[str], patch: Patch) -> UsagePlan:
    """Change what one route of a stage may: `…/throttle/{routeKey}/rateLimit`."""
    stages = {f"{one.api_id}:{one.stage}": one for one in plan.api_stages}
    if name not in stages or not rest:
        raise patch.refuse()
    stage, key = stages[name], rest[0]
    throttle = dict(stage.throttle)
    match patch.op, rest[1:]:
        case "remove", []:
            throttle.pop(key, None)
        case "replace" | "add", [limit]:
            throttle[key] = _throttle(throttle.get(key), limit, patch)
        case _:
            raise patch.refuse()
    stages[name] = replace(stage, throttle=throttle)
    return replace(plan, api_stages=tuple(stages.values()))


def _show(plan: UsagePlan) -> Members:
    members = describe(plan, keep=("api_stages",))
    members.pop("key_ids", None)
    return members


def _show_key(key: ApiKey) -> Members:
    return {"id": key.id, "name": key.name, "type": "API_KEY", "value": key.value}


OPERATIONS: Final = {
    "CreateUsagePlan": create_usage_plan,
    "CreateUsagePlanKey": create_usage_plan_key,
    "DeleteUsagePlan": delete_usage_plan,
    "DeleteUsagePlanKey": delete_usage_plan_key,
    "GetUsagePlan": get_usage_plan,
    "GetUsagePlanKey": get_usage_plan_key,
    "GetUsagePlanKeys": get_usage_plan_keys,
    "GetUsagePlans": get_usage_plans,
    "UpdateUsagePlan": update_usage_plan,
}
