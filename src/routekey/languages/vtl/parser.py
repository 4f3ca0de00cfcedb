"""Templates, read into nodes: text, references, directives, comments and escapes.

The dialect is Velocity 1.x with AWS's own reading of references. Macros are not there: a call of
one prints its own text, and a definition prints nothing (VTL-DIR-08).

Source: VTL-DIR-01 to VTL-DIR-13, VTL-WS-01, VTL-WS-02, VTL-EXP-06, VTL-REF-06.
"""

import re
from collections.abc import Callable

from routekey.languages.vtl.expressions import read_expression, read_reference
from routekey.languages.vtl.nodes import (
    Body,
    BreakLoop,
    Define,
    Foreach,
    If,
    Printed,
    Set,
    Signal,
    StopRendering,
    Text,
)
from routekey.languages.vtl.references import Call, Reference
from routekey.languages.vtl.scanner import Scanner
from routekey.languages.vtl.terms import Block, Expression

_PLAIN = re.compile(r"[^$#\\]+")
_WORD = re.compile(r"#(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", re.ASCII)
_BACKSLASHES = re.compile(r"\\+")
_LINE_COMMENT = re.compile(r"##[^\r\n]*(?:\r\n|\n|\r)?")
_BLOCK_COMMENT = re.compile(r"#\*.*?\*#", re.DOTALL)
_RAW = re.compile(r"#\[\[(.*?)\]\]#", re.DOTALL)
_ARGUMENTS = re.compile(r"\((?:[^()\"']|\"[^\"]*\"|'[^']*')*\)")
_SEPARATORS = frozenset({"elseif", "else", "end"})


def read_template(scanner: Scanner) -> Body:
    """Read a whole template, or the inside of a string.

    Raises:
        TemplateError: it is malformed; the error names the line.
    """
    body, separator = _read_body(scanner)
    if separator:
        raise scanner.error(f"there is no directive open for #{separator}")
    return body


def _read_body(scanner: Scanner) -> tuple[Body, str]:
    """Read up to `#end`, `#else` or `#elseif`, or to the end; also give which it was."""
    scanner.enter()
    nodes: list[Block | Reference] = []
    separator = ""
    while not scanner.is_at_end and not separator:
        plain = scanner.match(_PLAIN)
        if plain is not None:
            nodes.append(Text(plain.group()))
            continue
        match scanner.peek():
            case "$":
                nodes.append(_read_dollar(scanner))
            case "\\":
                nodes.append(_read_escape(scanner))
            case _:
                separator = _read_hash(scanner, nodes)
    scanner.leave()
    return Body(_join(nodes)), separator


def _join(nodes: list[Block | Reference]) -> tuple[Block, ...]:
    """Join neighbouring texts, and references with the texts around them."""
    joined: list[Block] = []
    pieces: list[Text | Reference] = []
    for node in nodes:
        if not isinstance(node, Text | Reference):
            joined += (*_print(pieces), node)
            pieces = []
        elif isinstance(node, Text) and pieces and isinstance(last := pieces[-1], Text):
            pieces[-1] = Text(last.text + node.text)
        else:
            pieces.append(node)
    return *joined, *_print(pieces)


def _print(pieces: list[Text | Reference]) -> tuple[Block, ...]:
    match pieces:
        case []:
            return ()
        case [Text() as text]:
            return (text,)
    return (Printed(tuple(pieces)),)


def _read_dollar(scanner: Scanner) -> Reference | Text:
    reference = read_reference(scanner)
    if reference is not None:
        return reference
    scanner.take("$")
    if scanner.is_at_end and not scanner.is_string:
        raise scanner.error(
            "the template ends in a bare $", "AWS answers it with an error: write the $ otherwise"
        )
    return Text("$")


