"""Which records an event pattern wants."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.errors import PatternError
from routekey.languages.event_patterns import parse_event_pattern

ORDER = {
    "body": {"kind": "order", "total": 100, "paid": True, "note": None, "tags": ["a", "b"]},
    "items": [{"sku": "x-1", "count": 2}, {"sku": "y-2", "count": 9}],
    "empty": [],
}


def wants(pattern: object, record: object = ORDER) -> bool:
    return parse_event_pattern(json.dumps(pattern))(record)


@pytest.mark.parametrize(
    ("wanted", "good", "bad"),
    [
        (["x"], ["x", ["y", "x"]], ["X", 1, None, ["y"], {}, []]),
        (["x", 1], ["x", 1, 1.0], [True, "1"]),
        ([True], [True, [True]], [1, "true", False]),
        ([None], [None], ["", 0, False, "null"]),
        ([""], [""], [None, " "]),
        ([{"equals-ignore-case": "aLice"}], ["Alice"], ["Alic", 1]),
        ([{"prefix": "us-"}], ["us-east-1"], ["eu-us-", 1, None]),
        ([{"suffix": ".png"}], ["a.png"], ["a.PNG", "png"]),
        ([{"anything-but": "a"}], ["b", 1, None, ["a", "b"]], ["a", ["a"], {}]),
        ([{"anything-but": ["a", "b"]}], ["c"], ["a", "b"]),
        ([{"anything-but": [1, 2]}], [3, True, "1"], [1, 2.0]),
        ([{"numeric": ["=", 100]}], [100, 100.0], ["100", 99, True]),
        ([{"numeric": ["<", 5]}], [4.9, -1], [5, None]),
        ([{"numeric": [">", 10, "<=", 20]}], [11, 20, [1, 12]], [10, 21]),
        ([{"exists": True}], ["x", None, 0], [{}, {"a": 1}]),
        ([{"exists": False}], [{"a": 1}], ["x", None]),
        (["x", {"numeric": [">=", 3]}], ["x", 3], ["y", 2]),
    ],
)
def test_a_value_is_one_of_those_that_are_wanted(
    wanted: object, good: list[object], bad: list[object]
) -> None:
    for value in good:
        assert wants({"a": {"b": wanted}}, {"a": {"b": value}}), value
    for value in bad:
        assert not wants({"a": {"b": wanted}}, {"a": {"b": value}}), value


def test_every_field_has_to_fit() -> None:
    assert wants({"body": {"kind": ["order"], "total": [{"numeric": [">", 99]}]}})
    assert not wants({"body": {"kind": ["order"], "total": [1]}})


def test_one_of_several_patterns_is_enough_after_or() -> None:
    alternatives = [{"total": [1]}, {"kind": [{"prefix": "ord"}]}]
    assert wants({"body": {"paid": [True], "$or": alternatives}})
    assert not wants({"body": {"paid": [False], "$or": alternatives}})
    assert not wants({"$or": [{"body": {"total": [1]}}, {"other": ["x"]}]})


def test_one_of_the_objects_in_a_list_is_enough() -> None:
    assert wants({"items": {"sku": ["y-2"], "count": [9]}})
    assert not wants({"items": {"sku": ["x-1"], "count": [9]}})


def test_lists_in_lists_may_nest_as_deep_as_json_may() -> None:
    items: object = {"sku": "x"}
    for _ in range(900):
        items = [items]
    assert parse_event_pattern('{"items": {"sku": ["x"]}}')({"items": items})
    assert not parse_event_pattern('{"items": {"sku": ["y"]}}')({"items": items})


def test_what_is_not_there_fits_nothing_else_than_its_absence() -> None:
    for wanted in (["x"], [None], [{"anything-but": "x"}], [{"exists": True}]):
        assert not wants({"missing": wanted})
        assert not wants({"missing": {"deeper": wanted}})
        assert not wants({"body": {"kind": {"deeper": wanted}}})
    assert wants({"missing": {"deeper": [{"exists": False}]}})
    assert wants({"body": {"kind": {"deeper": [{"exists": False}]}}})
    assert wants({"missing": [{"exists": False}]})
    assert not wants({"empty": ["x"]})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a pattern", "the pattern is not JSON: "),
        ('"text"', '"text" is no object with fields'),
        ("{}", "{} is no object with fields"),
        ('{"a": {}}', "{} is no object with fields"),
        ('{"a": "b"}', 'the field a has "b", and not a list of values'),
        ('{"a": []}', "the field a has [], and not a list of values"),
        ('{"a": [["b"]]}', '["b"] is a list in a list'),
        ('{"a": [{}]}', "{} has not one comparison"),
        ('{"a": [{"prefix": "b", "suffix": "c"}]}', "has not one comparison"),
        ('{"a": [{"b": "c"}]}', "the comparison b is none of anything-but, "),
        ('{"a": [{"prefix": 1}]}', "1 is no text to compare with"),
        ('{"a": [{"suffix": ""}]}', '"" is no text to compare with'),
        ('{"a": [{"exists": "yes"}]}', 'exists takes true or false, and not "yes"'),
        ('{"a": [{"anything-but": []}]}', "anything-but takes texts or numbers"),
        ('{"a": [{"anything-but": ["b", 1]}]}', "anything-but takes texts or numbers"),
        ('{"a": [{"anything-but": true}]}', "anything-but takes texts or numbers"),
        ('{"a": [{"numeric": 1}]}', "numeric takes a comparison or a range, and not 1"),
        ('{"a": [{"numeric": []}]}', "numeric takes a comparison or a range"),
        ('{"a": [{"numeric": ["="]}]}', "numeric takes a comparison or a range"),
        ('{"a": [{"numeric": ["=", "1"]}]}', "numeric takes a comparison or a range"),
        ('{"a": [{"numeric": ["!=", 1]}]}', "numeric takes a comparison or a range"),
        ('{"a": [{"numeric": [1, 1]}]}', "numeric takes a comparison or a range"),
        ('{"a": [{"numeric": ["<", 1, ">", 2]}]}', "numeric takes a comparison or a range"),
        ('{"a": [{"numeric": [">", 1, 2, 2]}]}', "numeric takes a comparison or a range"),
        ('{"a": [{"numeric": [">", 1, "<", 2, "<", 3]}]}', "numeric takes a comparison or"),
        ('{"$or": [{"a": ["b"]}]}', "$or takes a list of two patterns or more"),
        ('{"$or": {"a": ["b"]}}', "$or takes a list of two patterns or more"),
        ('{"$or": [{"a": ["b"]}, "c"]}', '"c" is no object with fields'),
        ('{"a":' * 60 + '["b"]' + "}" * 60, "the pattern nests deeper than 50 levels"),
        ('{"a": [{"prefix": ' + "[" * 400 + "]" * 400 + "}]}", "deeper than 50 levels"),
    ],
)
def test_what_is_no_pattern_is_refused(text: str, problem: str) -> None:
    with pytest.raises(PatternError) as caught:
        parse_event_pattern(text)
    assert problem in caught.value.problem


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["body", "items", "kind", "sku"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(json_values)
def test_whatever_a_record_has_the_pattern_has_an_answer(record: object) -> None:
    pattern = {"body": {"kind": [{"prefix": "a"}, {"numeric": ["<", 3]}]}, "items": {"sku": ["x"]}}
    assert wants(pattern, record) in {True, False}
