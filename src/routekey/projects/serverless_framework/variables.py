"""The variables of `serverless.yml`: `${self:custom.x}`, `${opt:stage, 'dev'}`, `${file(a.yml):b}`.

A variable may stand inside another, and falls back to what follows a comma. What is not one of the
framework's sources stays as it is: `${AWS::Region}` is CloudFormation's. A value is resolved once;
what it repeats is counted, because references may double at every step.
Source: in-the-wild 1; Serverless Framework documentation, "Variables".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from routekey.projects.builds.program import PROGRAMS, run_program
from routekey.projects.document import VALUES_MAX, Document, Path_, Place, Value, read_document
from routekey.projects.notices import Notices

TEXT_MAX = 1024 * 1024  # a whole template may have no more
DEPTH_MAX = 50  # variables inside variables, and values behind values

_SOURCE = re.compile(
    r"(?P<source>self|opt|env|sls|param|aws|ssm|cf|s3|file|strToBool)"
    r"(?:\((?P<argument>[^)]*)\))?(?:\([^)]*\))?(?::(?P<address>.*))?\Z",
    re.DOTALL,
)
_ELSEWHERE = re.compile(r"(?:ssm|cf|s3)(?:\([^)]*\))?:(?P<address>.+)", re.DOTALL)
"""What is kept on AWS: without a fallback its name stands for its value."""
_ASKED = re.compile(r"(?P<source>env|opt|param):(?P<name>[^\s]+)")
"""What whoever deploys has to say."""
_REMEDIES: Final[Mapping[str, str]] = {
    "env": "Set it in the environment: {}=VALUE",
    "opt": "Give it: --parameter {}=VALUE",
    "param": "Give it: --parameter {}=VALUE",
}
_LITERAL = re.compile(r"(?P<quote>['\"])(?P<text>.*)(?P=quote)\Z", re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]{1,15}\Z")
_WORDS: Final[Mapping[str, Value]] = {"true": True, "false": False, "null": None}


class _Nothing:
    """No value: the fallback counts."""


_NOTHING = _Nothing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What variables can ask for outside the file."""

    stage: str
    region: str
    account_id: str
    options: Mapping[str, str] = field(default_factory=dict)
    """`${opt:name}`, stage and region included."""
    params: Mapping[str, str] = field(default_factory=dict)
    """`${param:name}`, as given on the command line."""
    environment: Mapping[str, str] = field(default_factory=dict)
    cache: Path | None = None
    """Where tools are installed that the service needs to be read."""