def _read_escape(scanner: Scanner) -> Text:
    r"""Read backslashes: `\$name` and `\#end` stand for themselves, two stand for one.

    That holds before a reference or a directive only; elsewhere backslashes are text (VTL-EXP-06).
    """
    backslashes = scanner.match(_BACKSLASHES)
    if backslashes is None:
        raise AssertionError("the caller has seen a backslash")
    count = len(backslashes.group())
    start = scanner.position
    if scanner.peek() == "$" and read_reference(scanner) is not None:
        escaped = scanner.text[start : scanner.position]
    elif (word := scanner.match(_WORD)) is not None and _name(word) in {*_DIRECTIVES, *_SEPARATORS}:
        escaped = word.group()
    else:
        scanner.position = start
        return Text("\\" * count)
    if count % 2 == 0:
        scanner.position = start
        escaped = ""
    return Text("\\" * (count // 2) + escaped)


def _read_hash(scanner: Scanner, nodes: list[Block | Reference]) -> str:
    """Read what begins with `#`; give the name of a separator."""
    if scanner.match(_LINE_COMMENT) or scanner.match(_BLOCK_COMMENT):
        return ""
    if scanner.peek(2) == "#*":
        raise scanner.error("a comment has no closing *#")
    if (raw := scanner.match(_RAW)) is not None:
        nodes.append(Text(raw[1]))
        return ""
    start = scanner.position
    word = scanner.match(_WORD)
    if word is None:
        scanner.take("#")
        nodes.append(Text("#"))
        return ""
    name = _name(word)
    if name in _SEPARATORS:
        if name != "elseif":
            scanner.skip_newline()
        return name
    if name in _DIRECTIVES:
        node = _DIRECTIVES[name](scanner)
        if node is not None:
            nodes.append(node)
        return ""
    scanner.match(_ARGUMENTS)
    nodes.append(Text(scanner.text[start : scanner.position]))
    return ""


def _name(word: re.Match[str]) -> str:
    return str(word[1] or word[2])


def _read_set(scanner: Scanner) -> Block:
    scanner.expect("(", "#set")
    target = _read_target(scanner, "#set")
    if target.accessors and isinstance(target.accessors[-1], Call):
        raise scanner.error("#set cannot assign to a method's result")
    scanner.expect("=", "#set")
    return Set(target, _read_rest(scanner, "#set"))


def _read_target(scanner: Scanner, where: str) -> Reference:
    scanner.skip_space()
    target = read_reference(scanner)
    if target is None:
        raise scanner.error(f"{where} lacks a reference before {scanner.peek(12)!r}")
    return target


def _read_name(scanner: Scanner, where: str) -> str:
    target = _read_target(scanner, where)
    if target.accessors:
        raise scanner.error(f"{where} takes a plain name, not a member")
    return target.name


def _read_condition(scanner: Scanner, where: str) -> Expression:
    scanner.expect("(", where)
    return _read_rest(scanner, where)


def _read_rest(scanner: Scanner, where: str) -> Expression:
    """Read the expression that ends a directive's parentheses, and the newline after them."""
    expression = read_expression(scanner)
    scanner.expect(")", where)
    scanner.skip_newline()
    return expression


def _read_if(scanner: Scanner) -> Block:
    line = scanner.line
    branches = []
    otherwise = Body(())
    condition = _read_condition(scanner, "#if")
    while True:
        body, separator = _read_body(scanner)
        branches.append((condition, body))
        if separator != "elseif":
            break
        condition = _read_condition(scanner, "#elseif")
    if separator == "else":
        otherwise, separator = _read_body(scanner)
    _check_end(scanner, separator, f"the #if of line {line}")
    return If(tuple(branches), otherwise)


def _read_foreach(scanner: Scanner) -> Block:
    line = scanner.line
    scanner.expect("(", "#foreach")
    name = _read_name(scanner, "#foreach")
    scanner.expect("in", "#foreach")
    collection = _read_rest(scanner, "#foreach")
    return Foreach(name, collection, _read_to_end(scanner, f"the #foreach of line {line}"))


def _read_define(scanner: Scanner) -> Block:
    line = scanner.line
    scanner.expect("(", "#define")
    name = _read_name(scanner, "#define")
    scanner.expect(")", "#define")
    scanner.skip_newline()
    return Define(name, _read_to_end(scanner, f"the #define of line {line}"))


def _read_macro(scanner: Scanner) -> None:
    """Read a macro, which defines nothing (VTL-DIR-08)."""
    line = scanner.line
    scanner.skip_space()
    if not scanner.match(_ARGUMENTS):
        raise scanner.error("#macro lacks its parameters in parentheses")
    scanner.skip_newline()
    _read_to_end(scanner, f"the #macro of line {line}")


def _read_to_end(scanner: Scanner, what: str) -> Body:
    body, separator = _read_body(scanner)
    _check_end(scanner, separator, what)
    return body


def _check_end(scanner: Scanner, separator: str, what: str) -> None:
    if separator != "end":
        found = f"meets #{separator}" if separator else "has no #end"
        raise scanner.error(f"{what} {found}")


def _refuse(scanner: Scanner) -> Block:
    raise scanner.error("API Gateway has no #include and no #parse")


_DIRECTIVES: dict[str, Callable[[Scanner], Block | None]] = {
    "set": _read_set,
    "if": _read_if,
    "foreach": _read_foreach,
    "define": _read_define,
    "macro": _read_macro,
    "break": lambda _: Signal(BreakLoop),
    "stop": lambda _: Signal(StopRendering),
    "include": _refuse,
    "parse": _refuse,
}
