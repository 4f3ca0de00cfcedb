"""`routekey serve [PATH]`: serve a project in production, on one node."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from routekey.cli.project_flags import (
    ConfigOption,
    DataOption,
    ParameterOption,
    RegionOption,
    StageOption,
    parse_parameters,
)
from routekey.config import describe_setting, load_config

EXAMPLES: Final = """\b
Examples:
  routekey serve /srv/chat --config /etc/routekey.toml
  routekey serve --data /var/lib/routekey
  ROUTEKEY_GATEWAY_HOST=0.0.0.0 routekey serve /srv/chat"""


def serve_verb(  # noqa: PLR0913  # one for each flag
    path: Annotated[
        Path | None,
        typer.Argument(help="The project; without one, what AWS's APIs made is served."),
    ] = None,
    *,
    host: Annotated[str | None, typer.Option(help=describe_setting("gateway.host"))] = None,
    port: Annotated[int | None, typer.Option(help=describe_setting("gateway.port"))] = None,
    region: RegionOption = None,
    parameter: ParameterOption = None,
    stage: StageOption = None,
    data: DataOption = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write the addresses there, as JSON, once it serves.")
    ] = None,
    config_file: ConfigOption = None,
) -> None:
    """Serve WebSocket APIs in production: a project's, and those made through AWS's APIs.

    Other than `run`: every caller of `@connections` has to sign with a key of the project, logs
    are JSON, saved changes are not followed, and SIGTERM drains as the settings say.
    """
    from routekey.adapters.seed import open_seed  # noqa: PLC0415  # `--help` need not wait for it
    from routekey.app.parts import seed_folder  # noqa: PLC0415  # the same
    from routekey.cli.loading import make_empty_loader, make_loader  # noqa: PLC0415  # the same
    from routekey.cli.serving import Manner, serve  # noqa: PLC0415  # the same

    flags = {
        "gateway.host": host,
        "gateway.port": port,
        "project.region": region,
        "store.folder": None if data is None else str(data),
    }
    config = load_config(config_file, os.environ, flags)
    if path is None:
        load = make_empty_loader(config)
    else:
        given = parse_parameters(parameter)
        seed = open_seed(seed_folder(config))
        load = make_loader(path, config, given, stage, seed, is_guessing=False)
    log_format = "json" if config.logging.format == "auto" else config.logging.format
    manner = Manner(is_strict=True, is_following=False, log_format=log_format)
    serve(config, load, manner, ready_file)
