"""Which file of a folder describes a project, and which folders below have one.

People start in the folder that they have just cloned, and the description is often one or two
folders below it.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from os.path import normpath
from pathlib import Path
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.cloudformation.template import is_template
from routekey.projects.document import BYTES_MAX, Value, parse_document, read_text
from routekey.projects.handler_files import is_file, is_folder
from routekey.projects.serverless_framework import is_service
from routekey.projects.terraform import is_plan

SUFFIXES: Final = (".yaml", ".yml", ".json")
_DEPTH_MAX: Final = 3  # deeper lie examples and modules
_FOLDERS_MAX: Final = 500  # a repository of many projects has to be told which
_SHOWN_MAX: Final = 5
_PASSED_OVER: Final = frozenset(
    ("__pycache__", "build", "dist", "node_modules", "site-packages", "test", "tests", "venv")
)
_WEBSOCKET: Final = ("WEBSOCKET", "WebSocketApi", "aws_apigatewayv2")
_SPEAKS: Final = ("WEBSOCKET", "WebSocketApi", "websocket:", "websocketsApi")
_DESCRIBING: Final = frozenset((*SUFFIXES, ".tf", ".py", ".ts", ".js"))
_FILES_MAX: Final = 300  # of a project's descriptions, to tell whether they speak of such an API
_NESTING: Final = {
    "AWS::CloudFormation::Stack": "TemplateURL",
    "AWS::Serverless::Application": "Location",
}
"""Resources that are templates, and where they say which."""
_MODULE: Final = re.compile(r'\bsource\s*=\s*"(\.{1,2}/[^"$]*)"')


def find_template(folder: Path) -> Path | None:
    """Find a file that reads like a template, whatever its name: the first with a WebSocket API.

    A template that another one nests is a part of that one.

    Returns:
        None where none does; a file that cannot be read is none.
    """
    found: dict[Path, set[Path]] = {}
    for file in _descriptions(folder):
        if is_template(value := _parse(file)) or is_plan(value) or is_service(value):
            found[file] = _nested(file, value)
    nested = {each for inner in found.values() for each in inner}
    whole = [file for file in found if file not in nested] or list(found)

    def is_silent(file: Path) -> bool:
        texts = map(_read, (file, *found[file]))
        return not any(word in text for text in texts for word in _WEBSOCKET)

    return min(whole, key=is_silent, default=None)


def _descriptions(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.iterdir()):
        if file.suffix in {*SUFFIXES, ".template"} and is_file(file):
            yield file


def _parse(file: Path) -> Value:
    try:
        return parse_document(_read(file), file=str(file)).value
    except ProjectError:
        return None


def _nested(file: Path, value: Value) -> set[Path]:
    """Tell which files on this machine a template nests."""
    resources = value.get("Resources") if isinstance(value, dict) else None
    found = set()
    for resource in resources.values() if isinstance(resources, dict) else ():
        kind = str(resource.get("Type")) if isinstance(resource, dict) else ""
        properties = resource.get("Properties") if isinstance(resource, dict) else None
        location = properties.get(_NESTING.get(kind, "")) if isinstance(properties, dict) else None
        if isinstance(location, str):
            found.add(Path(normpath(file.parent / location)))
    return found


def _has_websocket_template(folder: Path) -> bool:
    """Tell whether a folder has a template of a WebSocket API, whatever its name."""
    return any(
        any(word in text for word in _WEBSOCKET) and is_template(_parse(file))
        for file in _descriptions(folder)
        if "Resources" in (text := _read(file))
    )


def find_below(
    folder: Path, has_project: Callable[[Path], bool], is_foreign: Callable[[Path], bool]
) -> Path:
    """Find the one folder below that has a project, or the one that has a WebSocket API.

    Where none of those has one, a template of another name counts that does.

    Args:
        folder: where to look.
        has_project: tells whether a folder has what is read here.
        is_foreign: tells whether it has what only another tool can read, which is better than
            nothing: its name says what to do.

    Raises:
        ProjectError: none has, or several have; with their names.
    """
    found = list(_search(folder, has_project))
    if not any(map(_speaks, found)):
        named_otherwise = list(_search(folder, _has_websocket_template))
        found = named_otherwise if len(named_otherwise) == 1 else found or named_otherwise
    called = {module for each in found for module in _modules(each)}
    found = [each for each in found if each.resolve() not in called] or found
    speaking = [each for each in found if _speaks(each)] if len(found) > 1 else found
    if len(speaking) == 1:
        return speaking[0]
    if not found and (foreign := next(_search(folder, is_foreign), None)) is not None:
        return foreign
    if not found:
        raise ProjectError(
            "there is no project in this folder",
            remedy="Give a folder with a SAM or CloudFormation template (template.yaml), "
            "a serverless.yml, a cdk.out, .tf files or a routekey.toml, or name the file",
            file=str(folder),
        )
    names = [str(each.relative_to(folder)) for each in found]
    more = f" and {len(names) - _SHOWN_MAX} more" if len(names) > _SHOWN_MAX else ""
    raise ProjectError(
        "there is no project in this folder, and there are several below",
        remedy=f"Name one of {', '.join(names[:_SHOWN_MAX])}{more}",
        file=str(folder),
    )


def _modules(folder: Path) -> set[Path]:
    """Tell which folders a configuration of Terraform calls as its modules, and they in turn."""
    found: set[Path] = set()
    waiting = [folder]
    for here in waiting:
        for file in here.glob("*.tf"):
            for source in _MODULE.findall(_read(file)):
                module = (here / source).resolve()
                if module not in found and len(found) < _FOLDERS_MAX and is_folder(module):
                    found.add(module)
                    waiting.append(module)
    return found


def _speaks(folder: Path) -> bool:
    """Tell whether what describes a project, in its folder or one below, has a WebSocket API."""
    around = [folder, *_modules(folder), *(each for each in _folders(folder))]
    files = (file for here in around for file in sorted(here.iterdir()))
    described = (file for file in files if file.suffix in _DESCRIBING and is_file(file))
    return any(
        word in text for text in map(_read, islice(described, _FILES_MAX)) for word in _SPEAKS
    )


def _read(file: Path) -> str:
    try:
        return read_text(file) if file.stat().st_size <= BYTES_MAX else ""
    except (OSError, ValueError, ProjectError):
        return ""  # its loader says what is wrong with it


def _search(folder: Path, has_project: Callable[[Path], bool]) -> Iterator[Path]:
    """Go through the folders below, the upper ones first; what lies in a project is its own."""
    waiting, left = [(folder, 0)], _FOLDERS_MAX
    for here, depth in waiting:
        for inner in _folders(here):
            left -= 1
            if left < 0:
                return
            if has_project(inner):
                yield inner
            elif depth + 1 < _DEPTH_MAX:
                waiting.append((inner, depth + 1))


def _folders(folder: Path) -> list[Path]:
    try:
        inner = [each for each in folder.iterdir() if each.is_dir() and not each.is_symlink()]
    except OSError:
        return []  # not ours to read
    return sorted(
        each
        for each in inner
        if each.name not in _PASSED_OVER and not each.name.startswith((".", "cdk.out"))
    )
