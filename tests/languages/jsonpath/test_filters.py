"""Conditions in paths: what they compare, and how."""

import pytest

from routekey.languages.json_text import MISSING
from routekey.languages.jsonpath import JsonPathError, compile_path

BOOKS = {
    "limit": 10,
    "names": ["A", "C"],
    "book": [
        {"t": "A", "p": 8, "ok": True, "tags": ["x", "y"]},
        {"t": "B", "p": 12, "n": None},
        {"t": "c", "p": "9", "ok": False},
    ],
}


@pytest.mark.rule("VTL-PATH-01")
@pytest.mark.parametrize(
    ("condition", "titles"),
    [
        ("@.p < 10", "A"),
        ("@.p <= 8", "A"),
        ("@.p > 8", "B"),
        ("@.p >= 8", "AB"),
        ("@.p == 12", "B"),
        ("@.p == 12.0", "B"),
        ("@.p != 12", "Ac"),
        ("@.p == '9'", "c"),
        ("@.t > 'B'", "c"),
        ("@.t <= 'B'", "AB"),
        ("@.p > $.limit", "B"),
        ("$.limit == 10", "ABc"),
        ("10 < @.p", "B"),
        ("@.ok", "Ac"),
        ("!@.ok", "B"),
        ("!!@.ok", "Ac"),
        ("@.ok == true", "A"),
        ("@.ok == false", "c"),
        ("@.ok == 1", ""),
        ("@.ok > 0", ""),
        ("@.n", "B"),
        ("@.n == null", "B"),
        ("@.nope == null", ""),
        ("@.nope != 1", "ABc"),
        ("@.nope < 1", ""),
        ("@.t =~ /[a-c]/", "c"),
        ("@.t =~ /[a-c]/i", "ABc"),
        ("@.p =~ /8/", ""),
        ("@.t in ['A', 'B']", "AB"),
        ("@.t in []", ""),
        ("@.t in $.names", "A"),
        ("@.t in 'A'", ""),
        ("@.t nin ['A', \"B\"]", "c"),
        ("@.p in [8, 12.0, true, null]", "AB"),
        ("@.tags[0] == 'x'", "A"),
        ("@.tags.length() == 2", "A"),
        ("@['t'] == 'A' || @.t == 'B'", "AB"),
        ("@.p == 8 && @.t == 'A'", "A"),
        ("@.p == 8 && @.t == 'B' || @.t == 'c'", "c"),
        ("@.p == 8 && (@.t == 'B' || @.t == 'A')", "A"),
        ("  ( @.p == 8 )  ", "A"),
        ("@.tags[?(@ == 'y')]", "A"),
    ],
)
def test_a_condition_keeps_what_passes(condition: str, titles: str) -> None:
    found = compile_path(f"$.book[?({condition})].t").find(BOOKS)
    assert found == list(titles)


def test_a_condition_on_an_object_keeps_it_or_not() -> None:
    assert compile_path("$[?(@.limit == 10)].limit").find(BOOKS) == [10]
    assert compile_path("$[?(@.limit == 11)].limit").find(BOOKS) == []
    assert compile_path("$.nope[?(@.a)]").find(BOOKS) is MISSING


def test_a_pattern_that_takes_too_long_matches_nothing() -> None:
    found = compile_path("$[?(@ =~ /(a|aa)+/)]").find(["a" * 60 + "c", "aa"])
    assert found == ["aa"]


def test_a_search_makes_few_slow_matches() -> None:
    path = compile_path("$[?(@ =~ /(a|aa)+b/)]")
    slow = "a" * 18 + "?"
    assert path.find([*[slow] * 3, "ab", *["quick"] * 10_000]) == ["ab"]
    assert path.find([slow] * 25) is MISSING


def test_a_search_makes_so_many_matches() -> None:
    path = compile_path("$[?(@ =~ /b/)]")
    assert path.find(["b"] * 10_000) == ["b"] * 10_000
    assert path.find(["b"] * 15_000) is MISSING


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("", "lacks a value"),
        ("@.a ==", "lacks a value"),
        ("@.a == b", "lacks a value"),
        ("@.a == 01x", "lacks"),
        ("@.a = 1", "lacks ')'"),
        ("@.a in [1", "lacks ','"),
        ("@.a in [1 2]", "lacks ','"),
        ("@.a =~ 'x'", "lacks a /regular expression/"),
        ("@.a =~ /(/", "malformed"),
        ("(@.a", "lacks ')'"),
        ("(" * 40 + "@.a" + ")" * 40, "nests deeper"),
        ("!" * 5000 + "@.a", "longer"),
        ("!" * 3000 + "@.a", "nests deeper"),
    ],
)
def test_a_malformed_condition_says_what_is_wrong(condition: str, problem: str) -> None:
    with pytest.raises(JsonPathError, match=problem.replace("(", r"\(").replace(")", r"\)")):
        compile_path(f"$[?({condition})]")
