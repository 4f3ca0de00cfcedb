"""Terraform's functions, those that real configurations of this kind call.

Functions that read files or parse templates are the module's (`module.py`), since their paths are.
Source: Terraform language, "Built-in functions".
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final
from urllib.parse import quote_plus

from routekey.languages.regexes import Regex, RegexError
from routekey.projects.cloudformation.intrinsics import kind_of
from routekey.projects.document import Place, Value

RANGE_MAX = 1024  # Terraform's own limit
TEXT_MAX = RANGE_MAX * RANGE_MAX  # what `replace` may make; a template is smaller
_GO_NAMES = re.compile(r"\(\?P<")
_SPECIAL = re.compile(r"\\|\$(?:\{(?P<braced>\w+)\}|(?P<name>\w+)|\$)?", re.ASCII)
_VERB = re.compile(r"%(?:(?P<flags>[-+0 #]*\d{0,3}(?:\.\d{1,2})?)(?P<verb>[sdqvfxt])|%)")

Function = Callable[[list[Value], Place], Value]


def to_text(value: Value, place: Place) -> str:
    """Write a scalar as Terraform does.

    Raises:
        ProjectError: the value is a list, a map or null.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise place.error(f"text is expected here, not {kind_of(value)}")


def _text(arguments: list[Value], index: int, place: Place) -> str:
    if index >= len(arguments):
        raise place.error("the function takes more arguments")
    return to_text(arguments[index], place)


def _list(arguments: list[Value], index: int, place: Place) -> list[Value]:
    value = arguments[index] if index < len(arguments) else None
    if not isinstance(value, list):
        raise place.error(f"the function takes a list, not {kind_of(value)}")
    return value


def _map(arguments: list[Value], index: int, place: Place) -> dict[str, Value]:
    value = arguments[index] if index < len(arguments) else None
    if not isinstance(value, dict):
        raise place.error(f"the function takes a map, not {kind_of(value)}")
    return value


def _on_text(change: Callable[[str], Value], arguments: list[Value], place: Place) -> Value:
    return change(_text(arguments, 0, place))


def _replace(arguments: list[Value], place: Place) -> Value:
    text, old, new = (_text(arguments, index, place) for index in range(3))
    if len(old) > 1 and old.startswith("/") and old.endswith("/"):
        pattern = _GO_NAMES.sub("(?<", old[1:-1])
        try:
            return Regex(pattern).replace(text, _in_java(new), count=0, characters_max=TEXT_MAX)
        except RegexError as error:
            raise place.error(f"replace: {error}") from error
    if len(new) * text.count(old) > TEXT_MAX:
        raise place.error("replace makes the text too long")
    return text.replace(old, new)


def _in_java(replacement: str) -> str:
    """Write a replacement of Go's as Java has it, where a backslash escapes.

    Go takes the longest name after a `$`, Java a digit. A group that is not there is nothing in Go,
    and an error here: nobody wants that.
    """

    def write(found: re.Match[str]) -> str:
        name = found["braced"] or found["name"]
        if name is None:
            return r"\\" if found[0] == "\\" else r"\$"
        return f"${name}" if name.isdecimal() and len(name) == 1 else f"${{{name}}}"

    return _SPECIAL.sub(write, replacement)


def _join(arguments: list[Value], place: Place) -> Value:
    separator = _text(arguments, 0, place)
    texts = [to_text(item, place) for item in _list(arguments, 1, place)]
    return separator.join(texts)


def _split(arguments: list[Value], place: Place) -> Value:
    separator, text = _text(arguments, 0, place), _text(arguments, 1, place)
    return list(text.split(separator)) if separator else list(text)


def _format(arguments: list[Value], place: Place) -> Value:
    values = iter(arguments[1:])

    def fill(found: re.Match[str]) -> str:
        if found["verb"] is None:
            return "%"
        value = next(values, None)
        if found["verb"] == "q":
            return json.dumps(to_text(value, place))
        if found["verb"] in "dfx" and isinstance(value, int | float):
            number = value if found["verb"] == "f" else int(value)
            return f"%{found['flags']}{found['verb']}" % number
        text = json.dumps(value) if isinstance(value, list | dict) else to_text(value, place)
        return f"%{found['flags']}s" % text

    return _VERB.sub(fill, _text(arguments, 0, place))


