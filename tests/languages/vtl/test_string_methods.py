"""Methods of strings and numbers."""

import pytest

from routekey.languages.vtl import Limits, TemplateRenderError
from routekey.languages.vtl.methods import call
from routekey.languages.vtl.rendering import LIMITS, Rendering
from routekey.languages.vtl.string_methods import (
    NUMBER_METHODS,
    STRING_METHODS,
    to_units,
)


def run(text: str, name: str, *arguments: object, limits: Limits = LIMITS) -> object:
    return call(STRING_METHODS, name, text, list(arguments), Rendering({}, limits))


@pytest.mark.rule("DP-VTL-12")
@pytest.mark.parametrize(
    ("text", "name", "arguments", "result"),
    [
        ("abc", "length", (), 3),
        ("", "isEmpty", (), True),
        ("abc", "charAt", (1,), "b"),
        ("abcdef", "substring", (2,), "cdef"),
        ("abcdef", "substring", (2, 4), "cd"),
        ("abc", "substring", (3,), ""),
        ("abcabc", "indexOf", ("c",), 2),
        ("abcabc", "indexOf", ("c", 3), 5),
        ("abcabc", "indexOf", ("c", -3), 2),
        ("abc", "indexOf", ("", 9), 3),
        ("abc", "indexOf", ("x",), -1),
        ("abcabc", "lastIndexOf", ("b",), 4),
        ("abc", "contains", ("bc",), True),
        ("a1", "contains", (1,), True),
        ("abc", "startsWith", ("ab",), True),
        ("abc", "endsWith", ("ab",), False),
        ("aBc", "equalsIgnoreCase", ("AbC",), True),
        ("a", "compareTo", ("c",), -2),
        ("ab", "compareTo", ("a",), 1),
        ("a", "concat", ("b",), "ab"),
        ("aÉ", "toLowerCase", (), "aé"),
        ("aß", "toUpperCase", (), "ASS"),
        (" \t\x01a \n", "trim", (), "a"),
        ("\u00a0a", "trim", (), "\u00a0a"),
        ("a.b.c", "replace", (".", "$1"), "a$1b$1c"),
        ("a.b", "replaceAll", (".", "x"), "xxx"),
        ("aa", "replaceFirst", ("a", "b"), "ba"),
        ("a1", "matches", ("[a-z]\\d",), True),
        ("a,b,,", "split", (",",), ["a", "b"]),
        ("a,b,,", "split", (",", -1), ["a", "b", "", ""]),
        ("abc", "substring", ("1",), ""),
    ],
)
def test_strings_do_as_javas_do(
    text: str, name: str, arguments: tuple[object, ...], result: object
) -> None:
    assert run(text, name, *arguments) == result


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("length", (), 4),
        ("indexOf", ("b",), 3),
        ("substring", (1, 3), "😀"),
        ("substring", (1, 2), "\ufffd"),
        ("charAt", (3,), "b"),
        ("lastIndexOf", ("😀",), 1),
    ],
)
def test_characters_are_utf_16_units(
    name: str, arguments: tuple[object, ...], result: object
) -> None:
    assert run("a😀b", name, *arguments) == result


@pytest.mark.parametrize("text", ["", "a", "é", "a😀b", "😀"])
def test_a_text_has_the_units_of_utf_16(text: str) -> None:
    assert run(text, "substring", 0) == text
    assert len(to_units(text)) == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("substring", (4,), "outside of a string of 3"),
        ("substring", (-1,), "outside"),
        ("substring", (2, 1), "outside"),
        ("charAt", (3,), "outside"),
        ("matches", ("(",), "malformed"),
        ("split", ("[",), "malformed"),
        ("replaceAll", ("(", ""), "malformed"),
        ("replaceFirst", ("a", "$7"), "group 7"),
    ],
)
def test_what_fails_in_java_fails(name: str, arguments: tuple[object, ...], problem: str) -> None:
    with pytest.raises(TemplateRenderError, match=problem):
        run("abc", name, *arguments)


def test_matches_are_counted() -> None:
    with pytest.raises(TemplateRenderError, match="steps"):
        run("abc", "matches", "a", limits=Limits(steps_max=40))

    with pytest.raises(TemplateRenderError, match="characters"):
        run("abc", "split", "a", limits=Limits(characters_max=2))


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("a" * 50_000, "contains", ("b",)),
        ("é" * 500, "indexOf", ("b",)),
        ("😀" * 500, "lastIndexOf", ("b",)),
        ("a" * 500, "compareTo", ("b",)),
    ],
)
def test_a_large_text_counts_for_many_steps(
    text: str, name: str, arguments: tuple[object, ...]
) -> None:
    run(text[:200], name, *arguments, limits=Limits(steps_max=8))
    with pytest.raises(TemplateRenderError, match="steps"):
        run(text, name, *arguments, limits=Limits(steps_max=8))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("matches", ("(a|aa)+b",)),
        ("split", ("(a|aa)+b",)),
        ("replaceAll", ("(a|aa)+b", "")),
        ("replaceFirst", ("(a|aa)+b", "")),
    ],
)
def test_a_slow_match_counts_for_many(name: str, arguments: tuple[str, ...]) -> None:
    limits = Limits(steps_max=5000)
    run("quick", name, *arguments, limits=limits)
    with pytest.raises(TemplateRenderError, match="steps"):
        run("a" * 18 + "?", name, *arguments, limits=limits)


@pytest.mark.parametrize(
    ("name", "arguments"), [("replaceAll", ("a", "b" * 50)), ("replace", ("a", "b" * 50))]
)
def test_a_replacement_has_a_bound(name: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(TemplateRenderError, match="characters"):
        run("a" * 50, name, *arguments, limits=Limits(characters_max=100))


@pytest.mark.parametrize(
    ("value", "name", "arguments", "result"),
    [
        (1.9, "intValue", (), 1),
        (-1.9, "longValue", (), -1),
        (1, "doubleValue", (), 1.0),
        (10**400, "longValue", (), 10**400),
        (10**400, "doubleValue", (), float("inf")),
        (0, "parseInt", ("42",), 42),
        (0, "parseLong", ("-42",), -42),
        (0, "valueOf", ("7",), 7),
        (0.0, "parseDouble", (" 1.5e1 ",), 15.0),
        (2, "compareTo", (1.5,), 1),
        (2, "compareTo", ("x",), ""),
    ],
)
def test_numbers_have_methods_too(
    value: float, name: str, arguments: tuple[object, ...], result: object
) -> None:
    assert call(NUMBER_METHODS, name, value, list(arguments), Rendering({}, LIMITS)) == result


@pytest.mark.parametrize(
    ("value", "name", "arguments"),
    [
        (0, "parseInt", ("4.2",)),
        (0, "parseInt", ("9" * 400,)),
        (0, "parseDouble", ("x",)),
        (float("inf"), "intValue", ()),
        (float("nan"), "longValue", ()),
    ],
)
def test_what_is_no_number_fails(value: float, name: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(TemplateRenderError, match="is no"):
        call(NUMBER_METHODS, name, value, list(arguments), Rendering({}, LIMITS))
