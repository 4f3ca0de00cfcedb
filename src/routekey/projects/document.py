"""A description that somebody wrote, as values with the lines that they stand on: YAML or JSON.

Files come from strangers, so nothing here grows without a bound: bytes, nesting and the number of
values are counted, and an alias counts for all that it repeats. The reader works on libyaml's
events and not on PyYAML's constructors: so keys stay text, dates stay text (a policy's `Version`),
CloudFormation's short tags become their long form, and every value knows its line.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from routekey.errors import ProjectError
from routekey.resources.api import Origin

Value = bool | int | float | str | list["Value"] | dict[str, "Value"] | None
"""What JSON can say."""
Path_ = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""
_Event = Any  # the stubs of PyYAML do not know what its events carry

BYTES_MAX = 16 * 1024 * 1024  # CloudFormation takes 1 MB; a Terraform plan can be larger
DEPTH_MAX = 100  # deeper than any template, shallower than Python's stack
VALUES_MAX = 500_000  # 500 resources, the most a stack may have, of 1,000 values each

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\Z")
_FLOAT = re.compile(r"[-+]?[0-9]{1,17}\.[0-9]{0,17}([eE][-+]?[0-9]{1,2})?\Z")
_WORDS: Mapping[str, bool | None] = (
    dict.fromkeys(("", "~", "null", "Null", "NULL"))
    | dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True)
    | dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False)
)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_FUNCTION_TAGS = frozenset(
    (
        "And", "Base64", "Cidr", "Contains", "EachMemberEquals", "EachMemberIn", "Equals",
        "FindInMap", "ForEach", "GetAZs", "GetAtt", "If", "ImportValue", "Join", "Length", "Not",
        "Or", "RefAll", "Select", "Split", "Sub", "ToJsonString", "Transform", "ValueOf",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of a value, and those of what is in it."""

    line: int
    children: Mapping[str | int, "Lines"] = field(default_factory=dict)

    def at(self, path: Path_) -> "Lines":
        """Find the lines of what `path` leads to, or of the last thing on the way that is known."""
        here = self
        for key in path:
            if (child := here.children.get(key)) is None:
                break
            here = child
        return here

    def find(self, path: Path_) -> int:
        """Find the line of what `path` leads to."""
        return self.at(path).line


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that was read."""

    file: str
    value: Value
    lines: Lines | None = None
    """None where the file has no lines that a person would look at."""

    def place(self, *path: str | int, resource: str | None = None) -> "Place":
        """Point at a value."""
        return Place(document=self, path=path, resource=resource)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value stands: what every message about it needs."""

    document: Document
    path: Path_ = ()
    resource: str | None = None

    def __truediv__(self, key: str | int) -> "Place":
        """Point at something inside."""
        return Place(document=self.document, path=(*self.path, key), resource=self.resource)

    @property
    def line(self) -> int | None:
        """The line, 1-based."""
        lines = self.document.lines
        return None if lines is None else lines.find(self.path)

    def error(self, problem: str, remedy: str = "") -> ProjectError:
        """Make the error that says what is wrong here."""
        return ProjectError(
            problem,
            remedy=remedy,
            file=self.document.file,
            line=self.line,
            resource=self.resource,
        )

    def find_path(self, text: str) -> Path:
        """Make an absolute path of one that is relative to this file.

        Raises:
            ProjectError: the text cannot be a path.
        """
        try:
            return (Path(self.document.file).parent / text).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise self.error(f"{text[:200]!r} is not a path: {error}") from error

    def origin(self) -> Origin:
        """Make the origin of a resource that is written here."""
        return Origin(file=self.document.file, line=self.line, logical_id=self.resource)


def read_document(path: Path) -> Document:
    """Read a YAML or JSON file.

    Raises:
        ProjectError: the file cannot be read, is not UTF-8, not YAML or JSON, or out of bounds.
    """
    return parse_document(read_text(path), file=str(path))


def read_text(path: Path) -> str:
    """Read a text file within bounds.

    Raises:
        ProjectError: the file cannot be read, is not UTF-8 or too large.
    """
    file = str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ProjectError(f"the file cannot be read: {reason}", file=file) from error
    if len(raw) > BYTES_MAX:
        raise ProjectError(f"the file is larger than {BYTES_MAX >> 20} MB", file=file)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProjectError(
            "the file is not UTF-8 text",
            remedy="Save it in the encoding UTF-8",
            file=file,
            line=raw.count(b"\n", 0, error.start) + 1,
        ) from error


