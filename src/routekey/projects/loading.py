"""Find out what a folder has, and load it."""

import re
from pathlib import Path

from routekey.errors import InputError, ProjectError
from routekey.projects.cloudformation.loading import StackSource, load_stacks
from routekey.projects.cloudformation.template import is_template
from routekey.projects.document import read_document
from routekey.projects.notices import Notices
from routekey.projects.options import LoadOptions
from routekey.projects.samconfig import read_samconfig
from routekey.resources.project import Project

REGION = "us-east-1"

_TEMPLATES = tuple(
    f"{stem}.{suffix}"
    for stem in ("template", "sam", "cloudformation", "serverless-template")
    for suffix in ("yaml", "yml", "json")
)
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9]+")


def load(path: Path, *, options: LoadOptions | None = None) -> Project:
    """Load the project in a folder, or the one that a file describes.

    Raises:
        ProjectError: there is no project, or it cannot be used; with file, line and remedy.
    """
    try:
        return _load(path, options or LoadOptions())
    except ProjectError:
        raise
    except InputError as error:
        raise ProjectError(
            error.problem,
            remedy=error.remedy,
            file=error.file or str(path),
            line=error.line,
            resource=error.resource,
        ) from error
    except RecursionError as error:
        raise ProjectError("references lead too deep to be followed", file=str(path)) from error


def _load(path: Path, options: LoadOptions) -> Project:
    file = _find(path)
    document = read_document(file)
    config = read_samconfig(file.parent)
    name = options.stack_name or config.stack_name or _name_of(file.parent)
    return load_stacks(
        [
            StackSource(
                document=document,
                stack_name=name,
                parameters={**config.parameters, **options.parameters},
            )
        ],
        region=options.region or config.region or REGION,
        account_id=options.account_id,
        stage=options.stage,
        notices=Notices(),
    )


def _find(path: Path) -> Path:
    """Find the description in a folder."""
    path = path.absolute()
    if path.is_file():
        return path
    if not path.is_dir():
        raise ProjectError("there is no such file or folder", file=str(path))
    for name in _TEMPLATES:
        if (path / name).is_file():
            return path / name
    for candidate in sorted(path.iterdir()):
        is_description = candidate.suffix in {".yaml", ".yml", ".json", ".template"}
        if is_description and is_template(read_document(candidate).value):
            return candidate
    raise ProjectError(
        "there is no project in this folder",
        remedy="Give a folder with a SAM or CloudFormation template (template.yaml), or a file",
        file=str(path),
    )


def _name_of(folder: Path) -> str:
    """Make a stack's name of a folder's: letters, digits and hyphens, a letter first."""
    name = _NOT_A_NAME.sub("-", folder.name).strip("-")
    return name if name[:1].isalpha() else f"project-{name}".rstrip("-")
