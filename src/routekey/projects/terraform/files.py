"""Functions that read files, and those that depend on when they are called.

Relative paths start at the root of the configuration, where Terraform is run.
"""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from routekey.projects.document import Place, Value, parse_document, read_text
from routekey.projects.handler_files import is_file
from routekey.projects.terraform.evaluation import Budget, Scope, evaluate
from routekey.projects.terraform.functions import to_text
from routekey.projects.terraform.parser import parse_template

FILES_MAX = 1000  # of one fileset
_MOMENT = "1970-01-01T00:00:00Z"
_CONSTANT: Final[Mapping[str, Value]] = {
    "timestamp": _MOMENT,
    "plantimestamp": _MOMENT,
    "uuid": "00000000-0000-4000-8000-000000000000",
}
"""What is different at each run, and must not be here: a reload would change ids and names."""


class Ground(Protocol):
    """What file functions stand on."""

    @property
    def root(self) -> Path:
        """The folder that Terraform is run in."""
        ...

    @property
    def budget(self) -> Budget:
        """How much may be built."""
        ...

    @property
    def files(self) -> list[str]:
        """Takes the files that were read."""
        ...


def call_file_function(name: str, arguments: list[Value], ground: Ground, place: Place) -> Value:
    """Call a function that reads a file.

    Raises:
        ProjectError: there is no such function or file.
    """
    if name in _CONSTANT:
        return _CONSTANT[name]
    if name == "templatefile":
        return _template_file(arguments, ground, place)
    if name == "yamldecode":
        return parse_document(_text(arguments, 0, place), file=place.document.file).value
    function = _FILE_FUNCTIONS.get(name)
    if function is None:
        raise place.error(f"there is no function {name}")
    return function(_path(arguments, ground, place), arguments, ground, place)


def _text(arguments: list[Value], index: int, place: Place) -> str:
    if index >= len(arguments):
        raise place.error("the function takes more arguments")
    return to_text(arguments[index], place)


def _path(arguments: list[Value], ground: Ground, place: Place) -> Path:
    text = _text(arguments, 0, place)
    try:
        return (ground.root / text).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise place.error(f"{text[:200]!r} is not a path: {error}") from error


def _read(path: Path, ground: Ground, place: Place) -> str:
    if not is_file(path):
        raise place.error(f"there is no file {path}")
    text = read_text(path)
    ground.budget.spend(1 + (len(text) >> 10), place)
    if str(path) not in ground.files:
        ground.files.append(str(path))
    return text


def _template_file(arguments: list[Value], ground: Ground, place: Place) -> Value:
    path = _path(arguments, ground, place)
    names = arguments[1] if len(arguments) > 1 else {}
    if not isinstance(names, dict):
        raise place.error("templatefile takes a path and a map")
    return render_template(_read(path, ground, place), names, ground, place, file=str(path))


def render_template(
    text: str, names: dict[str, Value], ground: Ground, place: Place, *, file: str
) -> Value:
    """Fill in a template that is a file of its own, or an argument of `template_file`.

    Raises:
        ProjectError: it is malformed, or needs a name that it is not given.
    """
    template = parse_template(text, file=file)

    def unknown(name: str, where: Place) -> Value:
        raise where.error(f"the template {Path(file).name} is not given {name}")

    def call(name: str, inner: list[Value], where: Place) -> Value:
        if name == "templatefile":
            raise where.error("a template may not call templatefile")
        return call_file_function(name, inner, ground, where)

    scope = Scope(namespace=unknown, call=call, budget=ground.budget, names=names)
    return evaluate(template, scope, place)


def _file(path: Path, _: list[Value], ground: Ground, place: Place) -> Value:
    return _read(path, ground, place)


def _file_base64(path: Path, _: list[Value], ground: Ground, place: Place) -> Value:
    return base64.b64encode(_read(path, ground, place).encode()).decode()


def _file_exists(path: Path, _: list[Value], __: Ground, ___: Place) -> Value:
    return is_file(path)


def _file_digest(path: Path, _: list[Value], __: Ground, ___: Place) -> Value:
    return f"digest-of-{path.name}"  # it only decides whether to upload


def _file_set(path: Path, arguments: list[Value], ground: Ground, place: Place) -> Value:
    pattern = _text(arguments, 1, place)
    found: list[Value] = []
    try:
        for each in path.glob(pattern):
            if each.is_file():
                ground.budget.spend(1, place)
                found.append(str(each.relative_to(path)))
            if len(found) > FILES_MAX:
                raise place.error(f"fileset finds more than {FILES_MAX} files")
    except (OSError, ValueError, NotImplementedError) as error:
        raise place.error(f"{pattern[:100]!r} is not a pattern: {error}") from error
    return sorted(found, key=str)


def _absolute(path: Path, _: list[Value], __: Ground, ___: Place) -> Value:
    return str(path)


_FILE_FUNCTIONS: Final[Mapping[str, Callable[[Path, list[Value], Ground, Place], Value]]] = {
    "abspath": _absolute,
    "file": _file,
    "filebase64": _file_base64,
    "filebase64sha256": _file_digest,
    "fileexists": _file_exists,
    "filemd5": _file_digest,
    "fileset": _file_set,
    "filesha1": _file_digest,
    "filesha256": _file_digest,
    "pathexpand": _absolute,
}
