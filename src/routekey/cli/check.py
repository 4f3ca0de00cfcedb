"""`routekey check [PATH]`: what would fail or differ on AWS, without starting anything."""

import json
import os
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from routekey.cli.project_flags import (
    ConfigOption,
    ParameterOption,
    PathArgument,
    RegionOption,
    StageOption,
    parse_parameters,
)
from routekey.config import load_config
from routekey.errors import InputError

if TYPE_CHECKING:
    from routekey.projects.check import Finding

EXAMPLES: Final = """\b
Examples:
  routekey check
  routekey check examples/echo
  routekey check --format json | jq '.[].rule'"""


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"


def check_verb(
    path: PathArgument = Path(),
    *,
    region: RegionOption = None,
    parameter: ParameterOption = None,
    stage: StageOption = None,
    output: Annotated[
        Format, typer.Option("--format", help="Sentences for people, or JSON for programs.")
    ] = Format.TEXT,
    config_file: ConfigOption = None,
) -> None:
    """List what would fail or differ on AWS, with file and line.

    Nothing is started. The exit code is 1 where something was found.
    """
    from routekey.cli.loading import make_loader  # noqa: PLC0415  # `--help` need not wait for it
    from routekey.projects.check import check  # noqa: PLC0415  # the same

    config = load_config(config_file, os.environ, {"project.region": region})
    findings = check(make_loader(path, config, parse_parameters(parameter), stage)())
    if output is Format.JSON:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            typer.echo(_format(finding))
        typer.echo(f"{len(findings) or 'no'} finding{'' if len(findings) == 1 else 's'}")
    raise typer.Exit(1 if findings else 0)


def _format(finding: "Finding") -> str:
    """Write a finding as errors are written, with its kind at the end."""
    error = InputError(
        finding.text,
        remedy=finding.remedy,
        file=finding.file,
        line=finding.line,
        resource=finding.resource,
    )
    return f"{error} [{finding.rule}]"
