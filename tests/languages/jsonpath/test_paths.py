"""Searching with a path: values, lists of values, and nothing."""

from collections.abc import Mapping

import pytest

from routekey.languages.json_text import MISSING
from routekey.languages.jsonpath import Search, compile_path
from routekey.languages.jsonpath.paths import VISITS_MAX

STORE: Mapping[str, object] = {
    "book": [
        {"title": "A", "price": 8, "isbn": "1"},
        {"title": "B", "price": 12},
        {"title": "C", "price": 9, "more": {"price": 1}},
    ],
    "null": None,
    "text": "abc",
    "empty": [],
    "numbers": [1, 2.5, "x", True],
}


@pytest.mark.rule("VTL-PATH-01", "DP-RTE-05")
@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.text", "abc"),
        ("$.null", None),
        ("$.book[0].title", "A"),
        ("$.book[-1].title", "C"),
        ("$['book'][1]['price']", 12),
        ("$.book[0,2].title", ["A", "C"]),
        ("$.book[5,0].title", ["A"]),
        ("$.book[1:].title", ["B", "C"]),
        ("$.book[:-2].title", ["A"]),
        ("$.book[*].title", ["A", "B", "C"]),
        ("$.book[*].isbn", ["1"]),
        ("$..price", [8, 12, 9, 1]),
        ("$.book[2]..price", [9, 1]),
        ("$..nope", []),
        ("$.empty[*]", []),
        ("$.text[*]", []),
        ("$.book[0]['title','isbn','nope']", {"title": "A", "isbn": "1"}),
        (
            "$.book[*]['title','isbn']",
            [{"title": "A", "isbn": "1"}, {"title": "B"}, {"title": "C"}],
        ),
        ("$.book[2]['title','more'].price", [1]),
        ("$.book[2].more.*", [1]),
        ("$.book[1].*", ["B", 12]),
    ],
)
def test_a_definite_path_gives_a_value_and_any_other_a_list(path: str, found: object) -> None:
    assert compile_path(path).find(STORE) == found


@pytest.mark.parametrize(
    "path",
    [
        "$.nope",
        "$.text.length",
        "$.null.a",
        "$.book.title",
        "$.book[3]",
        "$.book[-4]",
        "$.text[0]",
        "$.nope[*]",
        "$.nope..a",
        "$.text['a','b']",
        "$[0]",
    ],
)
def test_what_is_not_there_is_missing(path: str) -> None:
    assert compile_path(path).find(STORE) is MISSING


@pytest.mark.parametrize(
    ("path", "result"),
    [
        ("$.book.length()", 3),
        ("$.text.length()", 3),
        ("$.book[0].size()", 3),
        ("$.book[0].keys()", ["title", "price", "isbn"]),
        ("$.numbers.sum()", 3.5),
        ("$.numbers.min()", 1.0),
        ("$.numbers.max()", 2.5),
        ("$.numbers.avg()", 1.75),
        ("$..price.sum()", 30.0),
        ("$.book[0].price.sum()", 8.0),
        ("$.numbers.first()", 1),
        ("$.numbers.last()", True),
    ],
)
def test_a_function_computes_from_what_is_found(path: str, result: object) -> None:
    assert compile_path(path).find(STORE) == result


@pytest.mark.parametrize(
    ("numbers", "path", "result"),
    [
        ([10**400, 1], "$.sum()", float("inf")),
        ([-(10**400), 1], "$.min()", float("-inf")),
        ([False, 2, True, 4], "$.avg()", 3.0),
        ([False, 2], "$.min()", 2.0),
        ([True, False], "$.sum()", MISSING),
    ],
)
def test_functions_take_any_number_and_nothing_else(
    numbers: list[float], path: str, result: object
) -> None:
    assert compile_path(path).find(numbers) == result


@pytest.mark.parametrize(
    "path",
    [
        "$.nope.length()",
        "$.null.length()",
        "$.text.keys()",
        "$.text.sum()",
        "$.empty.max()",
        "$.empty.first()",
        "$.empty.last()",
        "$.text.first()",
    ],
)
def test_a_function_that_does_not_fit_gives_nothing(path: str) -> None:
    assert compile_path(path).find(STORE) is MISSING


@pytest.mark.parametrize("document", [{"a": 1}, [1], "text", None, 7])
def test_the_root_alone_is_the_document(document: object) -> None:
    assert compile_path("$").find(document) is document


def test_a_search_counts_what_it_looks_at() -> None:
    search = Search([{"a": 1}, {"a": 2}])
    assert compile_path("$[*].a").find(search.root, search) == [1, 2]
    assert search.visits_left == VISITS_MAX - 4


def test_a_plain_name_is_told() -> None:
    assert compile_path("$.a").plain_name == "a"
    assert compile_path("$['a b']").plain_name == "a b"
    for path in ("$", "$.a.b", "$[0]", "$..a", "$.a.length()"):
        assert compile_path(path).plain_name is None


def test_one_descent_reaches_all_of_the_largest_message() -> None:
    zeros: list[object] = [0] * 65_000
    found = compile_path("$..*").find({"a": zeros})
    assert isinstance(found, list)
    assert len(found) == 65_001


def test_a_chain_of_descents_ends_without_a_result() -> None:
    value: object = 0
    for _ in range(40):
        value = [value, value]
    assert compile_path("$..*..*..*").find(value) is MISSING
    assert VISITS_MAX < 2**40
