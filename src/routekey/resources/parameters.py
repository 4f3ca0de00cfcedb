"""Request parameters of an integration: which of its headers, queries and path parts come whence.

    integration.request.header.X        ←  route.request.header.X            $connect only
    integration.request.querystring.X   ←  route.request.querystring.X       $connect only
    integration.request.path.X          ←  route.request.body.some.path      messages only
                                        ←  stageVariables.X, context.X, 'text'

Source: DP-INT-48 to DP-INT-51.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from routekey.errors import ProjectError
from routekey.languages.jsonpath import Path, compile_path


class Place(Enum):
    """Where a mapped parameter goes."""

    HEADER = "header"
    QUERYSTRING = "querystring"
    PATH = "path"


class Origin(Enum):
    """Where its value comes from."""

    HEADER = "route.request.header"
    QUERYSTRING = "route.request.querystring"
    MULTI_VALUE_HEADER = "route.request.multivalueheader"
    MULTI_VALUE_QUERYSTRING = "route.request.multivaluequerystring"
    BODY = "route.request.body"
    STAGE_VARIABLE = "stageVariables"
    CONTEXT = "context"
    STATIC = "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSource:
    """One value that a request can give."""

    origin: Origin
    name: str = ""
    """Of the header, variable …, or the static text itself."""
    path: Path | None = None
    """Into the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterMapping:
    """One line of `RequestParameters`."""

    place: Place
    name: str
    source: ParameterSource


_TARGET: Final = re.compile(r"integration\.request\.(header|querystring|path)\.([A-Za-z0-9._$-]+)")
_NAME: Final = re.compile(r"[A-Za-z0-9._$-]+")
_NAMED: Final = (
    Origin.MULTI_VALUE_QUERYSTRING,
    Origin.MULTI_VALUE_HEADER,
    Origin.QUERYSTRING,
    Origin.HEADER,
    Origin.STAGE_VARIABLE,
    Origin.CONTEXT,
)


def parse_parameters(parameters: Mapping[str, str]) -> tuple[ParameterMapping, ...]:
    """Parse `RequestParameters`.

    Raises:
        ProjectError: a key or value has none of the forms above.
    """
    return tuple(_parse_mapping(target, source) for target, source in parameters.items())


def parse_source(text: str) -> ParameterSource | None:
    """Parse where a value comes from; None where the text has none of the known forms."""
    if len(text) > 1 and text[0] == text[-1] == "'":
        return ParameterSource(origin=Origin.STATIC, name=text[1:-1])
    if text == Origin.BODY.value:
        return ParameterSource(origin=Origin.BODY, path=compile_path("$"))
    if text.startswith(f"{Origin.BODY.value}."):
        path = compile_path("$" + text.removeprefix(Origin.BODY.value))
        return ParameterSource(origin=Origin.BODY, path=path)
    for origin in _NAMED:
        name = text.removeprefix(f"{origin.value}.")
        if name != text and _NAME.fullmatch(name):
            return ParameterSource(origin=origin, name=name)
    return None


def _parse_mapping(target: str, text: str) -> ParameterMapping:
    match = _TARGET.fullmatch(target)
    if match is None:
        raise ProjectError(
            f"the request parameter {target!r} is none",
            remedy="Write integration.request.header.NAME, .querystring.NAME or .path.NAME.",
        )
    source = parse_source(text)
    if source is None:
        raise ProjectError(
            f"the value {text!r} of request parameter {target} is none that can be mapped",
            remedy="Write 'text' in single quotes, route.request.header.NAME, "
            "route.request.querystring.NAME, route.request.body.PATH, context.NAME or "
            "stageVariables.NAME.",
        )
    return ParameterMapping(place=Place(match[1]), name=match[2], source=source)
