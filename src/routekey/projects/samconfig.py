"""`samconfig.toml`: the stack's name, region and parameters, as `sam deploy` takes them.

Source: in-the-wild 1; the AWS SAM CLI configuration file, version 0.1.
"""

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from routekey.errors import ProjectError
from routekey.projects.document import read_text

_NAMES = ("samconfig.toml",)
_COMMANDS = ("global", "deploy")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamConfig:
    """What the file says of a deployment."""

    region: str | None = None
    stack_name: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()


def read_samconfig(
    folder: Path, environment: str | None = None, start: Path | None = None
) -> SamConfig:
    """Read the settings of one environment; empty ones where there is no file.

    Args:
        folder: where the template is.
        environment: its name; one that the file does not have, and None, stand for `default`.
        start: where `sam deploy` is run; a file there counts where the template has none beside it.

    Raises:
        ProjectError: the file is not TOML, or not UTF-8.
    """
    places = (folder / name for folder in (folder, start or folder) for name in _NAMES)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        return SamConfig()
    try:
        content: object = tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProjectError(f"not valid TOML: {error}", file=str(path)) from error
    chosen = environment if environment and _table(content, environment) else "default"
    settings: dict[str, object] = {}
    for command in _COMMANDS:
        settings |= _table(_table(_table(content, chosen), command), "parameters")
    region, stack_name = settings.get("region"), settings.get("stack_name")
    return SamConfig(
        region=region if isinstance(region, str) else None,
        stack_name=stack_name if isinstance(stack_name, str) else None,
        parameters=_overrides(settings.get("parameter_overrides"), str(path)),
        files=(str(path),),
    )


def _table(value: object, name: str) -> Mapping[str, object]:
    inner = value.get(name) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def _overrides(value: object, file: str) -> Mapping[str, str]:
    """Read `Name=value Other="with blanks"`, as text or as a list, or a table."""
    if isinstance(value, Mapping):
        return {str(name): str(item) for name, item in value.items()}
    text = " ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ProjectError(f"parameter_overrides: {error}", file=file) from error
    pairs = (word.partition("=") for word in words)
    return {name: item for name, found, item in pairs if found}
