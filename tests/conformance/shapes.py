"""Values of a service model's shapes: random ones that hold every bound, and ones that break one.

What the model does not say (that a target names an integration, say) is said by the caller.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import regex
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
Known = Callable[[str, Shape], st.SearchStrategy[Any] | None]
"""Says for a path (`CreateStage.RouteSettings.key`) what the model does not say of its values."""

ITEMS_MAX: Final = 2
TEXT_CHARACTERS_MAX: Final = 24
_LARGE: Final = 100_000
"""Longer values are not made: no bound of a member in a path or a query is so far away."""
_NAMED_BOUNDS: Final = re.compile(r"(?:String|Uri)WithLengthBetween(\d+)And(\d+)(K?)")
_CLASS: Final = re.compile(r"\(?(\[[^\]]+\])[*+]\)?")
"""A pattern that is one class of characters."""
_STRANGERS: Final = ("%", " ", "\n", "\u2603", "\x07")
"""Characters, one of which no pattern lets pass."""
_TEXT: Final = st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co", "Cs"])
_PLAIN: Final = st.characters(min_codepoint=32, max_codepoint=126)


@dataclass(frozen=True)
class Broken:
    """A value that breaks one bound."""

    path: str
    value: Any
    constraint: str
    """How AWS says which one."""


def draw_value(draw: Draw, shape: Shape, path: str, known: Known) -> Any:
    """Draw a value of a shape; structures have all of their members."""
    given = known(path, shape)
    if given is not None:
        return draw(given)
    match shape:
        case StructureShape():
            return {
                name: draw_value(draw, member, f"{path}.{name}", known)
                for name, member in shape.members.items()
            }
        case ListShape():
            return [
                draw_value(draw, shape.member, f"{path}.item", known)
                for _ in range(draw(_sizes(shape)))
            ]
        case MapShape():
            return {
                draw_value(draw, shape.key, f"{path}.key", known): draw_value(
                    draw, shape.value, f"{path}.value", known
                )
                for _ in range(draw(_sizes(shape)))
            }
        case _:
            return draw(_simple(shape))


def break_value(shape: Shape, value: Any, path: str) -> Iterator[Broken]:
    """Break each bound of a value in turn, inside of it too."""
    match shape:
        case StructureShape():
            yield from _break_structure(shape, value, path)
        case ListShape():
            for broken in break_value(shape.member, value[0], f"{path}.item") if value else ():
                yield replace(broken, value=[broken.value, *value[1:]])
            yield from _break_size(shape, path, lambda size: [*value, *([value[0]] * size)][:size])
        case MapShape():
            for key, item in list(value.items())[:1]:
                for broken in break_value(shape.key, key, f"{path}.key"):
                    yield replace(broken, value={broken.value: item})
                for broken in break_value(shape.value, item, f"{path}.value"):
                    yield replace(broken, value={key: broken.value})
        case StringShape():
            yield from _break_text(shape, value, path)
        case _ if shape.type_name != "blob":
            yield from _break_number(shape, path)
        case _:
            return


def list_paths(shape: Shape, path: str) -> Iterator[str]:
    """List the paths of a shape and of all that is in it."""
    yield path
    match shape:
        case StructureShape():
            for name, member in shape.members.items():
                yield from list_paths(member, f"{path}.{name}")
        case ListShape():
            yield from list_paths(shape.member, f"{path}.item")
        case MapShape():
            yield from list_paths(shape.key, f"{path}.key")
            yield from list_paths(shape.value, f"{path}.value")
        case _:
            return


def find_bounds(shape: Shape) -> tuple[int, int | None]:
    """Find how long a value may be; API Gateway says it in the names of its shapes."""
    match = _NAMED_BOUNDS.fullmatch(shape.name)
    if match is None:
        return shape.metadata.get("min", 0), shape.metadata.get("max")
    return int(match[1]), int(match[2]) * (1024 if match[3] else 1)


def _sizes(shape: Shape) -> st.SearchStrategy[int]:
    least, most = find_bounds(shape)
    least = max(least, min(1, 1 if most is None else most))
    return st.integers(least, max(least, min(ITEMS_MAX, ITEMS_MAX if most is None else most)))


def _simple(shape: Shape) -> st.SearchStrategy[Any]:
    least, most = find_bounds(shape)
    match shape.type_name:
        case "string" if isinstance(shape, StringShape) and shape.enum:
            return st.sampled_from(shape.enum)
        case "string":
            return _texts(shape, least, most)
        case "integer" | "long":
            return st.integers(least, 10_000 if most is None else most)
        case "double" | "float":
            return st.floats(least, 10_000 if most is None else most, width=32)
        case "boolean":
            return st.booleans()
        case "timestamp":
            return st.integers(1_600_000_000, 1_700_000_000).map(
                lambda seconds: datetime.fromtimestamp(seconds, UTC)
            )
        case other:
            raise AssertionError(f"no value is known for {shape.name}, a {other}")


def _texts(shape: Shape, least: int, most: int | None) -> st.SearchStrategy[str]:
    longest = max(least, min(TEXT_CHARACTERS_MAX, most or TEXT_CHARACTERS_MAX))
    shortest = max(least, min(1, longest))
    pattern = shape.metadata.get("pattern")
    if pattern is None:
        return st.text(_TEXT, min_size=shortest, max_size=longest)
    if r"\p" in pattern:  # tags: letters, digits and a few others, which Hypothesis cannot read
        return st.text("abcXYZ019_.:/=+-@ \u00e4\u4e2d", min_size=shortest, max_size=longest)
    repeated = _CLASS.fullmatch(pattern)
    if repeated is not None:  # else few texts would be long enough
        pattern = f"{repeated[1]}{{{shortest},{longest}}}"
    texts = st.from_regex(pattern, fullmatch=True, alphabet=_PLAIN)
    return texts.filter(lambda text: shortest <= len(text) <= (most or _LARGE))


def _break_structure(
    shape: StructureShape, value: Mapping[str, Any], path: str
) -> Iterator[Broken]:
    for name, item in value.items():
        for broken in break_value(shape.members[name], item, f"{path}.{name}"):
            yield replace(broken, value={**value, name: broken.value})
    for name in shape.required_members:
        left = {other: item for other, item in value.items() if other != name}
        yield Broken(f"{path}.{name}", left, "")


def _break_size(shape: Shape, path: str, make: Callable[[int], Any]) -> Iterator[Broken]:
    least, most = find_bounds(shape)
    if least:
        text = f"have length greater than or equal to {least}"
        yield Broken(path, make(least - 1), text)
    if most is not None and most < _LARGE:
        yield Broken(path, make(most + 1), f"have length less than or equal to {most}")


def _break_number(shape: Shape, path: str) -> Iterator[Broken]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None:
        yield Broken(path, least - 1, f"have value greater than or equal to {least}")
    if most is not None:
        yield Broken(path, most + 1, f"have value less than or equal to {most}")


def _break_text(shape: StringShape, value: str, path: str) -> Iterator[Broken]:
    if shape.enum:
        wanted = ", ".join(shape.enum)
        yield Broken(path, "NOT_ONE_OF_THEM", f"satisfy enum value set: [{wanted}]")
        return
    yield from _break_size(shape, path, lambda size: value[:size].ljust(size, value[-1:] or "x"))
    pattern = shape.metadata.get("pattern")
    if pattern is None:
        return
    least, _ = find_bounds(shape)
    for stranger in _STRANGERS:
        text = stranger * max(least, 1)
        if not regex.fullmatch(pattern, text):
            yield Broken(path, text, f"satisfy regular expression pattern: {pattern}")
            return
