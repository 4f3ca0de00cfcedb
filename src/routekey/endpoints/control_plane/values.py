"""Values of the service models: JSON that arrives is checked by its shape, what leaves is written.

The texts of refusals are AWS's where they are known, else those that its frameworks use.

Source: CP-PROTO-01, CP-RESP-01, CP-ROUTE-03; the shapes of botocore.
"""

import base64
import re
from collections.abc import Callable, Mapping, Sized
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, cast

import regex
from botocore import xform_name
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

_BOUNDS: Final = re.compile(r"(?:String|Uri)WithLengthBetween(\d+)And(\d+)(K?)")
"""API Gateway writes the bounds of a string into the name of its shape, and nowhere else."""
_WORDS: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_OPTIONAL: Final = frozenset({"IdentitySource"})
"""Members that the model requires, and AWS does not. Source: CP-AUTHZ-02."""
_JUDGED_BY_OPERATION: Final = frozenset(
    {
        "AuthorizerPayloadFormatVersion",  # refused whatever it is (CP-AUTHZ-04)
        "AuthorizerType",  # refused in other words (CP-AUTHZ-04)
        "Environment.Variables",  # the same: LAM-ENV-02
        "IntegrationUri",  # may be empty (CP-INT-05)
        "ProtocolType",  # refused in other words (CP-API-01)
        "Runtime",  # the same: by Lambda
    }
)
"""Members whose value AWS refuses in other words than by its shape, or not at all."""
_CLEARED: Final = frozenset(
    {"ConnectionId", "ContentType", "IntegrationSubtype", "OperationName", "Target", "Version"}
)
"""Members that an update takes away with an empty text, however long a text has to be elsewhere:
what Terraform sends when one is dropped from its configuration."""


_BLANK: Final = frozenset({"RequestParameters", "Tags"})
"""Maps whose values may be empty, however long a value has to be: in an update of an integration
that takes a parameter away, and a tag is one without a value, too (CP-TAG-01)."""


class ShapeError(Exception):
    """A member is missing, or is not what its shape says; the text is for the caller."""

    @property
    def validation(self) -> str:
        """What it says where the framework's own texts are told: of Lambda, IAM and STS."""
        return str(self)