class Variables:
    """Resolves the variables of one file, and of those that it names."""

    def __init__(self, document: Document, facts: Facts, notices: Notices) -> None:
        self.files: list[str] = [document.file]
        self._document = document
        self._facts = facts
        self._notices = notices
        self._known: dict[Path_, Value] = {}
        self._active: set[Path_] = set()
        self._documents: dict[str, Document] = {}
        self._count = 0
        self._depth = 0
        self._sources: Mapping[str, Callable[[str, str, Place], Value | _Nothing]] = {
            "aws": self._from_aws,
            "cf": self._from_elsewhere,
            "env": self._from_environment,
            "file": self._from_file,
            "opt": self._from_option,
            "param": self._from_params,
            "s3": self._from_elsewhere,
            "self": self._from_self,
            "sls": self._from_framework,
            "ssm": self._from_elsewhere,
            "strToBool": self._to_boolean,
        }

    def value(self, *path: str | int) -> Value:
        """Resolve what a path of the file leads to; None where there is nothing.

        Raises:
            ProjectError: a variable has no value and no fallback, or depends on itself.
        """
        found = self._self(path, self._document.place(*path))
        return None if isinstance(found, _Nothing) else found

    def resolve(self, value: Value, place: Place) -> Value:
        """Resolve the variables in a value."""
        self._count += 1
        if self._count > VALUES_MAX:
            raise place.error(f"variables stand for more than {VALUES_MAX} values")
        if isinstance(value, str):
            return self._text(value, place)
        if isinstance(value, list):
            return [self.resolve(item, place / index) for index, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self.resolve(item, place / key) for key, item in value.items()}
        return value

    def _text(self, text: str, place: Place) -> Value:
        parts: list[str] = []
        position = 0
        while (start := text.find("${", position)) >= 0:
            end = _closing(text, start + 2)
            if end < 0:
                break
            value = self._variable(text[start + 2 : end], place)
            if not isinstance(value, _Nothing) and (start, end) == (0, len(text) - 1):
                return value
            parts.append(text[position:start])
            parts.append(self._part(value, text[start : end + 1], place))
            position = end + 1
        parts.append(text[position:])
        if sum(map(len, parts)) > TEXT_MAX:
            raise place.error(f"the text grows larger than {TEXT_MAX >> 20} MB")
        return "".join(parts)

    @staticmethod
    def _part(value: Value | _Nothing, written: str, place: Place) -> str:
        if isinstance(value, _Nothing):
            return written
        if isinstance(value, dict | list):
            raise place.error(f"{written[:100]} is not text, and stands inside text")
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    def _variable(self, inner: str, place: Place) -> Value | _Nothing:
        """Evaluate what stands between the braces; nothing where it is not the framework's."""
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise place.error(f"variables are nested deeper than {DEPTH_MAX} levels")
        try:
            resolved = self._text(inner, place)
            text = resolved if isinstance(resolved, str) else str(resolved)
            choices = [choice.strip() for choice in _split(text)]
            if _SOURCE.match(choices[0]) is None:
                return _NOTHING
            for choice in choices:
                value = self._choice(choice, place)
                if not isinstance(value, _Nothing):
                    return value
        finally:
            self._depth -= 1
        if choices[-1] in {"opt:stage", "opt:region"}:  # older versions fill these in themselves
            return self._facts.stage if choices[-1] == "opt:stage" else self._facts.region
        if (elsewhere := _ELSEWHERE.match(choices[-1])) is not None:  # it was said already
            return elsewhere["address"]
        if (asked := _ASKED.match(choices[-1])) is not None:
            name = asked["name"]
            is_region = name.lower().endswith("region")
            self._notices.guess(
                f"the variable ${{{text[:200]}}} has no value",
                f"it is taken to be {self._facts.region}"
                if is_region
                else "its name stands for it",
                place,
                _REMEDIES[asked["source"]].format(name),
            )
            return self._facts.region if is_region else name
        raise place.error(
            f"the variable ${{{text[:200]}}} has no value", "Give it one, or a fallback: ${…, 'x'}"
        )

    def _choice(self, text: str, place: Place) -> Value | _Nothing:
        if text in _WORDS:
            return _WORDS[text]
        if (literal := _LITERAL.match(text)) is not None:
            return literal["text"]
        if _NUMBER.match(text):
            return int(text)
        found = _SOURCE.match(text)
        if found is None:
            return _NOTHING
        argument, address = found["argument"] or "", found["address"] or ""
        return self._sources[found["source"]](argument.strip(), address.strip(), place)

    def _self(self, path: Path_, place: Place) -> Value | _Nothing:
        """Resolve a path of the file, once; steps on the way may be variables themselves."""
        if path in self._known:
            value = self._known[path]
            self._count += _size(value)
            return value
        if path in self._active:
            raise place.error(f"{'.'.join(map(str, path))} depends on itself")
        self._active.add(path)
        try:
            raw = self._raw(path, place)
            if isinstance(raw, _Nothing):
                return raw
            self._known[path] = self.resolve(raw, self._document.place(*path))
            return self._known[path]
        finally:
            self._active.discard(path)

    def _raw(self, path: Path_, place: Place) -> Value | _Nothing:
        here: Value | _Nothing = self._document.value
        for index, key in enumerate(path):
            if isinstance(here, str) and "${" in here:
                here = self._self(path[:index], place)
            here = _step(here, key)
        return here

    def _from_self(self, _: str, address: str, place: Place) -> Value | _Nothing:
        return self._self(tuple(address.split(".")) if address else (), place)

    def _from_option(self, _: str, address: str, __: Place) -> Value | _Nothing:
        return self._facts.options.get(address, _NOTHING)

    def _from_environment(self, _: str, address: str, __: Place) -> Value | _Nothing:
        return self._facts.environment.get(address, _NOTHING)

    def _from_framework(self, _: str, address: str, __: Place) -> Value | _Nothing:
        return {"stage": self._facts.stage, "instanceId": "local"}.get(address, _NOTHING)

    def _from_params(self, _: str, address: str, place: Place) -> Value | _Nothing:
        if address in self._facts.params:
            return self._facts.params[address]
        for stage in (self._facts.stage, "default"):
            value = self._self(("params", stage, address), place)
            if not isinstance(value, _Nothing):
                return value
        return _NOTHING

    def _from_aws(self, _: str, address: str, __: Place) -> Value | _Nothing:
        facts = {"accountId": self._facts.account_id, "region": self._facts.region}
        return facts.get(address, _NOTHING)

    def _from_file(self, argument: str, address: str, _: Place) -> Value | _Nothing:
        path = self._document.place().find_path(argument.strip("'\""))
        if not path.is_file():
            return _NOTHING
        if str(path) not in self._documents:
            self._documents[str(path)], files = read_or_run(path, self._facts)
            self.files += files
        document = self._documents[str(path)]
        here: Value | _Nothing = document.value
        keys = tuple(address.split(".")) if address else ()
        for key in keys:
            here = _step(here, key)
        return here if isinstance(here, _Nothing) else self._once(document, keys, here)

    def _once(self, document: Document, keys: Path_, value: Value) -> Value:
        """Resolve what another file says; paths in it are relative to the service, as here."""
        key = (document.file, *keys)
        if key in self._active:
            raise document.place(*keys).error("the file includes itself")
        self._active.add(key)
        try:
            place = Place(document=document, path=keys)
            return self.resolve(value, place)
        finally:
            self._active.discard(key)

    def _from_elsewhere(self, _: str, address: str, place: Place) -> Value | _Nothing:
        if address in self._facts.params:
            return self._facts.params[address]
        text = f"{address} is kept on AWS, and is not looked up there"
        self._notices.add(f"{text}. Give it: --parameter {address}=VALUE", place)
        return _NOTHING

    def _to_boolean(self, argument: str, _: str, place: Place) -> Value | _Nothing:
        value = argument.strip("'\"").lower()
        if value not in {"true", "false", "0", "1"}:
            raise place.error(f"strToBool takes true or false, not {argument[:40]!r}")
        return value in {"true", "1"}


def read_or_run(path: Path, facts: Facts) -> tuple[Document, tuple[str, ...]]:
    """Read a file, or evaluate it where it is a program; tell of which files it consists.

    Raises:
        ProjectError: it cannot be read, or the program fails.
    """
    if path.suffix in PROGRAMS:
        return run_program(path, cache=facts.cache, environment=facts.environment)
    return read_document(path), (str(path),)


def _step(value: Value | _Nothing, key: str | int) -> Value | _Nothing:
    if isinstance(value, dict) and key in value:
        return value[str(key)]
    if isinstance(value, list) and str(key).isdecimal() and len(str(key)) < len("1000000"):
        index = int(key)
        return value[index] if index < len(value) else _NOTHING
    return _NOTHING


def _closing(text: str, start: int) -> int:
    """Find the brace that closes the one before `start`; -1 where there is none."""
    depth = 1
    for position in range(start, len(text)):
        if text.startswith("${", position):
            depth += 1
        elif text[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    return -1


def _split(text: str) -> list[str]:
    """Split at commas outside quotes and parentheses."""
    parts, quote, depth, start = [], "", 0, 0
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def _size(value: Value) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    if isinstance(value, list):
        return 1 + sum(map(_size, value))
    return 1
