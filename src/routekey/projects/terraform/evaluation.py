"""Expressions and what they are worth.

References lead through namespaces (`var`, `local`, a resource's type), which answer one step at a
time and only when asked. What an expression builds is counted, since loops may multiply.
Source: HCL native syntax specification; Terraform language, "Expressions".
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.cloudformation.intrinsics import kind_of
from routekey.projects.document import VALUES_MAX, Place, Value
from routekey.projects.terraform import syntax
from routekey.projects.terraform.functions import FUNCTIONS, to_text

TEXT_MAX = 1024 * 1024


class Namespace(ABC):
    """Something that references lead through."""

    @abstractmethod
    def step(self, key: str | int, place: Place) -> "Value | Namespace":
        """Take one step.

        Raises:
            ProjectError: there is nothing of this name.
        """

    @abstractmethod
    def whole(self, place: Place) -> Value:
        """Give everything at once, for an expression that takes it whole."""


@dataclass(slots=True)
class Budget:
    """How much the expressions of a project may still build."""

    values: int = VALUES_MAX

    def spend(self, count: int, place: Place) -> None:
        """Take from it.

        Raises:
            ProjectError: it is used up.
        """
        self.values -= count
        if self.values < 0:
            raise place.error(f"expressions build more than {VALUES_MAX} values")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where names are looked up."""

    namespace: Callable[[str, Place], "Value | Namespace"]
    """What a first word stands for, where no loop has it."""
    call: Callable[[str, list[Value], Place], Value]
    """Functions that read files."""
    budget: Budget
    names: Mapping[str, Value] = field(default_factory=dict)
    """The variables of loops, `each` and `count` included."""

    def with_names(self, names: Mapping[str, Value]) -> "Scope":
        """Add variables."""
        return Scope(
            namespace=self.namespace,
            call=self.call,
            budget=self.budget,
            names={**self.names, **names},
        )


def evaluate(expression: syntax.Expression, scope: Scope, place: Place) -> Value:
    """Evaluate an expression.

    Raises:
        ProjectError: a name, a function or an operation does not work out.
    """
    value = _EVALUATORS[type(expression)](expression, scope, place)
    return value.whole(place) if isinstance(value, Namespace) else value


