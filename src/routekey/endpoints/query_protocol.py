"""AWS's query protocol: a form in, XML out. STS speaks it, as IAM and SNS do.

Not a codec of botocore's: what a server needs of it is a form's fields and these few elements.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

Members: TypeAlias = Sequence[tuple[str, "str | Members"]]
"""An XML element's content: names to texts or to further elements, in order."""

_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_FIELDS_MAX: Final = 500
"""Of one request: fifty tags with key and value, and everything else, stay far below it."""


class QueryError(Exception):
    """What a caller is told instead of a result."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryAnswer:
    """An answer; the endpoint writes it."""

    status: int
    body: bytes
    request_id: str

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of every answer."""
        return (("x-amzn-RequestId", self.request_id), ("Content-Type", "text/xml"))


def parse_form(query: str, body: bytes) -> Mapping[str, str]:
    """Read a request's fields; those of the body win.

    Raises:
        QueryError: it is no form.
    """
    try:
        text = body.decode()
        return {
            name: value
            for source in (query, text)
            for name, value in parse_qsl(source, keep_blank_values=True, max_num_fields=_FIELDS_MAX)
        }
    except ValueError:
        raise QueryError("MalformedQueryString", "The request is not a form") from None


def read_list(form: Mapping[str, str], name: str) -> tuple[Mapping[str, str], ...]:
    """Read `{name}.member.{number}.{field}` into one mapping for each number, in order."""
    items: dict[int, dict[str, str]] = {}
    for key, value in form.items():
        prefix, _, rest = key.partition(".member.")
        number, _, member = rest.partition(".")
        if prefix == name and _NUMBER.fullmatch(number):
            items.setdefault(int(number), {})[member] = value
    return tuple(items[number] for number in sorted(items))


def render_result(action: str, result: Members, *, namespace: str, request_id: str) -> QueryAnswer:
    """Write what an operation gave."""
    content: Members = (
        (f"{action}Result", result),
        ("ResponseMetadata", (("RequestId", request_id),)),
    )
    text = f'<{action}Response xmlns="{namespace}">\n{_render(content, 1)}</{action}Response>\n'
    return QueryAnswer(status=200, body=text.encode(), request_id=request_id)


def render_error(error: QueryError, *, namespace: str, request_id: str) -> QueryAnswer:
    """Write a refusal."""
    content: Members = (
        ("Error", (("Type", "Sender"), ("Code", error.code), ("Message", error.message))),
        ("RequestId", request_id),
    )
    text = f'<ErrorResponse xmlns="{namespace}">\n{_render(content, 1)}</ErrorResponse>\n'
    return QueryAnswer(status=error.status, body=text.encode(), request_id=request_id)


def _render(members: Members, depth: int) -> str:
    indent = "  " * depth
    lines = []
    for name, content in members:
        if isinstance(content, str):
            lines.append(f"{indent}<{name}>{_escape(content)}</{name}>\n")
        else:
            lines.append(f"{indent}<{name}>\n{_render(content, depth + 1)}{indent}</{name}>\n")
    return "".join(lines)


def _escape(text: str) -> str:
    """Escape markup, and replace what XML 1.0 cannot hold at all."""
    return escape("".join(char if _is_xml(char) else "\N{REPLACEMENT CHARACTER}" for char in text))


def _is_xml(char: str) -> bool:
    return char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char not in "\ufffe\uffff"
