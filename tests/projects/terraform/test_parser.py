"""HCL in, trees out; bounds, and errors with lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.errors import ProjectError
from routekey.projects.terraform.parser import parse_hcl
from routekey.projects.terraform.syntax import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Splat,
    Template,
    Unary,
)

A, B = Name("a"), Name("b")


def parse(text: str) -> Expression:
    expression, _ = parse_hcl(f"x = {text}\n", file="f").attributes["x"]
    return expression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", Literal(1)),
        ("1.5", Literal(1.5)),
        ("null", Literal(None)),
        ('"a\\n\\"\\u00e9$${b}%%{"', Literal('a\n"é${b}%{')),
        ('"${a}b"', Template((A, Literal("b")))),
        ("a.b[0].1", Index(Index(Attribute(A, "b"), Literal(0)), Literal(1))),
        ("a[*].b", Splat(A, Attribute(Name("*"), "b"))),
        ("a.*.b", Splat(A, Attribute(Name("*"), "b"))),
        ("a + b * 2", Binary("+", A, Binary("*", B, Literal(2)))),
        ("!a && -1 < b", Binary("&&", Unary("!", A), Binary("<", Unary("-", Literal(1)), B))),
        ("a == b ? 1 : 2", Conditional(Binary("==", A, B), Literal(1), Literal(2))),
        ("f(a, [1,\n2]...)", Call("f", (A, ListOf((Literal(1), Literal(2)))), is_expanded=True)),
        ("{ a = 1, (b) : 2\n}", MapOf(((Literal("a"), Literal(1)), (B, Literal(2))))),
        ("(\na\n)", A),
        ("[for a in b : a if a]", For(("a",), B, None, A, A, is_grouped=False)),
        ("{for a, b in c : a => b...}", For(("a", "b"), Name("c"), A, B, None, is_grouped=True)),
        ("<<E\na\n b\nE", Literal("a\n b\n")),
        ("<<-E\n  a\n   ${b}\n  E", Template((Literal("a\n "), B, Literal("\n")))),
    ],
)
def test_an_expression_is_read(text: str, expected: Expression) -> None:
    assert parse(text) == expected


def test_blocks_have_labels_lines_and_comments() -> None:
    body = parse_hcl('# c\n/* d\n */ a "b" c { // e\n  x = 1\n  y {}\n}\n"q" = 2', file="f")
    (block,) = body.blocks
    assert (block.type, block.labels, block.line) == ("a", ("b", "c"), 3)
    assert block.body.attributes["x"] == (Literal(1), 4)
    assert [inner.type for inner in block.body.blocks] == ["y"]
    assert body.attributes["q"] == (Literal(2), 7)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("x =", 1, "a value is expected"),
        ("x = (1", 1, "\\) is expected"),
        ("x = [1 2]", 1, ", or ] is expected"),
        ("x = f(1 2)", 1, ", or \\) is expected"),
        ("x = {1 2}", 1, "= is expected"),
        ("x = [for 1]", 1, "a name is expected"),
        ("x = [for a of b]", 1, "in is expected"),
        ("x = a.", 1, "a name is expected after the dot"),
        ("\nx = <<E\na", 3, "not closed by E"),
        ("\nx = <<E\na\n${\nE", 5, "a value is expected"),
        ('x = "a', 1, "not closed by a quote"),
        ('x = "\\q"', 1, "is not an escape"),
        ("}", 1, "a name is expected"),
        ("a {", 1, "} is expected"),
        ('"${a}" = 1', 1, "a name is expected"),
        ("x = " + "(" * 100, 1, "nested deeper than 60"),
        ("x = " + "!" * 100, 1, "nested deeper than 60"),
        ("a {\n" * 100, 60, "nested deeper than 60"),
        ("x = " + '"${' * 100, 1, "nested deeper than 60"),
    ],
)
def test_what_is_not_hcl_names_the_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem) as error:
        parse_hcl(text, file="f")
    assert error.value.line == line


@given(st.text(alphabet='{}[]()"$%=,.:?!x1 \n<E', max_size=60))
def test_any_text_is_a_tree_or_an_error(text: str) -> None:
    file: str | None = "f"
    try:
        parse_hcl(text, file="f")
    except ProjectError as error:
        file = error.file
    assert file == "f"