def parse_document(text: str, *, file: str) -> Document:
    """Read the text of a YAML or JSON file.

    JSON is parsed as JSON, whose escapes are not all YAML's, and as YAML for its lines.

    Raises:
        ProjectError: the text is neither YAML nor JSON, or out of bounds.
    """
    if text.lstrip().startswith("{"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            pass  # YAML may begin with a brace too, and tells what is wrong with a line
        else:
            _, lines = _read_yaml(_SURROGATE.sub(r"\\u0020", text), file)
            return Document(file=file, value=value, lines=lines)
    value, lines = _read_yaml(text, file)
    return Document(file=file, value=value, lines=lines)


def _read_yaml(text: str, file: str) -> tuple[Value, Lines]:
    try:
        return _YamlReader(yaml.parse(text, Loader=yaml.CSafeLoader), file).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ProjectError(
            f"not valid YAML: {error.problem or error.context}",
            file=file,
            line=None if mark is None else mark.line + 1,
        ) from error
    except yaml.YAMLError as error:
        raise ProjectError(f"not valid YAML: {' '.join(str(error).split())}", file=file) from error
    except UnicodeEncodeError as error:
        raise ProjectError("not valid YAML: half a surrogate pair", file=file) from error


@dataclass(slots=True)
class _Anchor:
    value: Value
    lines: Lines
    size: int


class _YamlReader:
    """Builds values from events, by recursive descent within `DEPTH_MAX`."""

    def __init__(self, events: Iterator[_Event], file: str) -> None:
        self._events = events
        self._file = file
        self._anchors: dict[str, _Anchor] = {}
        self._count = 0
        self._depth = 0

    def read(self) -> tuple[Value, Lines]:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None, Lines(1)
        result = self._node(next(self._events))
        next(self._events)  # the end of the document
        following: _Event = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            raise self._error("a second YAML document begins here, and one is expected", following)
        return result

    def _node(self, event: _Event) -> tuple[Value, Lines]:
        before = self._count
        self._grow(1, event)
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            anchor = self._anchors.get(str(event.anchor))
            if anchor is None:
                raise self._error(f"no value has the anchor &{event.anchor}", event)
            self._grow(anchor.size, event)
            return anchor.value, anchor.lines
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._error(f"nested deeper than {DEPTH_MAX} levels", event)
        value, lines = self._content(event, line)
        self._depth -= 1
        value, lines = self._apply_tag(event, value, lines)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(value, lines, self._count - before)
        return value, lines

    def _content(self, event: _Event, line: int) -> tuple[Value, Lines]:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event), Lines(line)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(line)
        return self._mapping(line)

    def _sequence(self, line: int) -> tuple[Value, Lines]:
        values: list[Value] = []
        children: dict[str | int, Lines] = {}
        event: _Event
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            value, lines = self._node(event)
            children[len(values)] = lines
            values.append(value)
        return values, Lines(line, children)

    def _mapping(self, line: int) -> tuple[Value, Lines]:
        values: dict[str, Value] = {}
        children: dict[str | int, Lines] = {}
        merged: list[tuple[Value, Lines]] = []
        key: _Event
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            name = self._key(key)
            value, lines = self._node(next(self._events))
            if name == "<<" and key.implicit[0]:
                merged.append((value, lines))
                continue
            values[name] = value
            line_of_key: int = key.start_mark.line + 1
            children[name] = Lines(line_of_key, lines.children)
        for value, marks in merged:
            self._merge(values, children, value, marks)
        return values, Lines(line, children)

    def _key(self, event: _Event) -> str:
        if isinstance(event, yaml.AliasEvent):
            value, _ = self._node(event)
            if isinstance(value, str):
                return value
        key: _Event = event
        if not isinstance(key, yaml.ScalarEvent):
            raise self._error("a key has to be text", event)
        if key.anchor is not None:
            self._anchors[key.anchor] = _Anchor(key.value, Lines(event.start_mark.line + 1), 1)
        return str(key.value)

    def _merge(
        self, values: dict[str, Value], children: dict[str | int, Lines], value: Value, lines: Lines
    ) -> None:
        """Take over what a merge key names; what the mapping says itself wins."""
        for position, item in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(item, dict):
                raise ProjectError("<< takes a mapping", file=self._file, line=lines.line)
            marks = lines.children[position] if isinstance(value, list) else lines
            for key in item.keys() - values.keys():
                values[key] = item[key]
                children[key] = marks.children.get(key, marks)

    def _apply_tag(self, event: _Event, value: Value, lines: Lines) -> tuple[Value, Lines]:
        tag: str | None = event.tag
        if tag is None or tag == "!" or tag.startswith("tag:yaml.org,2002:"):
            return value, lines
        name = tag[1:]
        if name in {"Ref", "Condition"}:
            long_form = name
        elif name in _FUNCTION_TAGS:
            long_form = f"Fn::{name}"
        else:
            raise self._error(f"{tag} is not a tag of CloudFormation", event)
        if name == "GetAtt" and isinstance(value, str):
            value = list(value.split(".", 1))
        return {long_form: value}, Lines(lines.line, {long_form: lines})

    def _grow(self, size: int, event: _Event) -> None:
        self._count += size
        if self._count > VALUES_MAX:
            raise self._error(f"more than {VALUES_MAX} values, counting what aliases repeat", event)

    def _error(self, problem: str, event: _Event) -> ProjectError:
        return ProjectError(problem, file=self._file, line=event.start_mark.line + 1)


def _scalar(event: _Event) -> Value:
    """Give a scalar its type: YAML 1.1's booleans, decimal numbers; everything else is text.

    Octal, sexagesimal and dated forms stay text: an account id may begin with 0, and a policy's
    version looks like a day.
    """
    text = str(event.value)
    if event.tag is not None or not event.implicit[0]:
        return _explicit(event.tag, text)
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return text


def _explicit(tag: str | None, text: str) -> Value:
    if tag == "tag:yaml.org,2002:int" and _INTEGER.match(text):
        return int(text)
    if tag == "tag:yaml.org,2002:bool" and text in _WORDS:
        return _WORDS[text]
    return text