class MissingError(ShapeError):
    """A member that is required is missing."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{_say(name.rpartition('.')[2])} is required")
        self.name = name

    @property
    def validation(self) -> str:
        """The same, as Lambda, IAM and STS say it."""
        return _say_violation("Value null", self.name, "Member must not be null")


def read(
    shape: StructureShape, members: Mapping[str, object], *, place: str = ""
) -> dict[str, Any]:
    """Check the members of a request, named as in the model; name them in snake case.

    A member that is null is taken as absent.

    Args:
        shape: what they have to be.
        members: they.
        place: the structure's own name and a dot, where it is inside of another one.

    Raises:
        ShapeError: one of them does not hold.
    """
    given = {name: value for name, value in members.items() if value is not None}
    for name in shape.required_members:
        if name not in given and name not in _OPTIONAL:
            raise MissingError(place + name)
    cleared = _CLEARED if shape.name.startswith("Update") else frozenset()
    return {
        xform_name(name): ""
        if name in cleared and given[name] == ""
        else _read_member(place + name, member, given[name])
        for name, member in shape.members.items()
        if name in given
    }


def write(shape: Shape, value: object) -> object:
    """Write a value as JSON has it; what is None is left out (CP-RESP-01)."""
    match shape.type_name:
        case "structure":
            inside = cast("Mapping[str, object]", value)
            return {
                member.serialization.get("name", name): write(member, found)
                for name, member in cast("StructureShape", shape).members.items()
                if (found := inside.get(xform_name(name))) is not None
            }
        case "list":
            member = cast("ListShape", shape).member
            return [write(member, item) for item in cast("list[object]", value)]
        case "map":
            member = cast("MapShape", shape).value
            items = cast("Mapping[str, object]", value).items()
            return {key: write(member, item) for key, item in items}
        case "timestamp":
            return _write_time(shape, cast("int", value))
        case "blob":
            return base64.b64encode(cast("bytes", value)).decode("ascii")
        case _:
            return value


def _read_member(name: str, shape: Shape, value: object) -> object:
    if name in _JUDGED_BY_OPERATION and isinstance(value, str):
        return value
    return _READERS[shape.type_name](name, shape, value)


def _read_structure(name: str, shape: Shape, value: object) -> object:
    structure = cast("StructureShape", shape)
    if not isinstance(value, dict):
        raise _wrong_type(name, "an object")
    wire_names = {
        member.serialization.get("name", inner): inner
        for inner, member in structure.members.items()
    }
    inside = {wire_names[key]: v for key, v in value.items() if key in wire_names}
    return read(structure, inside, place=f"{name}.")


def _read_list(name: str, shape: Shape, value: object) -> object:
    if not isinstance(value, list):
        raise _wrong_type(name, "a list")
    _check_length(name, shape, value)
    member = cast("ListShape", shape).member
    if member.type_name != "structure":
        return [_read_member(name, member, item) for item in value]
    return [
        _read_member(f"{name}.{number}.member", member, item)
        for number, item in enumerate(value, 1)
    ]


def _read_map(name: str, shape: Shape, value: object) -> object:
    if not isinstance(value, dict):
        raise _wrong_type(name, "an object")
    _check_length(name, shape, value)
    key_shape, member = cast("MapShape", shape).key, cast("MapShape", shape).value
    may_be_blank = name in _BLANK
    return {
        str(_read_member(name, key_shape, key)): item
        if item == "" and may_be_blank
        else _read_member(name, member, item)
        for key, item in value.items()
        if item is not None
    }


def _read_string(name: str, shape: Shape, value: object) -> object:
    if not isinstance(value, str):
        raise _wrong_type(name, "a string")
    allowed = cast("StringShape", shape).enum
    if allowed and value not in allowed:
        wanted = ", ".join(allowed)
        raise _violation(name, value, f"Member must satisfy enum value set: [{wanted}]")
    _check_length(name, shape, value)
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not _compile(pattern).fullmatch(value):
        raise _violation(name, value, f"Member must satisfy regular expression pattern: {pattern}")
    return value


def _check_length(name: str, shape: Shape, value: Sized) -> None:
    """Hold how long a text, a list or a map is; only of a text the refusal tells all of it."""
    shortest, longest = _length_bounds(shape)
    if len(value) < shortest:
        bound = f"Member must have length greater than or equal to {shortest}"
    elif longest is not None and len(value) > longest:
        bound = f"Member must have length less than or equal to {longest}"
    else:
        return
    if isinstance(value, str):
        raise _violation(name, value, bound)
    raise ShapeError(_say_violation("Value", name, bound))


def _read_integer(name: str, shape: Shape, value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):  # from a path or query
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong_type(name, "an integer")
    return _check_range(name, shape, value)


def _check_range(name: str, shape: Shape, value: float) -> float:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        raise _violation(name, value, f"Member must have value greater than or equal to {least}")
    if most is not None and value > most:
        raise _violation(name, value, f"Member must have value less than or equal to {most}")
    return value


def _read_number(name: str, shape: Shape, value: object) -> object:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _wrong_type(name, "a number")
    return _check_range(name, shape, float(value))


def _read_boolean(name: str, _: Shape, value: object) -> object:
    if isinstance(value, str) and value in {"true", "false"}:  # from a query
        return value == "true"
    if not isinstance(value, bool):
        raise _wrong_type(name, "a boolean")
    return value


def _read_time(name: str, _: Shape, value: object) -> object:
    """Read a time, in either of the two spellings, as seconds since 1970."""
    try:
        if isinstance(value, str):
            return int(datetime.fromisoformat(value).timestamp())
        if isinstance(value, int | float) and not isinstance(value, bool):
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise _wrong_type(name, "a timestamp")


def _read_blob(name: str, _: Shape, value: object) -> object:
    if isinstance(value, bytes):  # the body itself
        return value
    try:
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
    except ValueError:  # as `binascii.Error` is one, and as a text beyond ASCII is met with
        pass
    raise _wrong_type(name, "base64")


_READERS: Final[Mapping[str, Callable[[str, Shape, object], object]]] = {
    "blob": _read_blob,
    "boolean": _read_boolean,
    "double": _read_number,
    "float": _read_number,
    "integer": _read_integer,
    "list": _read_list,
    "long": _read_integer,
    "map": _read_map,
    "string": _read_string,
    "structure": _read_structure,
    "timestamp": _read_time,
}


@cache  # the models have some hundred patterns
def _compile(pattern: str) -> regex.Pattern[str]:
    r"""Compile a pattern of Java, whose `\p{L}` the standard library does not know."""
    return regex.compile(pattern)


def _length_bounds(shape: Shape) -> tuple[int, int | None]:
    match = _BOUNDS.fullmatch(shape.name)
    if match is None:
        return shape.metadata.get("min", 0), shape.metadata.get("max")
    return int(match[1]), int(match[2]) * (1024 if match[3] else 1)


def _write_time(shape: Shape, epoch_seconds: int) -> object:
    if shape.serialization.get("timestampFormat") == "iso8601":
        return f"{datetime.fromtimestamp(epoch_seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"  # CP-RESP-04
    return epoch_seconds


def _say(name: str) -> str:
    """Say a member's name in words: `RouteKey`, "Route key"."""
    return " ".join(_WORDS.findall(name)).capitalize()


def _wire(name: str) -> str:
    return ".".join(part[:1].lower() + part[1:] for part in name.split("."))


def _wrong_type(name: str, wanted: str) -> ShapeError:
    return ShapeError(f"Invalid value for '{_wire(name)}': it must be {wanted}")


def _violation(name: str, value: object, constraint: str) -> ShapeError:
    return ShapeError(_say_violation(f"Value '{value}'", name, constraint))


def _say_violation(value: str, name: str, constraint: str) -> str:
    return (
        f"1 validation error detected: {value} at '{_wire(name)}' failed to satisfy "
        f"constraint: {constraint}"
    )
