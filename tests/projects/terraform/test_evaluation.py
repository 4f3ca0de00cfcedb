"""Expressions and their values."""

import re

import pytest

from routekey.errors import ProjectError
from routekey.projects.document import Place, Value, parse_document
from routekey.projects.terraform.evaluation import Budget, Scope, evaluate
from routekey.projects.terraform.parser import parse_hcl

NAMES: dict[str, Value] = {
    "n": 7,
    "s": "text",
    "l": [1, 2, 3],
    "m": {"a": 1, "b": {"c": [4]}},
    "t": True,
    "objects": [{"id": "x"}, {"id": "y"}],
}


def nothing(name: str, place: Place) -> Value:
    raise place.error(f"there is no {name}")


def no_function(name: str, _: list[Value], place: Place) -> Value:
    raise place.error(f"there is no function {name}")


def value(text: str, budget: Budget | None = None) -> Value:
    expression, _ = parse_hcl(f"x = {text}\n", file="f").attributes["x"]
    scope = Scope(namespace=nothing, call=no_function, budget=budget or Budget(), names=NAMES)
    return evaluate(expression, scope, parse_document("a", file="f").place())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4 / 2", 5),
        ("7 % 4", 3),
        ("1 / 2", 0.5),
        ('"3" + 4', 7),
        ("-n", -7),
        ("n > 6 && n <= 7", True),
        ("n < 6 || n >= 8", False),
        ("!t", False),
        ('!"false"', True),
        ("false && missing", False),
        ("true || missing", True),
        ('s == "text"', True),
        ("l != [1]", True),
        ('t ? "a" : missing', "a"),
        ("m.b.c[0]", 4),
        ('m["a"]', 1),
        ("l[1]", 2),
        ('"${s}-${n}-${t}-${null}"', "text-7-true-"),
        ('"${l}"', [1, 2, 3]),
        ("objects[*].id", ["x", "y"]),
        ("m[*].a", [1]),
        ("null[*]", []),
        ("[for x in l : x * 2 if x > 1]", [4, 6]),
        ("[for k, v in m : k]", ["a", "b"]),
        ("{for i, x in l : x => i}", {"1": 0, "2": 1, "3": 2}),
        ("{for x in l : x % 2 => x...}", {"1": [1, 3], "0": [2]}),
        ('{ (s) = 1, "b" = l }', {"text": 1, "b": [1, 2, 3]}),
        ("max(l...)", 3),
        ("try(missing, m.zzz, 5)", 5),
        ("can(missing)", False),
        ("can(s)", True),
    ],
)
def test_an_expression_has_its_value(text: str, expected: Value) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("missing", "there is no missing"),
        ("f()", "there is no function f"),
        ("m.z", "there is no 'z' in this map"),
        ("l[3]", "there is no item 3: the list has 3"),
        ("s.a", "text has nothing inside"),
        ("1 / 0", "a division by zero"),
        ("1 % 0", "a division by zero"),
        ("s + 1", "a number is expected here, not text"),
        ("l + 1", "a number is expected here, not a list"),
        ("s ? 1 : 2", "true or false is expected here, not text"),
        ("[for x in s : x]", "a list or a map is expected here, not text"),
        ("{ (l) = 1 }", "text is expected here, not a list"),
        ("try(missing)", "there is no missing"),
        ("try()", "try takes an expression"),
    ],
)
def test_what_does_not_work_out_is_an_error(text: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=re.escape(problem)):
        value(text)


def test_loops_in_loops_come_to_an_end() -> None:
    with pytest.raises(ProjectError, match="expressions build more than"):
        value("[for a in l : [for b in l : [for c in l : a]]]", Budget(values=20))


def test_text_in_text_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routekey.projects.terraform.evaluation.TEXT_MAX", 10)
    with pytest.raises(ProjectError, match="grows larger"):
        value('"${s}${s}${s}"')


def test_what_functions_build_is_counted() -> None:
    with pytest.raises(ProjectError, match="expressions build more than"):
        value("concat(l, l, l, l)", Budget(values=10))
    with pytest.raises(ProjectError, match="expressions build more than"):
        value('join("", range(1000))', Budget(values=500))
