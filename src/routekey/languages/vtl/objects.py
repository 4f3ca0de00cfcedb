"""`$input` and `$util`: what API Gateway gives to every template.

Source: VTL-INP-01 to VTL-INP-05, VTL-UTL-01 to VTL-UTL-05, DP-VTL-04 to DP-VTL-11.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import ascii_letters, digits
from typing import Final
from urllib.parse import unquote_plus

import msgspec
import orjson

from routekey.errors import ExpressionError
from routekey.languages.json_text import MISSING, parse_json
from routekey.languages.jsonpath import Path, Search, compile_path
from routekey.languages.vtl.methods import HostObject, methods
from routekey.languages.vtl.rendering import TemplateRenderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What `$input.params()` holds; only a handshake has any. Source: VTL-INP-05."""

    path: Mapping[str, str] = field(default_factory=dict)
    querystring: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)


VISITS_MAX: Final = 1_000_000
"""Values that all paths of one rendering may look at: some 0.3 s. One search of the largest message
looks at 65,536 of them; a loop over its elements would look at all of them for each."""
_UNREAD: Final = object()
_COLLECTIONS: Final = (list, dict)


class Input(HostObject):
    """`$input`: the payload and, on a handshake, the parameters.

    Args:
        body: the payload as text; a message, or an integration's answer (VTL-WHERE-05).
        params: the handshake's parameters.
    """

    __slots__ = ("_body", "_changeable", "_document", "_params", "_visits_left")

    def __init__(self, body: str, params: Params = Params()) -> None:
        self._body = body
        self._params = params
        self._document: object = _UNREAD
        """The payload parsed, which nobody changes."""
        self._changeable: object = _UNREAD
        """The payload parsed once more, whose parts the template may change."""
        self._visits_left = VISITS_MAX

    def get_property(self, name: str) -> object:
        """Give `$input.body`; an empty payload reads `{}` (VTL-INP-01)."""
        return (self._body or "{}") if name == "body" else ""

    def json(self, text: str = "$") -> str:
        """Give the JSON text at a path; `""` where nothing is. Source: DP-VTL-05."""
        found = self._find_unchanged(text)
        return '""' if found is MISSING else write_json(found)

    def path(self, text: str = "$") -> object:
        """Give the value at a path; missing where nothing is. Source: DP-VTL-06, VTL-INP-04.

        Only for a list or a map is the payload parsed once more: a template cannot change others.
        """
        if self._changeable is _UNREAD:
            found = self._find_unchanged(text)
            if isinstance(found, _COLLECTIONS):
                self._changeable = parse_json(self._body)
        if self._changeable is not _UNREAD:
            found = self._find(text, self._changeable)
        return "" if found is MISSING else found

    def _find_unchanged(self, text: str) -> object:
        document = self._document
        if document is _UNREAD:
            document = self._document = parse_json(self._body)
        return document if text == "$" else self._find(text, document)

    def _find(self, text: str, document: object) -> object:
        if document is MISSING:
            return MISSING
        try:
            path: Path = compile_path(text)
        except ExpressionError as error:
            raise TemplateRenderError(error.problem) from error
        if path.plain_name is not None:
            return path.find(document)
        search = Search(document)
        granted = search.visits_left
        found = path.find(document, search)
        self._visits_left -= granted - search.visits_left
        if self._visits_left < 0:
            raise TemplateRenderError(f"the paths of the template look at over {VISITS_MAX} values")
        return found

    def params(self) -> dict[str, object]:
        """Give all parameters, as maps that a template may change. Source: DP-VTL-08."""
        return {
            "path": dict(self._params.path),
            "querystring": dict(self._params.querystring),
            "header": dict(self._params.header),
        }

    def param(self, name: str) -> str:
        """Give one parameter: of the path, else the query string, else a header (VTL-INP-05)."""
        for values in (self._params.path, self._params.querystring):
            if name in values:
                return values[name]
        folded = name.lower()
        return next(
            (value for key, value in self._params.header.items() if key.lower() == folded), ""
        )


class Util(HostObject):
    """`$util`. AppSync's additions (`toJson`, `time` …) are not there (VTL-UTL-05)."""


def write_json(value: object) -> str:
    """Write a value as compact JSON.

    orjson does it, in a tenth of the time of `json`; integers beyond 64 bits it refuses.
    """
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return msgspec.json.encode(value).decode()


def _escape_java_script(_: Util, text: str) -> str:
    """Escape as commons-lang 2's `escapeJavaScript`, the quote included. Source: VTL-UTL-01.

    The result is invalid JSON where the text has a `'`, and templates undo that themselves
    (DP-SUR-28).
    """
    return _TO_ESCAPE.sub(_escape_character, text)


_SHORT_ESCAPES = {
    '"': '\\"',
    "'": "\\'",
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\n": "\\n",
    "\t": "\\t",
    "\f": "\\f",
    "\r": "\\r",
}
_TO_ESCAPE = re.compile(r"""["'\\/\x00-\x1f]|[^\x00-\x7f]""")


def _escape_character(match: re.Match[str]) -> str:
    character = match.group()
    if (short := _SHORT_ESCAPES.get(character)) is not None:
        return short
    raw = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{raw[at]:02X}{raw[at + 1]:02X}" for at in range(0, len(raw), 2))


def _parse_json(_: Util, text: str) -> object:
    value = parse_json(text)
    if value is MISSING:
        raise TemplateRenderError("$util.parseJson was given a text that is not JSON")
    return value


def _base64_decode(_: Util, text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise TemplateRenderError(
            "$util.base64Decode was given a text that is not base64"
        ) from None


def _url_encode(_: Util, text: str) -> str:
    """Encode as a form, as Java's URLEncoder: a space is `+`, and `~` is not safe (VTL-UTL-03).

    Of ASCII each character that occurs is replaced everywhere: a quarter of the time of
    `quote_plus`, which goes from character to character, as we do for the rest.
    """
    if not text.isascii():
        return "".join(map(_FORM_BYTES.__getitem__, _encode(text)))
    text = text.replace("%", "%25")
    if '"' in text:  # JSON, nearly always: what it is made of need not be looked for
        text = text.replace('"', "%22").replace(":", "%3A").replace(",", "%2C")
        text = text.replace("{", "%7B").replace("}", "%7D")
    if unsafe := text.encode().translate(None, _SAFE):
        for byte in set(unsafe):
            text = text.replace(chr(byte), _FORM_BYTES[byte])
    return text.replace(" ", "+")


_UNRESERVED: Final = (ascii_letters + digits + "-_.*").encode()
_SAFE: Final = _UNRESERVED + b"% "
"""The last two have to be replaced first and last, lest they are replaced twice."""
_FORM_BYTES: Final = tuple(
    chr(byte) if byte in _UNRESERVED else "+" if byte == ord(" ") else f"%{byte:02X}"
    for byte in range(256)
)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


Input.methods = methods(
    ("json", "s", Input.json),
    ("path", "s", Input.path),
    ("params", "", Input.params),
    ("params", "s", Input.param),
)

Util.methods = methods(
    ("escapeJavaScript", "s", _escape_java_script),
    ("parseJson", "s", _parse_json),
    ("urlEncode", "s", _url_encode),
    ("urlDecode", "s", lambda _, text: unquote_plus(text)),
    ("base64Encode", "s", lambda _, text: base64.b64encode(_encode(text)).decode()),
    ("base64Decode", "s", _base64_decode),
)
