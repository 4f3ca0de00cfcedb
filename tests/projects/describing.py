"""A project as text, for goldens: fields that differ from their default, one a line."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path

from routekey.errors import ProjectError
from routekey.languages.iam import Policy
from routekey.projects import LoadOptions, load
from routekey.resources.project import Notice, Project


def load_as_text(path: Path, folder: Path, options: LoadOptions) -> str:
    """Load a project; describe it, or the error that it ends in, with paths below `folder`."""
    try:
        project = load(path, options=options)
    except ProjectError as error:
        text = f"error: {error}\n"
    else:
        text = describe(project)
    return text.replace(f"{folder}/", "").replace(str(folder), ".")


def describe(project: Project) -> str:
    """Describe a project."""
    return "".join(f"{line}\n" for line in _lines("", project))


def _lines(indent: str, value: object) -> Iterator[str]:
    for name, item in _members(value):
        if isinstance(item, Policy):
            yield f"{indent}{name}: {_policy(item)}"
        elif isinstance(item, Notice):
            where = ":".join(str(part) for part in (item.file, item.line) if part)
            yield f"{indent}{name}: {': '.join(filter(None, (where, item.resource, item.text)))}"
        elif _is_nested(item):
            yield f"{indent}{name}:"
            yield from _lines(f"{indent}  ", item)
        else:
            yield f"{indent}{name}: {item}"


def _members(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, tuple):
        for item in value:
            yield f"- {type(item).__name__}", item
    elif is_dataclass(value):
        for field in fields(value):
            item = getattr(value, field.name)
            if item != _default(field):
                yield field.name, item


def _default(field: Field[object]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _policy(policy: Policy) -> str:
    actions = ", ".join(
        str(pattern) for statement in policy.statements for pattern in statement.actions.patterns
    )
    return f"{policy.name}, {len(policy.statements)} statements" if actions else policy.name


def _is_nested(item: object) -> bool:
    return isinstance(item, Mapping | tuple) or is_dataclass(item)
