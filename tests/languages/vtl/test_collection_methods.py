"""Methods of lists and maps."""

from types import MappingProxyType

import pytest

from routekey.languages.vtl import Limits, TemplateRenderError, compile_template
from routekey.languages.vtl.collection_methods import LIST_METHODS, MAP_METHODS, is_same
from routekey.languages.vtl.methods import Methods, call
from routekey.languages.vtl.rendering import LIMITS, Rendering


def run(table: Methods, value: object, name: str, *arguments: object) -> object:
    return call(table, name, value, list(arguments), Rendering({}, LIMITS))


@pytest.mark.rule("VTL-REF-08", "VTL-MET-02")
@pytest.mark.parametrize(
    ("name", "arguments", "result", "after"),
    [
        ("size", (), 3, None),
        ("isEmpty", (), False, None),
        ("get", (1,), "b", None),
        ("set", (1, "x"), "b", ["a", "x", "a"]),
        ("add", ("c",), True, ["a", "b", "a", "c"]),
        ("add", (0, "c"), "", ["c", "a", "b", "a"]),
        ("add", (3, "c"), "", ["a", "b", "a", "c"]),
        ("addAll", ([1, 2],), True, ["a", "b", "a", 1, 2]),
        ("addAll", ([],), False, None),
        ("addAll", ("x",), "", None),
        ("remove", (0,), "a", ["b", "a"]),
        ("remove", ("a",), True, ["b", "a"]),
        ("remove", ("x",), False, None),
        ("contains", ("b",), True, None),
        ("contains", (1,), False, None),
        ("indexOf", ("b",), 1, None),
        ("indexOf", ("x",), -1, None),
        ("subList", (1, 3), ["b", "a"], None),
        ("iterator", (), ["a", "b", "a"], None),
        ("clear", (), "", []),
    ],
)
def test_lists_do_as_javas_do(
    name: str, arguments: tuple[object, ...], result: object, after: list[object] | None
) -> None:
    items: list[object] = ["a", "b", "a"]
    assert run(LIST_METHODS, items, name, *arguments) == result
    assert items == (["a", "b", "a"] if after is None else after)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("get", (3,)),
        ("get", (-1,)),
        ("set", (3, "x")),
        ("add", (4, "x")),
        ("remove", (3,)),
        ("subList", (2, 1)),
        ("subList", (0, 4)),
    ],
)
def test_an_index_that_is_not_there_fails_as_in_java(
    name: str, arguments: tuple[object, ...]
) -> None:
    with pytest.raises(TemplateRenderError, match="outside of a list of 3"):
        run(LIST_METHODS, ["a", "b", "c"], name, *arguments)


@pytest.mark.rule("VTL-REF-05", "VTL-REF-08", "VTL-MET-02")
@pytest.mark.parametrize(
    ("name", "arguments", "result", "after"),
    [
        ("size", (), 1, None),
        ("isEmpty", (), False, None),
        ("get", ("a",), 1, None),
        ("get", ("x",), "", None),
        ("getOrDefault", ("x", 7), 7, None),
        ("put", ("a", 2), 1, {"a": 2}),
        ("put", (5, 2), "", {"a": 1, "5": 2}),
        ("putAll", ({"b": 2},), "", {"a": 1, "b": 2}),
        ("putAll", ("x",), "", None),
        ("remove", ("a",), 1, {}),
        ("remove", ("x",), "", None),
        ("containsKey", ("a",), True, None),
        ("keySet", (), ["a"], None),
        ("values", (), [1], None),
        ("clear", (), "", {}),
    ],
)
def test_maps_do_as_javas_do(
    name: str, arguments: tuple[object, ...], result: object, after: dict[str, object] | None
) -> None:
    entries: dict[str, object] = {"a": 1}
    assert run(MAP_METHODS, entries, name, *arguments) == result
    assert entries == ({"a": 1} if after is None else after)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("put", ("a", 2)), ("putAll", ({"b": 2},)), ("remove", ("a",)), ("clear", ())],
)
def test_a_map_that_is_not_the_templates_stays_as_it_is(
    name: str, arguments: tuple[object, ...]
) -> None:
    entries = MappingProxyType({"a": 1})
    run(MAP_METHODS, entries, name, *arguments)
    assert entries == {"a": 1}


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1, True),
        (1, 1.0, False),
        (1, "1", False),
        (True, 1, False),
        (None, "", True),
        ("", "", True),
    ],
)
def test_values_of_two_types_are_never_the_same(left: object, right: object, *, same: bool) -> None:
    assert is_same(left, right, Rendering({}, LIMITS)) is same


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("#foreach($e in $m.entrySet())$e.key=$e.value;#end", "a=1;b=[2];"),
        ("#foreach($e in $m.entrySet())$e.getKey()=$e.getValue();#end", "a=1;b=[2];"),
        ("$m.entrySet().size() $m.entrySet().get(0) $m.entrySet().get(0).nope", "2 a=… "),
    ],
)
def test_entries_have_keys_and_values(template: str, text: str) -> None:
    assert compile_template(template).render({"m": {"a": 1, "b": [2]}}) == text


def test_growing_is_counted() -> None:
    rendering = Rendering({}, Limits(characters_max=10))
    items: list[object] = [1, 2, 3]
    assert call(LIST_METHODS, "addAll", items, [items], rendering) is True
    assert call(LIST_METHODS, "add", items, [4], rendering) is True
    with pytest.raises(TemplateRenderError, match="characters"):
        call(LIST_METHODS, "addAll", items, [items], rendering)
    assert len(items) == 7
