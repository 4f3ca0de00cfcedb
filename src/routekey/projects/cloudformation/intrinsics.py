"""CloudFormation's functions: `Ref`, `Fn::Sub` and the others, evaluated on plain values.

A function asks a `Scope` for what other parts of the template are worth. Text that functions build
is bounded: a chain of joins may double it at every step.

Source: CP-CFN-03, CP-CFN-04 (CloudFormation User Guide, "Intrinsic function reference").
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final, Protocol

from routekey.projects.document import Place, Value

TEXT_MAX = 1024 * 1024  # a whole template may have no more (CloudFormation quotas)
SUBNETS_MAX = 256  # as Fn::Cidr documents it

NO_VALUE: Final[dict[str, Value]] = {"Ref": "AWS::NoValue"}
"""What `AWS::NoValue` is worth: whatever holds it drops it. Compared by identity."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_.:]+\Z")


class Scope(Protocol):
    """What the rest of a template is worth."""

    @property
    def region(self) -> str:
        """The region, for `Fn::GetAZs`."""
        ...

    def reference(self, name: str, place: Place) -> Value:
        """Evaluate `Ref`: a parameter, a pseudo parameter or a resource."""
        ...

    def attribute(self, logical_id: str, name: str, place: Place) -> Value:
        """Evaluate `Fn::GetAtt`."""
        ...

    def is_true(self, condition: str, place: Place) -> bool:
        """Evaluate a condition by its name."""
        ...

    def mapped(self, keys: tuple[str, str, str]) -> Value:
        """Look into `Mappings`; None where nothing is mapped."""
        ...

    def imported(self, name: str, place: Place) -> Value:
        """Evaluate `Fn::ImportValue`."""
        ...


def resolve(value: Value, scope: Scope, place: Place) -> Value:
    """Evaluate every function in a value.

    Raises:
        ProjectError: a function is unknown, malformed, or asks for something that is not there.
    """
    if isinstance(value, list):
        items = [resolve(item, scope, place / index) for index, item in enumerate(value)]
        return [item for item in items if item is not NO_VALUE]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if (function := _FUNCTIONS.get(name)) is not None:
            return function(argument, scope, place / name)
        if name.startswith("Fn::"):
            raise place.error(f"{name} is not a function of CloudFormation")
    members = {key: resolve(item, scope, place / key) for key, item in value.items()}
    return {key: item for key, item in members.items() if item is not NO_VALUE}


def evaluate_condition(value: Value, scope: Scope, place: Place) -> bool:
    """Evaluate what stands for true or false: a condition's name, or a function that tells."""
    if isinstance(value, dict) and len(value) == 1 and "Condition" in value:
        return scope.is_true(_literal(value["Condition"], place), place)
    result = resolve(value, scope, place)
    if isinstance(result, bool):
        return result
    if isinstance(result, str) and result in {"true", "false"}:
        return result == "true"
    raise place.error("a condition has to be true or false")


def to_text(value: Value, place: Place) -> str:
    """Write a scalar as CloudFormation does.

    Raises:
        ProjectError: the value is a list, a map or nothing.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise place.error(f"text is expected here, not {kind_of(value)}")


def kind_of(value: Value) -> str:
    """Name the kind of a value, for messages."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "a map"


def _ref(argument: Value, scope: Scope, place: Place) -> Value:
    name = _literal(resolve(argument, scope, place), place)
    return NO_VALUE if name == "AWS::NoValue" else scope.reference(name, place)


def _get_att(argument: Value, scope: Scope, place: Place) -> Value:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) < 2:  # noqa: PLR2004  # a resource and a name
        raise place.error("Fn::GetAtt takes a resource and the name of an attribute")
    names = [_literal(resolve(part, scope, place), place) for part in parts]
    return scope.attribute(names[0], ".".join(names[1:]), place)


def _sub(argument: Value, scope: Scope, place: Place) -> Value:
    template, variables = argument, None
    if isinstance(argument, list) and len(argument) == 2:  # noqa: PLR2004  # text and variables
        template, variables = argument
    own = {} if variables is None else resolve(variables, scope, place / 1)
    if not isinstance(template, str) or not isinstance(own, dict):
        raise place.error("Fn::Sub takes text, or a list of text and a map of variables")
    parts: list[str] = []
    end = 0
    for found in _VARIABLE.finditer(template):
        parts.append(template[end : found.start()])
        end = found.end()
        name = found[1].strip()
        if name.startswith("!"):
            parts.append(f"${{{name[1:]}}}")
        else:
            parts.append(to_text(_variable(name, own, scope, place), place))
    return _joined("", [*parts, template[end:]], place)


def _variable(name: str, known: Mapping[str, Value], scope: Scope, place: Place) -> Value:
    if name in known:
        return known[name]
    if not _VARIABLE_NAME.match(name):
        raise place.error(
            f"${{{name}}} is not a variable of Fn::Sub",
            f"Write ${{!{name}}} for text that is to stay as it is",
        )
    if "." in name:
        logical_id, attribute = name.split(".", 1)
        return scope.attribute(logical_id, attribute, place)
    value = scope.reference(name, place)
    return ",".join(map(str, value)) if isinstance(value, list) else value


def _join(argument: Value, scope: Scope, place: Place) -> Value:
    separator, items = _pair(argument, scope, place, "a separator and a list")
    if not isinstance(items, list):
        raise place.error(f"Fn::Join takes a list, not {kind_of(items)}")
    texts = [to_text(item, place) for item in items]
    return _joined(_literal(separator, place), texts, place)


