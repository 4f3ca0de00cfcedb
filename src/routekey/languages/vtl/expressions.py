"""References and expressions, read from a template's text.

Operators bind, from the loosest: `||`, `&&`, `==`, comparisons, `+ -`, `* / %`, `!`; most have a
word that means the same (`and`, `eq` …). Source: VTL-EXP-01 to VTL-EXP-07, VTL-REF-06, VTL-REF-07.
"""

import re

from routekey.languages.vtl.references import Call, Index, Property, Reference
from routekey.languages.vtl.scanner import Scanner
from routekey.languages.vtl.terms import (
    Binary,
    Constant,
    Expression,
    Interpolation,
    ListLiteral,
    MapLiteral,
    Not,
    RangeLiteral,
)

_OPERATOR = re.compile(
    r"\s*(\|\||&&|==|!=|<=|>=|<|>|\+|-|\*|/|%|(?:or|and|eq|ne|le|ge|lt|gt)(?![A-Za-z0-9_]))"
)
_WORDS = {
    "or": "||", "and": "&&", "eq": "==", "ne": "!=", "le": "<=", "ge": ">=", "lt": "<", "gt": ">"
}  # fmt: skip
_STRENGTHS = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
_WEAKEST, _STRONGER_THAN_ALL = 1, 7
_START = re.compile(r"\$(!?)(\{?)([A-Za-z_][A-Za-z0-9_-]*)")
_PROPERTY = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)(\(?)")
_NOT = re.compile(r"!|not(?![A-Za-z0-9_])")
_NAMED = re.compile(r"(true|false|null)(?![A-Za-z0-9_])")
_NAMED_VALUES: dict[str, str | float] = {"true": True, "false": False, "null": ""}
_NUMBER = re.compile(r"-?(?:(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|(\d+))")
_DIGITS_MAX = 300
_RANGE = re.compile(r"\s*(-?\d{1,18})\s*\.\.\s*(-?\d{1,18})\s*\]")
_RANGE_OF_REFERENCES = re.compile(r"\s*\.\.")
_SINGLE = re.compile(r"'((?:[^']|'')*)'")
_DOUBLE = re.compile(r'"((?:[^"]|"")*)"')


def read_reference(scanner: Scanner) -> Reference | None:
    """Read a reference; None, and no step, where there is none (`$ 5`, `$0`, `$!`)."""
    line = scanner.line
    start = scanner.match(_START)
    if start is None:
        return None
    accessors: list[Property | Index | Call] = []
    while True:
        member = scanner.match(_PROPERTY)
        if member is not None:
            name, parenthesis = member.groups()
            accessors.append(
                Call(name, _read_list(scanner, ")")) if parenthesis else Property(name)
            )
        elif scanner.take("["):
            accessors.append(Index(read_expression(scanner)))
            scanner.expect("]", "an index")
        else:
            break
    reference = Reference(start[3], tuple(accessors), line)
    if start[2]:
        scanner.expect("}", f"the reference ${{{start[3]}")
    return reference


def read_expression(scanner: Scanner, weakest: int = _WEAKEST) -> Expression:
    """Read an expression whose operators bind no looser than `weakest`."""
    scanner.enter()
    left = _read_operand(scanner)
    while True:
        start = scanner.position
        found = scanner.match(_OPERATOR)
        if found is None:
            break
        operator = _WORDS.get(found[1], found[1])
        strength = _STRENGTHS[operator]
        if strength < weakest:
            scanner.position = start
            break
        left = Binary(operator, left, read_expression(scanner, strength + 1))
    scanner.leave()
    return left


def _read_operand(scanner: Scanner) -> Expression:
    scanner.skip_space()
    if scanner.match(_NOT):
        return Not(read_expression(scanner, _STRONGER_THAN_ALL))
    match scanner.peek():
        case "(":
            return _read_parenthesis(scanner)
        case "[":
            return _read_bracket(scanner)
        case "{":
            return _read_map(scanner)
        case "'" | '"':
            return _read_string(scanner)
    return read_reference(scanner) or _read_constant(scanner)


def _read_parenthesis(scanner: Scanner) -> Expression:
    scanner.take("(")
    inner = read_expression(scanner)
    scanner.expect(")", "a parenthesis")
    return inner


def _read_constant(scanner: Scanner) -> Constant:
    if (named := scanner.match(_NAMED)) is not None:
        return Constant(_NAMED_VALUES[named[1]])
    number = scanner.match(_NUMBER)
    if number is None:
        found = f"{scanner.peek(12)!r}" if not scanner.is_at_end else "the end"
        raise scanner.error(f"there is no value before {found}")
    if len(number.group()) > _DIGITS_MAX:
        raise scanner.error(f"a number has more than {_DIGITS_MAX} digits")
    return Constant(int(number.group()) if number[1] else float(number.group()))


def _read_list(scanner: Scanner, closing: str) -> tuple[Expression, ...]:
    """Read expressions with commas between them, and what closes the list."""
    items: list[Expression] = []
    while not scanner.take_next(closing):
        if items:
            scanner.expect(",", "a list")
        items.append(read_expression(scanner))
    return tuple(items)


def _read_bracket(scanner: Scanner) -> Expression:
    scanner.take("[")
    bounds = scanner.match(_RANGE)
    if bounds is not None:
        return RangeLiteral(int(bounds[1]), int(bounds[2]))
    if scanner.take_next("]"):
        return ListLiteral(())
    first = read_expression(scanner)
    if scanner.match(_RANGE_OF_REFERENCES):
        raise scanner.error(
            "a range goes from a number to a number",
            "API Gateway has no ranges of references, such as [$a..$b]",
        )
    rest: tuple[Expression, ...] = ()
    if scanner.take_next(","):
        rest = _read_list(scanner, "]")
    else:
        scanner.expect("]", "a list")
    return ListLiteral((first, *rest))


def _read_map(scanner: Scanner) -> MapLiteral:
    scanner.take("{")
    entries: list[tuple[Expression, Expression]] = []
    while not scanner.take_next("}"):
        if entries:
            scanner.expect(",", "a map")
        key = read_expression(scanner)
        scanner.expect(":", "a map")
        entries.append((key, read_expression(scanner)))
    return MapLiteral(tuple(entries))


def _read_string(scanner: Scanner) -> Expression:
    """Read a string; a quote in it is doubled, and a backslash is a backslash (VTL-EXP-05)."""
    line = scanner.line
    if (single := scanner.match(_SINGLE)) is not None:
        return Constant(single[1].replace("''", "'"))
    double = scanner.match(_DOUBLE)
    if double is None:
        raise scanner.error(
            "a string has no closing quote",
            "A quote inside a string is doubled; a backslash does not escape it",
        )
    text = double[1].replace('""', '"')
    if "$" not in text and "#" not in text:
        return Constant(text)
    return Interpolation(scanner.read_inner(scanner.inside(text, line)))
