"""`routekey run [PATH]`: serve the WebSocket API of a project on this machine."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from routekey.config import describe_setting, load_config
from routekey.errors import InputError

EXAMPLES: Final = """\b
Examples:
  routekey run
  routekey run examples/echo --port 9000
  routekey run template.yaml --port 0 --ready-file /tmp/ready.json"""


def run_verb(  # noqa: PLR0913  # one for each flag
    path: Annotated[
        Path, typer.Argument(help="The project: a folder, or the file that describes it.")
    ] = Path(),
    *,
    host: Annotated[str | None, typer.Option(help=describe_setting("gateway.host"))] = None,
    port: Annotated[int | None, typer.Option(help=describe_setting("gateway.port"))] = None,
    admin_port: Annotated[
        int | None, typer.Option(help=f"For operators. {describe_setting('admin.port')}")
    ] = None,
    region: Annotated[str | None, typer.Option(help=describe_setting("project.region"))] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE, for a parameter of the template. Repeatable."),
    ] = None,
    stage: Annotated[
        str | None, typer.Option(help="The stage to load, where the project leaves it open.")
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write the addresses there, as JSON, once it serves.")
    ] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="A TOML file with settings.")
    ] = None,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Whether to follow saved changes.")
    ] = True,
) -> None:
    """Run the WebSocket API of a project on this machine.

    The template is found in PATH (this folder, where none is given). Functions run unchanged, each
    in a process of its own, and reach this gateway under AWS's own host names.
    """
    from routekey.cli.serving import serve  # noqa: PLC0415  # a second that `--help` need not wait

    flags = {
        "gateway.host": host,
        "gateway.port": port,
        "admin.port": admin_port,
        "project.region": region,
    }
    config = load_config(config_file, os.environ, flags)
    parameters = dict(_parse_parameter(text) for text in parameter or ())
    serve(config, path, parameters, stage, ready_file=ready_file, is_following=reload)


def _parse_parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise InputError(f"{text!r} is no parameter", remedy="Write it as NAME=VALUE.")
    return name, value