def _lookup(arguments: list[Value], place: Place) -> Value:
    values, key = _map(arguments, 0, place), _text(arguments, 1, place)
    if key in values:
        return values[key]
    if len(arguments) > 2:  # noqa: PLR2004  # map, key, default
        return arguments[2]
    raise place.error(f"there is no {key[:100]!r} in this map")


def _element(arguments: list[Value], place: Place) -> Value:
    items = _list(arguments, 0, place)
    index = arguments[1] if len(arguments) > 1 else 0
    if not items or not isinstance(index, int):
        raise place.error("element takes a list that is not empty, and a number")
    return items[index % len(items)]


def _length(arguments: list[Value], place: Place) -> Value:
    value = arguments[0] if arguments else None
    if isinstance(value, str | list | dict):
        return len(value)
    raise place.error(f"length takes text, a list or a map, not {kind_of(value)}")


def _merge(arguments: list[Value], place: Place) -> Value:
    merged: dict[str, Value] = {}
    for index, argument in enumerate(arguments):
        if argument is not None:
            merged |= _map(arguments, index, place)
    return merged


def _concat(arguments: list[Value], place: Place) -> Value:
    return [item for index in range(len(arguments)) for item in _list(arguments, index, place)]


def _flatten(arguments: list[Value], place: Place) -> Value:
    flat: list[Value] = []
    for item in _list(arguments, 0, place):
        inner = _flatten([item], place) if isinstance(item, list) else [item]
        flat += inner if isinstance(inner, list) else []
    return flat


def _distinct(arguments: list[Value], place: Place) -> Value:
    items = _list(arguments, 0, place)
    return [item for index, item in enumerate(items) if item not in items[:index]]


def _set(arguments: list[Value], place: Place) -> Value:
    unique = _distinct(arguments, place)
    items = unique if isinstance(unique, list) else []
    return sorted(items, key=str)


def _coalesce(arguments: list[Value], place: Place) -> Value:
    for argument in arguments:
        if argument not in (None, ""):
            return argument
    raise place.error("coalesce finds nothing but null")


def _contains(arguments: list[Value], place: Place) -> Value:
    return (
        any(item == arguments[1] for item in _list(arguments, 0, place)) if arguments[1:] else False
    )


def _keys(arguments: list[Value], place: Place) -> Value:
    keys: list[Value] = [*sorted(_map(arguments, 0, place))]
    return keys


def _values(arguments: list[Value], place: Place) -> Value:
    values = _map(arguments, 0, place)
    return [values[key] for key in sorted(values)]


def _zipmap(arguments: list[Value], place: Place) -> Value:
    keys = [to_text(key, place) for key in _list(arguments, 0, place)]
    return dict(zip(keys, _list(arguments, 1, place), strict=False))


def _range(arguments: list[Value], place: Place) -> Value:
    numbers = [argument for argument in arguments if isinstance(argument, int)]
    if not 1 <= len(numbers) <= 3 or numbers[2:] == [0] or len(range(*numbers)) > RANGE_MAX:  # noqa: PLR2004  # start, end, step
        raise place.error(f"range takes one to three numbers, and gives at most {RANGE_MAX}")
    return list(range(*numbers))


def _to_number(arguments: list[Value], place: Place) -> Value:
    text = _text(arguments, 0, place)
    try:
        number = float(text)
    except ValueError as error:
        raise place.error(f"{text[:40]!r} is not a number") from error
    return int(number) if number.is_integer() else number


def _to_boolean(arguments: list[Value], place: Place) -> Value:
    text = _text(arguments, 0, place)
    if text not in {"true", "false"}:
        raise place.error(f"{text[:40]!r} is neither true nor false")
    return text == "true"


def _json_decode(arguments: list[Value], place: Place) -> Value:
    try:
        value: Value = json.loads(_text(arguments, 0, place))
    except ValueError as error:
        raise place.error(f"not JSON: {error}") from error
    return value


