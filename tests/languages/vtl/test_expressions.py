"""Expressions: how they are read, and what is said where they are malformed."""

import pytest

from routekey.errors import TemplateError
from routekey.languages.vtl import compile_template
from routekey.languages.vtl.expressions import read_expression, read_reference
from routekey.languages.vtl.parser import read_template
from routekey.languages.vtl.references import Call, Index, Property, Reference
from routekey.languages.vtl.scanner import Scanner
from routekey.languages.vtl.terms import (
    Binary,
    Constant,
    ListLiteral,
    MapLiteral,
    Not,
    RangeLiteral,
)


def read(text: str) -> object:
    return read_expression(Scanner(text, read_template))


def reference(text: str) -> Reference | None:
    return read_reference(Scanner(text, read_template))


A = Reference("a", (), 1)


@pytest.mark.rule("VTL-EXP-04")
@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("1", Constant(1)),
        ("-1", Constant(-1)),
        ("1.5", Constant(1.5)),
        (".5", Constant(0.5)),
        ("-2e3", Constant(-2000.0)),
        ("1.5e-1", Constant(0.15)),
        (" true", Constant(value=True)),
        ("false ", Constant(value=False)),
        ("null", Constant("")),
        ("'a''b'", Constant("a'b")),
        ('"a""b"', Constant('a"b')),
        ("'$a'", Constant("$a")),
        ("$a", A),
        ("[]", ListLiteral(())),
        ("[ 1 , $a ]", ListLiteral((Constant(1), A))),
        ("[1]", ListLiteral((Constant(1),))),
        ("[1..3]", RangeLiteral(1, 3)),
        ("[ 5 .. -2 ]", RangeLiteral(5, -2)),
        ("{}", MapLiteral(())),
        ("{'a' : 1}", MapLiteral(((Constant("a"), Constant(1)),))),
        ("{$a: 1, 2: 'x'}", MapLiteral(((A, Constant(1)), (Constant(2), Constant("x"))))),
        ("($a)", A),
        ("!$a", Not(A)),
        ("not $a", Not(A)),
        ("!!$a", Not(Not(A))),
    ],
)
def test_each_literal_is_read(text: str, expression: object) -> None:
    assert read(text) == expression


@pytest.mark.rule("VTL-EXP-01")
@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1 + 2 * 3", "1 + (2 * 3)"),
        ("1 - 2 - 3", "(1 - 2) - 3"),
        ("8 / 4 % 3", "(8 / 4) % 3"),
        ("4 > 2 + 5", "4 > (2 + 5)"),
        ("1 < 2 == true", "(1 < 2) == true"),
        ("$a == 1 && $a != 2", "($a == 1) && ($a != 2)"),
        ("1 || 0 && 0", "1 || (0 && 0)"),
        ("!$a && $a", "(!$a) && $a"),
        ("$a eq 1 and $a ne 2 or $a lt 3", "(($a == 1) && ($a != 2)) || ($a < 3)"),
        ("$a le 1", "$a <= 1"),
        ("$a ge 1", "$a >= 1"),
        ("$a gt 1", "$a > 1"),
        ("$a -1", "$a - 1"),
        ("$a\n+\t1", "$a + 1"),
    ],
)
def test_operators_bind_as_in_velocity(text: str, same: str) -> None:
    assert read(text) == read(same)


def test_a_word_that_begins_like_an_operator_is_none() -> None:
    assert read("$a order") == A


@pytest.mark.rule("VTL-REF-07", "VTL-EXP-07", "VTL-REF-01")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$a", A),
        ("$!a", A),
        ("${a}", A),
        ("$!{a}", A),
        ("$a-b_1", Reference("a-b_1", (), 1)),
        ("$a.b", Reference("a", (Property("b"),), 1)),
        ("$a.", A),
        ("$a.1", A),
        ("$a.b()", Reference("a", (Call("b", ()),), 1)),
        ("$a.b( 1, 'x' )", Reference("a", (Call("b", (Constant(1), Constant("x"))),), 1)),
        ("$a[0]", Reference("a", (Index(Constant(0)),), 1)),
        ("$a['x'].b", Reference("a", (Index(Constant("x")), Property("b")), 1)),
        ("${a.b}.c", Reference("a", (Property("b"),), 1)),
        ("$a (1)", A),
        ("$", None),
        ("$1", None),
        ("$!", None),
        ("${", None),
        ("$ a", None),
        ("$-a", None),
    ],
)
def test_each_reference_is_read(text: str, found: Reference | None) -> None:
    assert reference(text) == found


def test_a_string_with_a_reference_is_a_template() -> None:
    assert compile_template('#set($x = "a$b#if($c)d#end")$x').render({"b": 1, "c": True}) == "a1d"
    assert compile_template('#set($x = "cost: $")$x').render({}) == "cost: $"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no value before the end"),
        ("*", "no value before '*'"),
        ("1 +", "no value before the end"),
        ("(1", "a parenthesis lacks ')'"),
        ("[1 2]", "a list lacks ']'"),
        ("[1, 2", "a list lacks ','"),
        ("{1}", "a map lacks ':'"),
        ("{1:2 3:4}", "a map lacks ','"),
        ("'a", "no closing quote"),
        ('"a', "no closing quote"),
        ("nothing", "no value before 'nothing'"),
        ("$a.b(1", "a list lacks ','"),
        ("$a[0", "an index lacks ']'"),
        ("${a", "the reference ${a lacks '}'"),
        ("[$a..3]", "a range goes from a number to a number"),
        ("[1..$a]", "a range goes from a number to a number"),
        ("9" * 400, "more than 300 digits"),
        ("(" * 100 + "1" + ")" * 100, "nests deeper"),
        ("!" * 200 + "1", "nests deeper"),
    ],
)
def test_a_malformed_expression_says_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        read(text)
    assert problem in caught.value.problem


def test_long_chains_are_no_depth() -> None:
    chain = read(" + ".join(["1"] * 200))
    assert isinstance(chain, Binary)
    assert reference("$a" + ".b" * 500) is not None
