"""Members: properties, indexes, keys and calls, on each type."""

from types import MappingProxyType

import pytest

from routekey.languages.vtl import TemplateRenderError
from routekey.languages.vtl.members import call_method, get_index, get_property, put_member
from routekey.languages.vtl.objects import Input, Util
from routekey.languages.vtl.rendering import LIMITS, Limits, Rendering


def rendering() -> Rendering:
    return Rendering({}, LIMITS)


@pytest.mark.rule("VTL-REF-04", "VTL-REF-08")
@pytest.mark.parametrize(
    ("value", "name", "member"),
    [
        ({"a": 1}, "a", 1),
        ({"size": 1}, "size", 1),
        ({"empty": 1}, "empty", 1),
        (MappingProxyType({"a": 1}), "a", 1),
        ({}, "a", ""),
        ({}, "empty", True),
        ([1], "empty", False),
        ("", "empty", True),
        ("abc", "length", ""),
        ([1], "size", ""),
        (7, "empty", ""),
        (Input("x"), "body", "x"),
        (Input("x"), "nope", ""),
        (Util(), "parseJson", ""),
    ],
)
def test_a_property_is_a_member_or_missing(value: object, name: str, member: object) -> None:
    assert get_property(value, name) == member


@pytest.mark.rule("VTL-EXP-07")
@pytest.mark.parametrize(
    ("value", "index", "member"),
    [
        ([1, 2], 0, 1),
        ([1, 2], -1, 2),
        ([1, 2], 2, ""),
        ([1, 2], -3, ""),
        ([1, 2], "0", ""),
        ([1, 2], True, ""),
        ({"1": "a"}, 1, "a"),
        ({"true": "a"}, True, "a"),
        (MappingProxyType({"a": 1}), "a", 1),
        ({}, "a", ""),
        ("text", 0, ""),
    ],
)
def test_an_index_gives_an_element_or_is_missing(
    value: object, index: object, member: object
) -> None:
    assert get_index(value, index, rendering()) == member


@pytest.mark.rule("VTL-DIR-01")
def test_only_lists_and_changeable_maps_take_members() -> None:
    entries: dict[str, object] = {}
    put_member(entries, 1, "a", rendering())
    assert entries == {"1": "a"}
    items = [1, 2]
    put_member(items, 1, "a", rendering())
    put_member(items, 7, "b", rendering())
    assert items == [1, "a"]
    fixed = MappingProxyType({"a": 1})
    put_member(fixed, "a", 2, rendering())
    put_member("text", 0, "b", rendering())
    assert fixed == {"a": 1}


@pytest.mark.parametrize(
    ("value", "name", "arguments", "result"),
    [
        ({"a": 1}, "toString", [], "{a=1}"),
        (True, "toString", [], "true"),
        (1, "toString", [], "1"),
        ("a", "equals", ["a"], True),
        (1, "equals", ["1"], False),
        (True, "equals", [True], True),
        (True, "equals", [1], False),
        (True, "compareTo", [True], ""),
        ("abc", "length", [], 3),
        ([1], "size", [], 1),
        ({"a": 1}, "size", [], 1),
        (MappingProxyType({"a": 1}), "get", ["a"], 1),
        (1.5, "intValue", [], 1),
        (Util(), "urlEncode", ["a b"], "a+b"),
        (Util(), "toJson", ["a"], ""),
    ],
)
def test_each_type_has_its_methods(
    value: object, name: str, arguments: list[object], result: object
) -> None:
    assert call_method(value, name, arguments, rendering()) == result


def test_what_a_method_makes_is_counted() -> None:
    with pytest.raises(TemplateRenderError, match="characters"):
        call_method("abc", "concat", ["defg"], Rendering({}, Limits(characters_max=6)))