def _json_encode(arguments: list[Value], place: Place) -> Value:
    if not arguments:
        raise place.error("jsonencode takes a value")
    text = json.dumps(arguments[0], separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    for character in "<>&\u2028\u2029":  # Go's own encoder writes these so
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _base64_decode(arguments: list[Value], place: Place) -> Value:
    try:
        return base64.b64decode(_text(arguments, 0, place), validate=True).decode()
    except ValueError as error:
        raise place.error(f"not base64 of text: {error}") from error


def _substr(arguments: list[Value], place: Place) -> Value:
    text, numbers = _text(arguments, 0, place), arguments[1:3]
    if len(numbers) != 2 or not all(isinstance(number, int) for number in numbers):  # noqa: PLR2004  # offset, length
        raise place.error("substr takes text, an offset and a length")
    offset, length = (number for number in numbers if isinstance(number, int))
    start = offset if offset >= 0 else max(len(text) + offset, 0)
    return text[start:] if length < 0 else text[start : start + length]


def _first(arguments: list[Value], place: Place) -> Value:
    if not arguments:
        raise place.error("the function takes a value")
    return arguments[0]


def _one(arguments: list[Value], place: Place) -> Value:
    items = _list(arguments, 0, place)
    if len(items) > 1:
        raise place.error(f"one takes a list of at most one item, not {len(items)}")
    return items[0] if items else None


def _extreme(choose: Callable[..., float], arguments: list[Value], place: Place) -> Value:
    numbers = [argument for argument in arguments if isinstance(argument, int | float)]
    if not numbers:
        raise place.error("the function takes numbers")
    return choose(numbers)


def _trim(arguments: list[Value], place: Place) -> Value:
    return _text(arguments, 0, place).strip(_text(arguments, 1, place))


def _trim_prefix(arguments: list[Value], place: Place) -> Value:
    return _text(arguments, 0, place).removeprefix(_text(arguments, 1, place))


def _trim_suffix(arguments: list[Value], place: Place) -> Value:
    return _text(arguments, 0, place).removesuffix(_text(arguments, 1, place))


def _starts_with(arguments: list[Value], place: Place) -> Value:
    return _text(arguments, 0, place).startswith(_text(arguments, 1, place))


def _ends_with(arguments: list[Value], place: Place) -> Value:
    return _text(arguments, 0, place).endswith(_text(arguments, 1, place))


def _digest(name: str, text: str) -> str:
    return hashlib.new(name, text.encode(errors="replace"), usedforsecurity=False).hexdigest()


def _digest_base64(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode(errors="replace")).digest()).decode()


_TEXT_FUNCTIONS: Final[Mapping[str, Callable[[str], Value]]] = {
    "base64encode": lambda text: base64.b64encode(text.encode(errors="replace")).decode(),
    "base64sha256": _digest_base64,
    "basename": lambda text: text.rstrip("/").rpartition("/")[2],
    "chomp": lambda text: text.rstrip("\r\n"),
    "dirname": lambda text: text.rpartition("/")[0] or ".",
    "lower": str.lower,
    "md5": partial(_digest, "md5"),
    "sha1": partial(_digest, "sha1"),
    "sha256": partial(_digest, "sha256"),
    "strrev": lambda text: text[::-1],
    "title": str.title,
    "trimspace": str.strip,
    "upper": str.upper,
    "urlencode": lambda text: quote_plus(text, errors="replace"),
}

FUNCTIONS: Final[Mapping[str, Function]] = {
    **{name: partial(_on_text, change) for name, change in _TEXT_FUNCTIONS.items()},
    "base64decode": _base64_decode,
    "coalesce": _coalesce,
    "compact": lambda arguments, place: [
        item for item in _list(arguments, 0, place) if item not in (None, "")
    ],
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "endswith": _ends_with,
    "flatten": _flatten,
    "format": _format,
    "join": _join,
    "jsondecode": _json_decode,
    "jsonencode": _json_encode,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "max": partial(_extreme, max),
    "merge": _merge,
    "min": partial(_extreme, min),
    "nonsensitive": _first,
    "one": _one,
    "range": _range,
    "replace": _replace,
    "reverse": lambda arguments, place: _list(arguments, 0, place)[::-1],
    "sensitive": _first,
    "sort": _set,
    "split": _split,
    "startswith": _starts_with,
    "substr": _substr,
    "tobool": _to_boolean,
    "tolist": lambda arguments, place: list(_list(arguments, 0, place)),
    "tomap": lambda arguments, place: dict(_map(arguments, 0, place)),
    "tonumber": _to_number,
    "toset": _set,
    "tostring": lambda arguments, place: _text(arguments, 0, place),
    "trim": _trim,
    "trimprefix": _trim_prefix,
    "trimsuffix": _trim_suffix,
    "values": _values,
    "zipmap": _zipmap,
}
