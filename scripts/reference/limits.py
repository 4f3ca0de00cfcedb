"""docs/reference/limits.md: AWS's numbers, from quotas.py."""

from dataclasses import fields

from reference.markdown import page, table
from routekey.quotas import QUOTAS, Limits

_INTRODUCTION = """\
Routekey holds API Gateway's limits to the byte and to the second: what works here works there.
Some of them are settings, for those who run their own: see [configuration](configuration.md).
The sources are rule ids of the [rule coverage](rule-coverage.md).
"""
_SETTINGS = """\
## Limits that are settings

A value of 0 switches a limit off, except for the two sizes.
"""


def render() -> str:
    """Render the page."""
    quotas = table(
        ["quota", "value", "unit", "AWS raises it on request", "source"],
        [
            [name, f"{quota.value:,}", quota.unit, _yes(is_so=quota.is_adjustable), quota.source]
            for name, quota in QUOTAS.items()
        ],
    )
    settings = table(
        ["setting", "default"],
        [[f"`{field.name}`", _number(getattr(Limits(), field.name))] for field in fields(Limits)],
    )
    return page("Limits", "src/routekey/quotas.py", _INTRODUCTION, quotas, _SETTINGS, settings)


def _yes(*, is_so: bool) -> str:
    return "yes" if is_so else "no"


def _number(value: object) -> str:
    if isinstance(value, bool):
        return _yes(is_so=value)
    return f"{value:,}"
