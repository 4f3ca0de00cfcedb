"""`routekey check-config`: whether the settings hold, and what they are altogether."""

import json
import os
from collections.abc import Iterator
from typing import Final

import typer

from routekey.cli.project_flags import ConfigOption
from routekey.config import SETTINGS, Config, load_config

EXAMPLES: Final = """\b
Examples:
  routekey check-config
  routekey check-config --config routekey.toml
  ROUTEKEY_GATEWAY_PORT=9000 routekey check-config > routekey.toml"""


def check_config_verb(config_file: ConfigOption = None) -> None:
    """Check the settings, and print them all as a file would have them.

    They come from the file, the environment and the defaults. What is unknown or does not fit is an
    error that names its place.
    """
    for line in _write(load_config(config_file, os.environ, {})):
        typer.echo(line)


def _write(config: Config) -> Iterator[str]:
    section = ""
    for setting in SETTINGS:
        if setting.section != section:
            if section:
                yield ""
            section = setting.section
            yield f"[{section}]"
        value = getattr(getattr(config, section), setting.name)
        yield f"# {setting.sentence}{f' In {setting.unit}.' if setting.unit else ''}"
        # Text, numbers, booleans and lists of text are written in TOML as in JSON.
        yield f"{setting.name} = {json.dumps(value, ensure_ascii=False)}"
