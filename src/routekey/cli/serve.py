"""`routekey serve [PATH]`: serve a project in production, on one node."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from routekey.cli.project_flags import (
    ConfigOption,
    ParameterOption,
    PathArgument,
    RegionOption,
    StageOption,
    parse_parameters,
)
from routekey.config import describe_setting, load_config

EXAMPLES: Final = """\b
Examples:
  routekey serve /srv/chat --config /etc/routekey.toml
  ROUTEKEY_GATEWAY_HOST=0.0.0.0 routekey serve /srv/chat"""


def serve_verb(
    path: PathArgument = Path(),
    *,
    host: Annotated[str | None, typer.Option(help=describe_setting("gateway.host"))] = None,
    port: Annotated[int | None, typer.Option(help=describe_setting("gateway.port"))] = None,
    region: RegionOption = None,
    parameter: ParameterOption = None,
    stage: StageOption = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write the addresses there, as JSON, once it serves.")
    ] = None,
    config_file: ConfigOption = None,
) -> None:
    """Serve the WebSocket API of a project in production.

    Other than `run`: every caller of `@connections` has to sign with a key of the project, logs
    are JSON, saved changes are not followed, and SIGTERM drains as the settings say.
    """
    from routekey.cli.loading import make_loader  # noqa: PLC0415  # `--help` need not wait for it
    from routekey.cli.serving import Manner, serve  # noqa: PLC0415  # the same

    flags = {"gateway.host": host, "gateway.port": port, "project.region": region}
    config = load_config(config_file, os.environ, flags)
    load = make_loader(path, config, parse_parameters(parameter), stage)
    log_format = "json" if config.logging.format == "auto" else config.logging.format
    manner = Manner(is_strict=True, is_following=False, log_format=log_format)
    serve(config, load, manner, ready_file)
