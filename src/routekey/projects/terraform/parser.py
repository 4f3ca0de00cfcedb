"""HCL text in, a tree out: a recursive descent without a lexer of its own.

A newline ends an attribute, but not inside brackets; `_brackets` counts them. Nesting is bounded,
so that no text can exhaust the stack. Source: HCL native syntax specification.
"""

import re
from typing import Final, NoReturn

from routekey.errors import ProjectError
from routekey.projects.terraform.syntax import (
    Attribute,
    Binary,
    Block,
    Body,
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
    Unary,
)
from routekey.projects.terraform.templates import TemplateReader

DEPTH_MAX = 60  # each level takes some ten frames of Python's stack

_BLANKS = re.compile(r"(?:[ \t\r]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_BLANKS_AND_LINES = re.compile(r"(?:[ \t\r\n]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_NUMBER = re.compile(r"[0-9]{1,17}(?:\.[0-9]{1,17})?(?:[eE][-+]?[0-9]{1,2})?")
_DIGITS = re.compile(r"[0-9]{1,9}")
_HEREDOC = re.compile(r"<<(?P<indent>-?)(?P<marker>[A-Za-z_][A-Za-z0-9_-]*)[ \t\r]*\n")
_OPERATORS: Final = (
    ("||",),
    ("&&",),
    ("==", "!="),
    ("<=", ">=", "<", ">"),
    ("+", "-"),
    ("*", "/", "%"),
)
_WORDS: Final = {"true": True, "false": False, "null": None}


def parse_hcl(text: str, *, file: str) -> Body:
    """Parse a `.tf` or `.tfvars` file.

    Raises:
        ProjectError: the text is not HCL, with the line.
    """
    return _Parser(text, file).file()


def parse_template(text: str, *, file: str) -> Expression:
    """Parse the text of a template file.

    Raises:
        ProjectError: an interpolation or a directive is malformed.
    """
    return TemplateReader(_Parser(text, file)).whole()


class _Parser:
    """Reads from a position on; `TemplateReader` shares it for what is inside text."""

    def __init__(self, text: str, file: str, first_line: int = 1) -> None:
        self.text = text
        self.position = 0
        self._file = file
        self._first_line = first_line
        self._counted = (0, first_line)
        self._brackets = 0
        self._depth = 0

    def file(self) -> Body:
        body = self._body(end="")
        if self.position < len(self.text):
            self.fail("an attribute or a block is expected here")
        return body

    def expression(self) -> Expression:
        """Read an expression, up to where it cannot go on."""
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self.fail(f"nested deeper than {DEPTH_MAX} levels")
        value = self._binary(0)
        if self.take("?"):
            yes = self.expression()
            self.expect(":")
            value = Conditional(value, yes, self.expression())
        self._depth -= 1
        return value

    def bracketed(self, end: str) -> Expression:
        """Read an expression in which newlines mean nothing, and what closes it."""
        self._brackets += 1
        value = self.expression()
        self._skip()
        self._brackets -= 1
        self.expect(end)
        return value

    def identifier(self) -> str | None:
        self._skip()
        found = _IDENTIFIER.match(self.text, self.position)
        if found is None:
            return None
        self.position = found.end()
        return found[0]

    def take(self, token: str) -> bool:
        """Take a token if it comes next."""
        self._skip()
        if not self.text.startswith(token, self.position):
            return False
        self.position += len(token)
        return True

    def take_word(self, word: str) -> bool:
        """Take a whole word if it comes next."""
        before = self.position
        if self.identifier() == word:
            return True
        self.position = before
        return False

    def expect(self, token: str) -> None:
        if not self.take(token):
            self.fail(f"{token} is expected here")

    def fail(self, problem: str) -> NoReturn:
        raise ProjectError(f"not valid HCL: {problem}", file=self._file, line=self._line())

    def _skip(self) -> None:
        pattern = _BLANKS_AND_LINES if self._brackets else _BLANKS
        found = pattern.match(self.text, self.position)
        self.position = found.end() if found else self.position

    def _line(self) -> int:
        """Count the lines up to here, on from where they were counted last."""
        since, line = self._counted
        if since > self.position:
            since, line = 0, self._first_line
        line += self.text.count("\n", since, self.position)
        self._counted = (self.position, line)
        return line

    def _skip_lines(self) -> None:
        found = _BLANKS_AND_LINES.match(self.text, self.position)
        self.position = found.end() if found else self.position

    def _body(self, end: str) -> Body:
        attributes: dict[str, tuple[Expression, int]] = {}
        blocks: list[Block] = []
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self.fail(f"nested deeper than {DEPTH_MAX} levels")
        outside, self._brackets = self._brackets, 0
        self._skip_lines()
        while self.position < len(self.text) and not (end and self.text[self.position] == end):
            line = self._line()
            name = self.identifier() or self._quoted_name()
            if self.take("="):
                attributes[name] = (self.expression(), line)
            else:
                blocks.append(self._block(name, line))
            self._skip_lines()
        self._brackets = outside
        self._depth -= 1
        return Body(attributes=attributes, blocks=tuple(blocks))

    def _quoted_name(self) -> str:
        value = TemplateReader(self).quoted() if self.take('"') else None
        if isinstance(value, Literal) and isinstance(value.value, str):
            return value.value
        return self.fail("a name is expected here")

    def _block(self, name: str, line: int) -> Block:
        labels = []
        while not self.take("{"):
            labels.append(self.identifier() or self._quoted_name())
        body = self._body(end="}")
        self._skip_lines()
        self.expect("}")
        return Block(type=name, labels=tuple(labels), body=body, line=line)

    def _binary(self, level: int) -> Expression:
        if level == len(_OPERATORS):
            return self._unary()
        value = self._binary(level + 1)
        while (operator := self._operator(level)) is not None:
            value = Binary(operator, value, self._binary(level + 1))
        return value

    def _operator(self, level: int) -> str | None:
        for operator in _OPERATORS[level]:
            if self.take(operator):
                return operator
        return None

    def _unary(self) -> Expression:
        for operator in ("!", "-"):
            if self.take(operator):
                return Unary(operator, self._nested_unary())
        value = self._primary()
        while True:
            following = self._postfix(value)
            if following is None:
                return value
            value = following

    def _nested_unary(self) -> Expression:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self.fail(f"nested deeper than {DEPTH_MAX} levels")
        value = self._unary()
        self._depth -= 1
        return value

    def _postfix(self, base: Expression) -> Expression | None:
        if self.text.startswith("...", self.position):
            return None
        if self.text.startswith(".", self.position):
            self.position += 1
            return self._attribute(base)
        if not self.text.startswith("[", self.position):
            return None
        self.position += 1
        if self.take("*"):
            self.expect("]")
            return self._splat(base)
        return Index(base, self.bracketed("]"))

    def _attribute(self, base: Expression) -> Expression:
        if self.take("*"):
            return self._splat(base)
        if (number := _DIGITS.match(self.text, self.position)) is not None:
            self.position = number.end()
            return Index(base, Literal(int(number[0])))
        return Attribute(base, self.identifier() or self._no_name())

    def _splat(self, base: Expression) -> Expression:
        each: Expression = Name("*")
        while (following := self._postfix(each)) is not None:
            each = following
        return Splat(base, each)

    def _no_name(self) -> NoReturn:
        self.fail("a name is expected after the dot")

    def _primary(self) -> Expression:
        self._skip()
        opening = self.text[self.position : self.position + 1]
        if opening and opening in '([{"':
            self.position += 1
        match opening:
            case "(":
                return self.bracketed(")")
            case "[":
                return self._list()
            case "{":
                return self._map()
            case '"':
                return TemplateReader(self).quoted()
        return self._word()

    def _word(self) -> Expression:
        if (heredoc := _HEREDOC.match(self.text, self.position)) is not None:
            return self._heredoc(heredoc)
        if (number := _NUMBER.match(self.text, self.position)) is not None:
            self.position = number.end()
            is_whole = number[0].isdecimal()
            return Literal(int(number[0]) if is_whole else float(number[0]))
        name = self.identifier()
        if name is None:
            self.fail("a value is expected here")
        if name in _WORDS:
            return Literal(_WORDS[name])
        if self.text.startswith("(", self.position):
            self.position += 1
            return self._call(name)
        return Name(name)

    def _call(self, name: str) -> Expression:
        arguments: list[Expression] = []
        is_expanded = False
        self._brackets += 1
        while not self.take(")"):
            arguments.append(self.expression())
            is_expanded = self.take("...")
            if not self.take(",") and not self.text.startswith(")", self._peek()):
                self.fail(", or ) is expected here")
        self._brackets -= 1
        return Call(name, tuple(arguments), is_expanded)

    def _peek(self) -> int:
        self._skip()
        return self.position

    def _list(self) -> Expression:
        self._brackets += 1
        if self.take_word("for"):
            value = self._for("]")
        else:
            items: list[Expression] = []
            while not self.take("]"):
                items.append(self.expression())
                if not self.take(",") and not self.text.startswith("]", self._peek()):
                    self.fail(", or ] is expected here")
            value = ListOf(tuple(items))
        self._brackets -= 1
        return value

    def _map(self) -> Expression:
        self._brackets += 1
        if self.take_word("for"):
            value = self._for("}")
        else:
            items: list[tuple[Expression, Expression]] = []
            while not self.take("}"):
                is_bare = not self.text.startswith("(", self._peek())
                key = self.expression()
                if not self.take("=") and not self.take(":"):
                    self.fail("= is expected here")
                self._brackets, outside = 0, self._brackets
                item = self.expression()
                self._brackets = outside
                if is_bare and isinstance(key, Name):
                    key = Literal(key.name)
                items.append((key, item))
                self.take(",")
            value = MapOf(tuple(items))
        self._brackets -= 1
        return value

    def _for(self, end: str) -> Expression:
        names = [self.identifier() or self._no_name()]
        if self.take(","):
            names.append(self.identifier() or self._no_name())
        if not self.take_word("in"):
            self.fail("in is expected here")
        collection = self.expression()
        self.expect(":")
        key: Expression | None = None
        value = self.expression()
        if self.take("=>"):
            key, value = value, self.expression()
        is_grouped = self.take("...")
        condition = self.expression() if self.take_word("if") else None
        self.expect(end)
        return For(tuple(names), collection, key, value, condition, is_grouped)

    def _heredoc(self, found: re.Match[str]) -> Expression:
        first_line = self._line() + 1
        self.position = found.end()
        lines: list[str] = []
        while True:
            end = self.text.find("\n", self.position)
            line = self.text[self.position : end if end >= 0 else len(self.text)]
            if line.strip() == found["marker"]:
                self.position += len(line)
                break
            if end < 0:
                self.fail(f"the text is not closed by {found['marker']}")
            lines.append(line)
            self.position = end + 1
        if found["indent"]:
            margins = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
            lines = [line[min(margins, default=0) :] for line in lines]
        inner = _Parser("".join(f"{line}\n" for line in lines), self._file, first_line)
        inner._depth = self._depth
        return TemplateReader(inner).whole()
