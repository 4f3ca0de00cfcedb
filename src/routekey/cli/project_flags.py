"""The flags that say which project is meant, the same for every verb that takes one."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from routekey.config import describe_setting
from routekey.errors import InputError

PathArgument = Annotated[
    Path, typer.Argument(help="The project: a folder, or the file that describes it.")
]
RegionOption = Annotated[str | None, typer.Option(help=describe_setting("project.region"))]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="A parameter of the template. Repeatable."),
]
StageOption = Annotated[
    str | None, typer.Option(help="The stage to load, where the project leaves it open.")
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help=describe_setting("store.folder")),
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="A TOML file with settings.")]


def parse_parameters(texts: Iterable[str] | None) -> dict[str, str]:
    """Take `NAME=VALUE` apart.

    Raises:
        InputError: a text is not of that form.
    """
    return dict(_parse_parameter(text) for text in texts or ())


def _parse_parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise InputError(f"{text!r} is no parameter", remedy="Write it as NAME=VALUE.")
    return name, value
