"""Text with `${ … }` and `%{ … }` in it: quoted, in a heredoc, or a file of its own.

Source: HCL native syntax specification, "Templates".
"""

from typing import Final, NoReturn, Protocol

from routekey.projects.terraform.syntax import (
    Conditional,
    Directive,
    Expression,
    For,
    Literal,
    Template,
)

_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_CODE_POINTS: Final = {"u": 4, "U": 8}


class Source(Protocol):
    """The parser that a template is read with: it knows the text, and how expressions go."""

    text: str
    position: int

    def expression(self) -> Expression:
        """Read an expression."""
        ...

    def bracketed(self, end: str) -> Expression:
        """Read an expression and what closes it."""
        ...

    def identifier(self) -> str | None:
        """Read a word."""
        ...

    def take(self, token: str) -> bool:
        """Take a token if it comes next."""
        ...

    def take_word(self, word: str) -> bool:
        """Take a word if it comes next."""
        ...

    def expect(self, token: str) -> None:
        """Take a token, or fail."""
        ...

    def fail(self, problem: str) -> NoReturn:
        """Fail at the position."""
        ...


class TemplateReader:
    """Reads one template."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._end = ""

    def quoted(self) -> Expression:
        """Read up to the closing quote, which is taken."""
        self._end = '"'
        value = self._template()
        source = self._source
        if source.position >= len(source.text):
            source.fail("the text is not closed by a quote")
        source.position += 1
        return value

    def whole(self) -> Expression:
        """Read everything that there is."""
        value = self._template()
        if self._source.position < len(self._source.text):
            self._source.fail("a directive ends here that did not begin")
        return value

    def _template(self) -> Expression:
        parts: list[Expression] = []
        text: list[str] = []
        source = self._source
        while source.position < len(source.text):
            if self._end and source.text.startswith(self._end, source.position):
                break
            if source.text.startswith(("${~", "%{~"), source.position):
                text = ["".join(text).rstrip()]  # what a tilde stands beside is trimmed
            part = self._interpolation()
            if part is None:
                if self._at_closing_directive():
                    break
                text.append(self._character())
                continue
            if text:
                parts.append(Literal("".join(text)))
                text = []
            parts.append(part)
        if text or not parts:
            parts.append(Literal("".join(text)))
        is_plain = len(parts) == 1 and isinstance(parts[0], Literal)
        return parts[0] if is_plain else Template(tuple(parts))

    def _character(self) -> str:
        """Take what stands for itself: a character, an escape, a doubled `$` or `%`."""
        source = self._source
        here = source.text[source.position]
        for doubled in ("$${", "%%{"):
            if source.text.startswith(doubled, source.position):
                source.position += len(doubled)
                return doubled[1:]
        source.position += 1
        if not self._end:
            return here
        if here == "\n":
            source.position -= 1
            source.fail("the text is not closed by a quote")
        return self._escape() if here == "\\" else here

    def _escape(self) -> str:
        source = self._source
        letter = source.text[source.position : source.position + 1]
        source.position += 1
        if letter in _ESCAPES:
            return _ESCAPES[letter]
        length = _CODE_POINTS.get(letter, 0)
        digits = source.text[source.position : source.position + length]
        source.position += length
        try:
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            source.fail(f"\\{letter} is not an escape")

    def _interpolation(self) -> Expression | None:
        source = self._source
        if source.text.startswith("${", source.position):
            source.position += 2
            source.take("~")
            value = source.bracketed("")
            self._close()
            return Template((value,)) if isinstance(value, Literal) else value
        if source.text.startswith("%{", source.position) and not self._at_closing_directive():
            return self._directive()
        return None

    def _at_closing_directive(self) -> bool:
        return self._word_of_directive() in {"else", "endif", "endfor"}

    def _word_of_directive(self) -> str:
        source = self._source
        if not source.text.startswith("%{", source.position):
            return ""
        before = source.position
        source.position += 2
        source.take("~")
        word = source.identifier()
        source.position = before
        return word or ""

    def _directive(self) -> Expression:
        source = self._source
        source.position += 2
        source.take("~")
        if source.take_word("if"):
            condition = source.expression()
            self._close()
            yes, no = self._template(), Literal("")
            if self._word_of_directive() == "else":
                self._closing("else")
                return Directive(Conditional(condition, yes, self._until("endif")))
            self._closing("endif")
            return Directive(Conditional(condition, yes, no))
        if not source.take_word("for"):
            source.fail("if or for is expected here")
        return self._for()

    def _for(self) -> Expression:
        source = self._source
        names = [source.identifier() or ""]
        if source.take(","):
            names.append(source.identifier() or "")
        if not all(names) or not source.take_word("in"):
            source.fail("a name and in are expected here")
        collection = source.expression()
        self._close()
        body = self._until("endfor")
        return Directive(
            For(tuple(names), collection, None, body, condition=None, is_grouped=False)
        )

    def _until(self, word: str) -> Expression:
        body = self._template()
        self._closing(word)
        return body

    def _closing(self, word: str) -> None:
        source = self._source
        if self._word_of_directive() != word:
            source.fail(f"%{{ {word} }} is expected here")
        source.position += 2
        source.take("~")
        source.identifier()
        self._close()

    def _close(self) -> None:
        source = self._source
        is_trimmed = source.take("~")
        source.expect("}")
        while is_trimmed and source.text[source.position : source.position + 1].isspace():
            source.position += 1
