"""The text of a JSONPath: which forms there are, and what is said of the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.languages.jsonpath import JsonPathError, compile_path
from routekey.languages.jsonpath.paths import (
    Descent,
    Indexes,
    Member,
    Members,
    Slice,
    Step,
    Wildcard,
)


@pytest.mark.rule("VTL-PATH-01", "VTL-INP-02")
@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$", ()),
        ("$.a", (Member("a"),)),
        (" $.a ", (Member("a"),)),
        ("$.a.b-c", (Member("a"), Member("b-c"))),
        ("$.ä:b@c", (Member("ä:b@c"),)),
        ("$['a b']", (Member("a b"),)),
        ("$[\"a\"][ 'b' ]", (Member("a"), Member("b"))),
        (r"$['a\'b']", (Member("a'b"),)),
        ("$['']", (Member(""),)),
        ("$.['a']", (Member("a"),)),
        ("$[0]", (Indexes((0,)),)),
        ("$[ -1 ]", (Indexes((-1,)),)),
        ("$[0, 2]", (Indexes((0, 2)),)),
        ("$[1:3]", (Slice(1, 3),)),
        ("$[:2]", (Slice(None, 2),)),
        ("$[-2:]", (Slice(-2, None),)),
        ("$[*]", (Wildcard(),)),
        ("$.*", (Wildcard(),)),
        ("$..a", (Descent(), Member("a"))),
        ("$..[0]", (Descent(), Indexes((0,)))),
        ("$..*", (Descent(), Wildcard())),
        ("$['a','b']", (Members(("a", "b"), is_definite=True),)),
        ("$['a','b'].c", (Members(("a", "b"), is_definite=False), Member("c"))),
        ("@.a", (Member("a"),)),
    ],
)
def test_each_form_has_its_steps(text: str, steps: tuple[Step, ...]) -> None:
    assert compile_path(text).steps == steps


@pytest.mark.rule("VTL-INP-03")
@pytest.mark.parametrize("text", ["id", "id.x", "['id']", "id[0]"])
def test_a_path_may_leave_out_its_root(text: str) -> None:
    assert compile_path(text).steps == compile_path(f"$.{text}").steps


def test_a_function_may_end_a_path() -> None:
    assert compile_path("$.a.length()").function == "length"
    assert compile_path("$.length").function is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("$.", "at position 2"),
        ("$.a.", "at position 4"),
        ("$...a", "at position 3"),
        ("$[", "at position 2"),
        ("$[]", "at position 2"),
        ("$[a]", "at position 2"),
        ("$['a]", "lacks a quoted name"),
        ("$['a',]", "lacks a quoted name"),
        ("$['a'", "lacks ']'"),
        ("$[*", "lacks ']'"),
        ("$[1:2:3]", "at position 2"),
        ("$[?]", "lacks '('"),
        ("$.a b", "at position 3"),
        ("$a", "at position 1"),
        ("$.a.nope()", "no function nope()"),
        ("$.a.length().b", "at position 12"),
        ("$.a.length(1)", "at position 10"),
        ("$" + ".a" * 65, "more than 64 steps"),
        ("$." + "a" * 5000, "longer than"),
    ],
)
def test_a_malformed_path_says_what_and_where(text: str, problem: str) -> None:
    with pytest.raises(JsonPathError) as caught:
        compile_path(text)
    assert problem in caught.value.problem


@given(st.text(alphabet="$@.[]'\"*?()ab01:,-!&|=<>~/ i", max_size=30) | st.text())
def test_no_text_makes_the_reader_raise_a_stranger(text: str) -> None:
    try:
        compile_path(text).find({"a": [{"b": 1}], "b": "a"})
    except JsonPathError:
        return
