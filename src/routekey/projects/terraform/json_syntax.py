"""`.tf.json` files, and what CDK for Terraform writes, as the tree that HCL text becomes.

What is a block and what an argument cannot be told by its looks, and need not be: blocks within a
resource are read as lists of maps, which is what arguments of that name come to.
Source: Terraform language, "JSON Configuration Syntax".
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from routekey.projects.cloudformation.intrinsics import kind_of
from routekey.projects.document import Document, Path_, Value, parse_document
from routekey.projects.terraform.parser import parse_template
from routekey.projects.terraform.syntax import Block, Body, Expression, ListOf, Literal, MapOf

_LABELS: Final[Mapping[str, int]] = {
    "data": 2,
    "locals": 0,
    "module": 1,
    "output": 1,
    "provider": 1,
    "resource": 2,
    "terraform": 0,
    "variable": 1,
}
_PLAIN: Final = frozenset(("source", "type"))
"""Arguments that are no templates: the source of a module and the type of a variable."""


def parse_json(text: str, *, file: str) -> Body:
    """Parse a `.tf.json` file.

    Raises:
        ProjectError: the text is not JSON, or a block is not a map.
    """
    document = parse_document(text, file=file)
    return Body(attributes={}, blocks=tuple(_blocks(document)))


def parse_json_values(text: str, *, file: str) -> Body:
    """Parse a `.tfvars.json` file: values of variables, without templates.

    Raises:
        ProjectError: the text is not JSON, or not a map.
    """
    document = parse_document(text, file=file)
    values = _map(document, (), document.value)
    return Body(attributes={name: (_plain(item), 1) for name, item in values.items()}, blocks=())


def _blocks(document: Document) -> Iterator[Block]:
    for kind, value in _map(document, (), document.value).items():
        if kind in _LABELS:
            yield from _labelled(document, kind, (), (kind,), value)


def _labelled(
    document: Document, kind: str, labels: tuple[str, ...], path: Path_, value: Value
) -> Iterator[Block]:
    """Go down through the labels; a list stands for several blocks of the same ones."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _labelled(document, kind, labels, (*path, index), item)
    elif len(labels) < _LABELS[kind]:
        for label, item in _map(document, path, value).items():
            yield from _labelled(document, kind, (*labels, label), (*path, label), item)
    else:
        yield Block(
            type=kind,
            labels=labels,
            body=_body(document, path, value),
            line=document.place(*path).line or 1,
        )


def _body(document: Document, path: Path_, value: Value) -> Body:
    def template(text: str) -> Expression:
        return parse_template(text, file=document.file)

    attributes = {
        name: (
            _expression(item, _literal if name in _PLAIN else template),
            document.place(*path, name).line or 1,
        )
        for name, item in _map(document, path, value).items()
        if name != "//"  # a comment
    }
    return Body(attributes=attributes, blocks=())


def _expression(value: Value, text: Callable[[str], Expression]) -> Expression:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return ListOf(tuple(_expression(item, text) for item in value))
    if isinstance(value, dict):
        pairs = ((text(key), _expression(item, text)) for key, item in value.items())
        return MapOf(tuple(pairs))
    return Literal(value)


def _plain(value: Value) -> Expression:
    return _expression(value, _literal)


def _literal(text: str) -> Expression:
    return Literal(text)


def _map(document: Document, path: Path_, value: Value) -> Mapping[str, Value]:
    if not isinstance(value, dict):
        raise document.place(*path).error(f"a map is expected here, not {kind_of(value)}")
    return value
