"""`routekey outputs [PATH]`: what a project tells once it is deployed."""

import json
import os
from pathlib import Path
from typing import Final

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
from routekey.config import load_config

EXAMPLES: Final = """\b
Examples:
  routekey outputs
  routekey outputs /srv/chat --data /var/lib/routekey
  routekey outputs | jq -r '.[].ApiUrl'"""


def outputs_verb(
    path: PathArgument = Path(),
    *,
    region: RegionOption = None,
    parameter: ParameterOption = None,
    stage: StageOption = None,
    data: DataOption = None,
    config_file: ConfigOption = None,
) -> None:
    """Print the outputs of a project's stacks, as JSON.

    They are those of a gateway with the same data folder, the secrets of access keys included.
    """
    from routekey.adapters.seed import open_seed  # noqa: PLC0415  # `--help` need not wait for it
    from routekey.app.parts import seed_folder  # noqa: PLC0415  # the same
    from routekey.cli.loading import make_loader  # noqa: PLC0415  # the same

    flags = {"project.region": region, "store.folder": None if data is None else str(data)}
    config = load_config(config_file, os.environ, flags)
    seed = open_seed(seed_folder(config))
    load = make_loader(path, config, parse_parameters(parameter), stage, seed, has_outputs=True)
    typer.echo(json.dumps(load().outputs, indent=2))
