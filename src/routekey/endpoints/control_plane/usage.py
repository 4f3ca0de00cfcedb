"""Usage: what the keys of a plan have used and have left, of the older API. Source: CP-KEY-01.

The counts are the gateway's own (`gateway/metering.py`): of the last month, in memory.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Final, Protocol

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.patches import Patch
from routekey.endpoints.control_plane.records import old_page
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.usage_plans import find_plan_key, find_usage_plan
from routekey.errors import BadRequestException
from routekey.resources.usage import UsagePlan

_DAYS_MAX: Final = 90
"""Of one question: API Gateway keeps no more."""
_EPOCH: Final = date(1970, 1, 1)


class Meter(Protocol):
    """Who counts."""

    def list_days(self, plan: UsagePlan, key_id: str, days: range) -> list[tuple[int, int]]:
        """List what a key used on each day since 1970, and what it had left then."""
        ...

    def set_remaining(self, plan: UsagePlan, key_id: str, remaining: int, now_ms: int) -> None:
        """Let a key have so many events for the rest of the present period."""
        ...


def get_usage(meter: Meter, edit: Edit, request: Members) -> Members:
    """GetUsage: for each key and day, what was used and what was left."""
    plan = find_usage_plan(edit, request)
    first, last = _read_day(request["start_date"]), _read_day(request["end_date"])
    if not 0 <= last - first < _DAYS_MAX:
        raise BadRequestException(
            f"Invalid date range: endDate is at most {_DAYS_MAX - 1} days after startDate"
        )
    wanted = request.get("key_id")
    keys = [key_id for key_id in plan.key_ids if wanted in {None, key_id}]
    days = range(first, last + 1)
    told = old_page(
        keys, str, lambda key_id: {key_id: meter.list_days(plan, key_id, days)}, request
    )
    usage = {key_id: rows for item in told["items"] for key_id, rows in item.items()}
    return {
        "usage_plan_id": plan.id,
        "start_date": request["start_date"],
        "end_date": request["end_date"],
        "items": {key_id: [list(row) for row in rows] for key_id, rows in usage.items()},
        "position": told.get("position"),
    }


def update_usage(meter: Meter, edit: Edit, request: Members) -> Members:
    """UpdateUsage: what a key has left of its quota in the present period."""
    plan = find_usage_plan(edit, request)
    key = find_plan_key(edit, plan, request)
    if plan.quota is None:
        raise BadRequestException(f"Usage Plan {plan.id} has no quota")
    for patch in Patch.read(request):
        if patch.op != "replace" or patch.path != ("remaining",):
            raise patch.refuse()
        meter.set_remaining(plan, key.id, patch.integer(), edit.now * 1000)
    today = f"{datetime.fromtimestamp(edit.now, UTC):%Y-%m-%d}"
    members = {"usage_plan_id": plan.id, "key_id": key.id, "start_date": today, "end_date": today}
    return get_usage(meter, edit, members)


def make_operations(meter: Meter) -> dict[str, Callable[[Edit, Members], Members]]:
    """Make the operations on what somebody counts."""
    return {"GetUsage": partial(get_usage, meter), "UpdateUsage": partial(update_usage, meter)}


def _read_day(text: str) -> int:
    """Read a date as days since 1970."""
    try:
        return (date.fromisoformat(text) - _EPOCH).days
    except ValueError as error:
        raise BadRequestException(f"Invalid date specified: {text}") from error
