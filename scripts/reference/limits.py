"""docs/reference/limits.md: AWS's numbers, from quotas.py."""

from reference.markdown import page, table
from routekey.quotas import QUOTAS

_INTRODUCTION = """\
Routekey holds API Gateway's limits to the byte and to the second: what works here works there.
Those with a setting can be raised, lowered or, with 0, switched off; the others say why not.
Sizes cannot be switched off: anyone could then use up the memory.
The sources are rule ids of the [rule coverage](rule-coverage.md).
"""


def render() -> str:
    """Render the page."""
    quotas = table(
        ["quota", "value", "unit", "AWS raises it on request", "setting", "source"],
        [
            [
                name,
                f"{quota.value:,}",
                quota.unit,
                "yes" if quota.is_adjustable else "no",
                f"`limits.{quota.limit}`" if quota.limit else f"none: {quota.fixed_because}",
                quota.source,
            ]
            for name, quota in QUOTAS.items()
        ],
    )
    return page("Limits", "src/routekey/quotas.py", _INTRODUCTION, quotas)
