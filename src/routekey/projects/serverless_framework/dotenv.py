"""`.env` files: variables of the environment that a service keeps beside its description.

Source: Serverless Framework documentation, "Resolution of environment variables"; the rules of
dotenv for lines, quotes and comments; the README of serverless-dotenv-plugin.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from routekey.projects.document import Value, read_text
from routekey.projects.serverless_framework.variables import Variables

_PLUGIN: Final = "serverless-dotenv-plugin"
_LINE: Final = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[\w.-]+)[ \t]*=[ \t]*
    (?:'(?P<single>[^']*)'|"(?P<double>(?:\\"|[^"])*)"|`(?P<back>[^`]*)`|(?P<plain>[^#\n]*))""",
    re.MULTILINE | re.VERBOSE,
)


def read_dotenv(folder: Path, stage: str) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Read the file of a stage, `.env.STAGE`, or the one of all stages.

    Returns:
        The variables, and the file; both empty where there is none.

    Raises:
        ProjectError: the file is not UTF-8.
    """
    for name in (f".env.{stage}", ".env"):
        path = folder / name
        if path.is_file():
            return parse_dotenv(read_text(path)), (str(path),)
    return {}, ()


def parse_dotenv(text: str) -> Mapping[str, str]:
    """Read `NAME=value` lines; values may stand in quotes, and escapes in double ones."""
    found: dict[str, str] = {}
    for line in _LINE.finditer(text):
        if line["plain"] is not None:
            found[line["name"]] = line["plain"].strip()
        elif line["double"] is not None:
            found[line["name"]] = line["double"].replace("\\n", "\n").replace('\\"', '"')
        else:
            found[line["name"]] = line["single"] if line["single"] is not None else line["back"]
    return found


def find_preloaded(variables: Variables, dotenv: Mapping[str, str]) -> dict[str, Value]:
    """Find the variables that serverless-dotenv-plugin gives to every function.

    Args:
        variables: the service.
        dotenv: what its `.env` file says.

    Returns:
        All of them, unless `custom.dotenv` chooses; none without the plugin.
    """
    plugins = variables.value("plugins")
    if isinstance(plugins, dict):
        plugins = plugins.get("modules")
    if not isinstance(plugins, list) or _PLUGIN not in plugins:
        return {}
    wanted = variables.value("custom", "dotenv", "include")
    unwanted = variables.value("custom", "dotenv", "exclude")
    return {
        name: value
        for name, value in dotenv.items()
        if (not isinstance(wanted, list) or name in wanted)
        and (not isinstance(unwanted, list) or name not in unwanted)
    }