def _split(argument: Value, scope: Scope, place: Place) -> Value:
    separator, text = _pair(argument, scope, place, "a separator and text")
    if not separator:
        raise place.error("Fn::Split takes a separator that is not empty")
    return list(to_text(text, place).split(_literal(separator, place)))


def _select(argument: Value, scope: Scope, place: Place) -> Value:
    index, items = _pair(argument, scope, place, "an index and a list")
    if not isinstance(items, list):
        raise place.error(f"Fn::Select takes a list, not {kind_of(items)}")
    number = to_text(index, place)
    if not number.isdecimal() or len(number) > len(str(len(items))) or int(number) >= len(items):
        raise place.error(f"Fn::Select has no item {number}: the list has {len(items)}")
    return items[int(number)]


def _get_azs(argument: Value, scope: Scope, place: Place) -> Value:
    region = resolve(argument, scope, place)
    return [f"{region or scope.region}{letter}" for letter in "abc"]


def _if(argument: Value, scope: Scope, place: Place) -> Value:
    if not isinstance(argument, list) or len(argument) != 3:  # noqa: PLR2004  # condition, yes, no
        raise place.error("Fn::If takes a condition and two values")
    condition = argument[0]
    is_true = (
        scope.is_true(condition, place)
        if isinstance(condition, str)
        else evaluate_condition(condition, scope, place)
    )
    chosen = 1 if is_true else 2
    return resolve(argument[chosen], scope, place / chosen)


def _equals(argument: Value, scope: Scope, place: Place) -> Value:
    left, right = _pair(argument, scope, place, "two values")
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return left == right
    return to_text("" if left is None else left, place) == to_text(
        "" if right is None else right, place
    )


def _and(argument: Value, scope: Scope, place: Place) -> Value:
    return all(_conditions(argument, scope, place))


def _or(argument: Value, scope: Scope, place: Place) -> Value:
    return any(_conditions(argument, scope, place))


def _not(argument: Value, scope: Scope, place: Place) -> Value:
    return not any(_conditions(argument, scope, place))


def _conditions(argument: Value, scope: Scope, place: Place) -> list[bool]:
    if not isinstance(argument, list) or not argument:
        raise place.error("a list of conditions is expected here")
    return [evaluate_condition(item, scope, place / index) for index, item in enumerate(argument)]


def _find_in_map(argument: Value, scope: Scope, place: Place) -> Value:
    if not isinstance(argument, list) or len(argument) not in {3, 4}:
        raise place.error("Fn::FindInMap takes a map and two keys")
    first, second, third = (to_text(resolve(key, scope, place), place) for key in argument[:3])
    if (value := scope.mapped((first, second, third))) is not None:
        return value
    default = argument[-1]
    if len(argument) > 3 and isinstance(default, dict) and "DefaultValue" in default:  # noqa: PLR2004  # the fourth is the default
        return resolve(default["DefaultValue"], scope, place / 3)
    raise place.error(f"Mappings has no {first}.{second}.{third}")


def _import_value(argument: Value, scope: Scope, place: Place) -> Value:
    return scope.imported(to_text(resolve(argument, scope, place), place), place)


def _base64(argument: Value, scope: Scope, place: Place) -> Value:
    text = to_text(resolve(argument, scope, place), place)
    encoded = base64.b64encode(text.encode(errors="replace")).decode("ascii")
    return _joined("", [encoded], place)


def _cidr(argument: Value, scope: Scope, place: Place) -> Value:
    arguments = resolve(argument, scope, place)
    if not isinstance(arguments, list) or len(arguments) not in {2, 3}:
        raise place.error("Fn::Cidr takes a block, a count and a number of bits")
    block, count, bits = ([to_text(item, place) for item in arguments] + ["8"])[:3]
    try:
        network = ipaddress.ip_network(block, strict=False)
        prefix = network.max_prefixlen - int(bits)
        wanted = min(int(count), SUBNETS_MAX)
        return [str(subnet) for subnet in islice(network.subnets(new_prefix=prefix), wanted)]
    except ValueError as error:
        raise place.error(f"Fn::Cidr cannot divide {block}: {error}") from error


def _length(argument: Value, scope: Scope, place: Place) -> Value:
    items = resolve(argument, scope, place)
    if not isinstance(items, list):
        raise place.error(f"Fn::Length takes a list, not {kind_of(items)}")
    return len(items)


def _to_json_string(argument: Value, scope: Scope, place: Place) -> Value:
    text = json.dumps(resolve(argument, scope, place), separators=(",", ":"))
    return _joined("", [text], place)


def _pair(argument: Value, scope: Scope, place: Place, what: str) -> tuple[Value, Value]:
    arguments = resolve(argument, scope, place)
    if not isinstance(arguments, list) or len(arguments) != 2:  # noqa: PLR2004  # a pair
        raise place.error(f"{place.path[-1]} takes {what}")
    return arguments[0], arguments[1]


def _literal(value: Value, place: Place) -> str:
    if not isinstance(value, str):
        raise place.error(f"text is expected here, not {kind_of(value)}")
    return value


def _joined(separator: str, texts: list[str], place: Place) -> str:
    """Join texts, having counted first what that makes."""
    if sum(map(len, texts)) + len(separator) * len(texts) > TEXT_MAX:
        raise place.error(f"the text grows larger than {TEXT_MAX >> 20} MB")
    return separator.join(texts)


_FUNCTIONS: Final[Mapping[str, Callable[[Value, Scope, Place], Value]]] = {
    "Ref": _ref,
    "Fn::And": _and,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::Equals": _equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _get_azs,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Not": _not,
    "Fn::Or": _or,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json_string,
}
