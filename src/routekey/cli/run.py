"""`routekey run [PATH]`: serve the WebSocket API of a project on this machine."""

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from routekey.cli.project_flags import (
    ConfigOption,
    DataOption,
    ParameterOption,
    PathArgument,
    RegionOption,
    StageOption,
    parse_parameters,
)
from routekey.config import Config, describe_setting, load_config
from routekey.errors import InputError
from routekey.resources.project import Project

EXAMPLES: Final = """\b
Examples:
  routekey run
  routekey run examples/echo --port 9000
  routekey run template.yaml --port 0 --ready-file /tmp/ready.json
  routekey run --no-project --data ~/apis
  routekey run --aws-endpoint http://localhost:4566"""


class AwsServices(StrEnum):
    """Where other AWS services are, by the words of the flag."""

    LOCAL = "local"
    REAL = "real"


def run_verb(  # noqa: PLR0913  # one for each flag
    path: PathArgument = Path(),
    *,
    host: Annotated[str | None, typer.Option(help=describe_setting("gateway.host"))] = None,
    port: Annotated[int | None, typer.Option(help=describe_setting("gateway.port"))] = None,
    admin_port: Annotated[
        int | None, typer.Option(help=f"For operators. {describe_setting('admin.port')}")
    ] = None,
    region: RegionOption = None,
    parameter: ParameterOption = None,
    stage: StageOption = None,
    aws: Annotated[
        AwsServices | None,
        typer.Option(help="Where functions find other AWS services: an emulator, or AWS itself."),
    ] = None,
    aws_endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Another emulator of other AWS services.")
    ] = None,
    debug_port: Annotated[
        int | None, typer.Option(help=describe_setting("functions.debug_port"))
    ] = None,
    data: DataOption = None,
    no_project: Annotated[
        bool, typer.Option("--no-project", help="Serve what AWS's APIs make, and no project.")
    ] = False,
    test_endpoints: Annotated[
        bool | None,
        typer.Option("--test-endpoints", help=describe_setting("admin.test_endpoints")),
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write the addresses there, as JSON, once it serves.")
    ] = None,
    config_file: ConfigOption = None,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Whether to follow saved changes.")
    ] = True,
) -> None:
    """Run the WebSocket API of a project on this machine.

    The template is found in PATH (this folder, where none is given). Functions run unchanged, each
    in a process of its own, and reach this gateway under AWS's own host names.
    """
    from routekey.cli.serving import Manner, serve  # noqa: PLC0415  # `--help` need not wait for it

    flags = {
        "gateway.host": host,
        "gateway.port": port,
        "admin.port": admin_port,
        "project.region": region,
        "functions.debug_port": debug_port,
        "services.endpoint": choose_services(aws, aws_endpoint),
        "store.folder": None if data is None else str(data),
        "admin.test_endpoints": test_endpoints,
    }
    config = load_config(config_file, os.environ, flags)
    project = choose_project(path, no_project=no_project)
    load = _choose_loader(project, config, parse_parameters(parameter), stage)
    log_format = "text" if config.logging.format == "auto" else config.logging.format
    manner = Manner(is_strict=False, is_following=reload, log_format=log_format)
    serve(config, load, manner, ready_file)


def choose_project(path: Path, *, no_project: bool) -> Path | None:
    """Tell which project two flags mean; None is none.

    Raises:
        InputError: one is given, and excluded.
    """
    if not no_project:
        return path
    if path != Path():
        raise InputError("--no-project and a project exclude each other", remedy="Give one.")
    return None


def _choose_loader(
    project: Path | None, config: Config, parameters: Mapping[str, str], stage: str | None
) -> Callable[[], Project]:
    from routekey.adapters.seed import open_seed  # noqa: PLC0415  # `--help` need not wait for it
    from routekey.app.parts import seed_folder  # noqa: PLC0415  # the same
    from routekey.cli.loading import make_empty_loader, make_loader  # noqa: PLC0415  # the same

    if project is None:
        return make_empty_loader(config)
    return make_loader(project, config, parameters, stage, open_seed(seed_folder(config)))


def choose_services(aws: AwsServices | None, endpoint: str | None) -> str | None:
    """Make the setting of two flags; None where neither is given.

    Raises:
        InputError: both are given, or the endpoint is no URL.
    """
    if endpoint is None:
        return None if aws is None else {"local": "local", "real": "aws"}[aws]
    if aws is not None:
        raise InputError("--aws and --aws-endpoint exclude each other", remedy="Give one of them.")
    if not endpoint.startswith(("http://", "https://")):
        raise InputError(
            f"{endpoint!r} is no URL",
            remedy="Write it as http://HOST:PORT.",
            resource="--aws-endpoint",
        )
    return endpoint
