"""docs/reference/configuration.md: every setting, from config.py."""

from itertools import groupby

from reference.markdown import page, table
from routekey.config import Setting, list_settings

_INTRODUCTION = """\
A flag wins over the environment, the environment over the file, the file over the default.
The file is TOML: a section is a table, a setting a key in it.
What is unknown or of the wrong type is refused, with the file and the line.
"""


def render() -> str:
    """Render the page."""
    parts = []
    for section, settings in groupby(list_settings(), key=lambda setting: setting.section):
        parts += [f"## {section}\n", table(_HEAD, map(_row, settings))]
    return page("Configuration", "src/routekey/config.py", _INTRODUCTION, *parts)


_HEAD = ["setting", "environment", "default", "unit", "meaning"]


def _row(setting: Setting) -> list[str]:
    default = _show(setting.default)
    return [f"`{setting.key}`", f"`{setting.variable}`", default, setting.unit, setting.sentence]


def _show(default: object) -> str:
    """Show a default as it would stand in the file; what is empty is left empty."""
    match default:
        case "" | ():
            return ""
        case bool():
            return f"`{str(default).lower()}`"
        case str():
            return f'`"{default}"`'
        case _:
            return f"`{default}`"
