"""docs/reference/limits.md: AWS's numbers, from quotas.py."""

from reference.markdown import page, table
from routekey.quotas import QUOTAS

_INTRODUCTION = """\
Routekey holds API Gateway's limits to the byte and to the second: what works here works there.
Some can be set otherwise, by those who run their own: see [configuration](configuration.md#limits).
The sources are rule ids of the [rule coverage](rule-coverage.md).
"""


def render() -> str:
    """Render the page."""
    quotas = table(
        ["quota", "value", "unit", "AWS raises it on request", "source"],
        [
            [
                name,
                f"{quota.value:,}",
                quota.unit,
                "yes" if quota.is_adjustable else "no",
                quota.source,
            ]
            for name, quota in QUOTAS.items()
        ],
    )
    return page("Limits", "src/routekey/quotas.py", _INTRODUCTION, quotas)