def items_of(value: Value, place: Place) -> Iterator[tuple[str | int, Value]]:
    """Give keys and values of a map, positions and items of a list."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
    else:
        raise place.error(f"a list or a map is expected here, not {kind_of(value)}")


def step_into(value: Value | Namespace, key: Value, place: Place) -> Value | Namespace:
    """Take one step from a value.

    Raises:
        ProjectError: there is nothing there.
    """
    if isinstance(value, Namespace) and isinstance(key, str | int):
        return value.step(key, place)
    if isinstance(value, list) and not isinstance(key, bool) and isinstance(key, int | float):
        if 0 <= key < len(value):
            return value[int(key)]
        raise place.error(f"there is no item {key}: the list has {len(value)}")
    if isinstance(value, dict):
        name = to_text(key, place)
        if name in value:
            return value[name]
        raise place.error(f"there is no {name[:100]!r} in this map")
    kind = "a reference" if isinstance(value, Namespace) else kind_of(value)
    raise place.error(f"{kind} has nothing inside to refer to")


def _literal(expression: syntax.Literal, _: Scope, __: Place) -> Value:
    return expression.value


def _template(expression: syntax.Template, scope: Scope, place: Place) -> Value:
    values = [evaluate(part, scope, place) for part in expression.parts]
    if len(values) == 1 and not isinstance(expression.parts[0], syntax.Directive):
        return values[0]  # "${x}" alone keeps the type of x
    texts = ["" if value is None else to_text(value, place) for value in values]
    if sum(map(len, texts)) > TEXT_MAX:
        raise place.error(f"the text grows larger than {TEXT_MAX >> 20} MB")
    return "".join(texts)


def _directive(expression: syntax.Directive, scope: Scope, place: Place) -> Value:
    value = evaluate(expression.expression, scope, place)
    if isinstance(value, list):
        return "".join(to_text(item, place) for item in value)
    return value


def _name(expression: syntax.Name, scope: Scope, place: Place) -> Value | Namespace:
    if expression.name in scope.names:
        return scope.names[expression.name]
    return scope.namespace(expression.name, place)


def _attribute(expression: syntax.Attribute, scope: Scope, place: Place) -> Value | Namespace:
    return step_into(_reference(expression.base, scope, place), expression.name, place)


def _index(expression: syntax.Index, scope: Scope, place: Place) -> Value | Namespace:
    key = evaluate(expression.key, scope, place)
    return step_into(_reference(expression.base, scope, place), key, place)


def _reference(expression: syntax.Expression, scope: Scope, place: Place) -> Value | Namespace:
    return _EVALUATORS[type(expression)](expression, scope, place)


def _splat(expression: syntax.Splat, scope: Scope, place: Place) -> Value:
    base = evaluate(expression.base, scope, place)
    items = base if isinstance(base, list) else [] if base is None else [base]
    scope.budget.spend(len(items), place)
    return [evaluate(expression.each, scope.with_names({"*": item}), place) for item in items]


def _call(expression: syntax.Call, scope: Scope, place: Place) -> Value:
    if expression.name in {"try", "can"}:
        return _attempt(expression, scope, place)
    arguments = [evaluate(argument, scope, place) for argument in expression.arguments]
    if expression.is_expanded and arguments and isinstance(arguments[-1], list):
        arguments = [*arguments[:-1], *arguments[-1]]
    scope.budget.spend(sum(map(_size, arguments)) + 1, place)
    function = FUNCTIONS.get(expression.name)
    if function is None:
        return scope.call(expression.name, arguments, place)
    result = function(arguments, place)
    scope.budget.spend(_size(result), place)
    return result


def _size(value: Value) -> int:
    """Measure what a function takes or gives; text counts by the kilobyte."""
    if isinstance(value, str):
        return len(value) >> 10
    if isinstance(value, list):
        return len(value) + sum(len(item) >> 10 for item in value if isinstance(item, str))
    return len(value) if isinstance(value, dict) else 0


def _attempt(expression: syntax.Call, scope: Scope, place: Place) -> Value:
    """Evaluate `try` and `can`: an error there is an answer."""
    failure = place.error(f"{expression.name} takes an expression")
    for argument in expression.arguments:
        try:
            value = evaluate(argument, scope, place)
        except ProjectError as error:
            failure = error
        else:
            return True if expression.name == "can" else value
    if expression.name == "can":
        return False
    raise failure


def _unary(expression: syntax.Unary, scope: Scope, place: Place) -> Value:
    value = evaluate(expression.operand, scope, place)
    if expression.operator == "!":
        return not _truth(value, place)
    return -_number(value, place)


def _binary(expression: syntax.Binary, scope: Scope, place: Place) -> Value:
    left = evaluate(expression.left, scope, place)
    if expression.operator in {"&&", "||"}:
        is_settled = _truth(left, place) is (expression.operator == "||")
        return left if is_settled else _truth(evaluate(expression.right, scope, place), place)
    right = evaluate(expression.right, scope, place)
    if expression.operator in {"==", "!="}:
        return (left == right) is (expression.operator == "==")
    first, second = _number(left, place), _number(right, place)
    if expression.operator in {"/", "%"} and second == 0:
        raise place.error("a division by zero")
    result: Value = _OPERATIONS[expression.operator](first, second)
    is_whole = isinstance(result, float) and result.is_integer()
    return int(result) if is_whole and isinstance(result, float) else result


def _conditional(expression: syntax.Conditional, scope: Scope, place: Place) -> Value:
    is_true = _truth(evaluate(expression.condition, scope, place), place)
    return evaluate(expression.yes if is_true else expression.no, scope, place)


def _list(expression: syntax.ListOf, scope: Scope, place: Place) -> Value:
    scope.budget.spend(len(expression.items), place)
    return [evaluate(item, scope, place) for item in expression.items]


def _map(expression: syntax.MapOf, scope: Scope, place: Place) -> Value:
    scope.budget.spend(len(expression.items), place)
    return {
        to_text(evaluate(key, scope, place), place): evaluate(value, scope, place)
        for key, value in expression.items
    }


def _for(expression: syntax.For, scope: Scope, place: Place) -> Value:
    collection = evaluate(expression.collection, scope, place)
    pairs: list[tuple[str, Value]] = []
    for key, item in items_of(collection, place):
        scope.budget.spend(1, place)
        values = (key, item) if len(expression.names) > 1 else (item,)
        inner = scope.with_names(dict(zip(expression.names, values, strict=True)))
        condition = expression.condition
        if condition is not None and not _truth(evaluate(condition, inner, place), place):
            continue
        name = ""
        if expression.key is not None:
            name = to_text(evaluate(expression.key, inner, place), place)
        pairs.append((name, evaluate(expression.value, inner, place)))
    if expression.key is None:
        return [value for _, value in pairs]
    if not expression.is_grouped:
        return dict(pairs)
    groups: dict[str, Value] = {}
    for name, value in pairs:
        group = groups.setdefault(name, [])
        if isinstance(group, list):
            group.append(value)
    return groups


def _truth(value: Value, place: Place) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    raise place.error(f"true or false is expected here, not {kind_of(value)}")


def _number(value: Value, place: Place) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        return float(value) if isinstance(value, str) else _not_a_number(value, place)
    except ValueError:
        return _not_a_number(value, place)


def _not_a_number(value: Value, place: Place) -> float:
    raise place.error(f"a number is expected here, not {kind_of(value)}")


_OPERATIONS: Final[Mapping[str, Callable[[float, float], Value]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_EVALUATORS: Final[Mapping[type, Callable[..., Value | Namespace]]] = {
    syntax.Attribute: _attribute,
    syntax.Binary: _binary,
    syntax.Call: _call,
    syntax.Conditional: _conditional,
    syntax.Directive: _directive,
    syntax.For: _for,
    syntax.Index: _index,
    syntax.ListOf: _list,
    syntax.Literal: _literal,
    syntax.MapOf: _map,
    syntax.Name: _name,
    syntax.Splat: _splat,
    syntax.Template: _template,
    syntax.Unary: _unary,
}
