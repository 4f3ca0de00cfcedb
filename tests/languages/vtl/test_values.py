"""Values as they print, compare and add up."""

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.languages.vtl.rendering import LIMITS, Limits, Rendering, TemplateRenderError
from routekey.languages.vtl.values import (
    JavaList,
    calculate,
    compare,
    is_equal,
    is_number,
    is_true,
    quote_json,
    to_list,
    to_text,
    write_double,
)


def rendering() -> Rendering:
    return Rendering({}, LIMITS)


@pytest.mark.rule("VTL-PRT-01", "VTL-PRT-02", "VTL-PRT-03", "VTL-PRT-04")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (2.0, "2.0"),
        (None, "null"),
        ({}, "{}"),
        ({"a": 1, "b": "x"}, "{a=1, b=x}"),
        (MappingProxyType({"a": {"b": None}}), "{a={b=null}}"),
        (JavaList([1, "a", JavaList()]), "[1, a, []]"),
        ([], "[]"),
        ([{"a": "é\n"}, 1.5, None, True, [1e10]], '[{"a":"é\\n"},1.5,null,true,[1.0E10]]'),
        ({"a": [{"b": "c"}]}, '{a=[{"b":"c"}]}'),
        (JavaList([[1, "a"]]), '[[1,"a"]]'),
        ([JavaList([1]), MappingProxyType({"a": 1})], '[[1],{"a":1}]'),
    ],
)
def test_values_print_as_in_java(value: object, text: str) -> None:
    assert to_text(value, rendering()) == text


@pytest.mark.rule("VTL-PRT-04")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (0.05, "0.05"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (0.00012345, "1.2345E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-12345678.9, "-1.23456789E7"),
        (1e100, "1.0E100"),
        (5e-324, "5.0E-324"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_doubles_print_as_in_java(value: float, text: str) -> None:
    assert write_double(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_double_reads_back_as_itself(value: float) -> None:
    assert float(write_double(value)) == value


def test_what_prints_is_bounded_while_it_is_made() -> None:
    value: list[object] = []
    for _ in range(60):
        value = [value, value]
    with pytest.raises(TemplateRenderError, match="characters"):
        to_text(value, Rendering({}, Limits(characters_max=1000)))
    twice: dict[str, object] = {}
    for _ in range(60):
        twice = {"a": twice, "b": twice}
    with pytest.raises(TemplateRenderError, match="characters"):
        to_text(twice, Rendering({}, Limits(characters_max=1000)))


@pytest.mark.parametrize("kind", [list, JavaList])
def test_a_collection_in_itself_is_an_error(kind: type[list[object]]) -> None:
    value: list[object] = kind()
    value.append(value)
    with pytest.raises(TemplateRenderError, match="nests deeper"):
        to_text(value, rendering())


@pytest.mark.rule("VTL-REF-02")
def test_only_false_is_false() -> None:
    assert not is_true(value=False)
    empty: list[object] = ["", 0, 0.0, [], {}, None]
    assert all(map(is_true, empty))


def test_a_boolean_is_no_number() -> None:
    assert is_number(1)
    assert is_number(1.5)
    assert not is_number(True)
    assert not is_number("1")


@pytest.mark.rule("VTL-REF-03")
@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (1, "1", True),
        (True, "true", True),
        (True, 1, False),
        ("a", "a", True),
        ("a", "b", False),
        ({"a": 1}, {"a": 1}, True),
        ([1], JavaList([1]), True),
        ([1], [2], False),
    ],
)
def test_values_of_two_types_are_compared_as_text(
    left: object, right: object, *, same: bool
) -> None:
    assert is_equal(left, right, rendering()) is same


def test_a_value_is_itself_however_large() -> None:
    value: list[object] = [1]
    assert is_equal(value, value, Rendering({}, Limits(characters_max=0)))


@pytest.mark.rule("VTL-EXP-01")
def test_only_numbers_are_in_order() -> None:
    assert [compare(each, 1, 2) for each in ("<", "<=", ">", ">=")] == [True, True, False, False]
    assert [compare(each, 2, 2.0) for each in ("<", "<=", ">", ">=")] == [False, True, False, True]
    assert not any(compare(each, "a", "b") for each in ("<", "<=", ">", ">="))
    assert not compare("<", False, True)


@pytest.mark.rule("VTL-EXP-03")
@pytest.mark.parametrize(
    ("operator", "left", "right", "result"),
    [
        ("+", 1, 2, 3),
        ("-", 1, 2, -1),
        ("*", 3, 0.5, 1.5),
        ("/", 7, 2, 3),
        ("/", -7, 2, -3),
        ("/", 7, -2, -3),
        ("/", -7, -2, 3),
        ("/", 7.0, 2, 3.5),
        ("%", 7, 3, 1),
        ("%", -7, 3, -1),
        ("%", 7, -3, 1),
        ("%", 7.5, 2, 1.5),
        ("/", 1, 0, ""),
        ("/", 1.0, 0, ""),
        ("%", 1, 0, ""),
        ("%", float("inf"), 2.0, ""),
        ("+", "a", 1, "a1"),
        ("+", 1, "a", "1a"),
        ("+", "a", {}, "a{}"),
        ("-", "a", 1, ""),
        ("*", True, 1, ""),
        ("+", [1], 1, ""),
    ],
)
def test_arithmetic_is_javas(operator: str, left: object, right: object, result: object) -> None:
    found = calculate(operator, left, right, rendering())
    assert found == result
    assert type(found) is type(result)


def test_an_integer_has_a_bound() -> None:
    with pytest.raises(TemplateRenderError, match="bits"):
        calculate("*", 2**600, 2**600, rendering())


@pytest.mark.rule("VTL-DIR-03")
def test_a_loop_goes_over_elements_or_over_the_values_of_a_map() -> None:
    assert list(to_list([1, 2])) == [1, 2]
    assert list(to_list({"a": 1})) == [1]
    assert list(to_list(MappingProxyType({"a": 1}))) == [1]
    assert list(to_list("abc")) == []


def test_half_a_character_is_replaced_in_json() -> None:
    assert quote_json("a\ud83d") == '"a\ufffd"'
    assert quote_json('"\\\n') == '"\\"\\\\\\n"'
