"""Models: JSON schema draft 4, compiled once, checked for each message.

The texts of failures are those of the validator that API Gateway uses (json-schema-validator, as
they appear in REST's logs), so that `$context.error.validationErrorString` reads the same. What has
no known text there keeps our library's.

Source: DP-RTE-20, DP-RTE-21, VTL-MOD-01 to VTL-MOD-04.
"""

import math
import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

import jsonschema_rs
import orjson

from routekey.errors import SchemaError
from routekey.languages.json_text import MISSING, parse_json
from routekey.languages.schema_looks import Looks

FAILURES_MAX: Final = 10
"""Told of one message: a list of 60,000 wrong elements needs no 60,000 texts."""
VALUE_CHARACTERS_MAX: Final = 200
"""Of a value that a failure quotes."""
LOOKS_CHARACTERS_MAX: Final = 1_000_000
"""Quoted while the failures of one message are found, some 50 ms; beyond, none is told."""
BACKTRACKING: Final = ((40, 100_000), (400, 10_000), (math.inf, 1_000))
"""Quotation marks of a message up to which a `pattern` may go back so often on one string, so that
all of them take some 0.1 s; a match that takes more fails. Patterns that need not go back, being
without lookaround and backreferences, never do."""

NOT_JSON: Final = "Unable to parse the body as JSON"
"""Our choice: AWS's text for a body that is not JSON is not known."""
TOO_MUCH_TO_TELL: Final = "instance does not match the schema, in too many ways to tell"

_ROOT: Final = "json-schema:///"
"""What the library calls a schema without an id."""
_MODEL = re.compile(r"https://apigateway\.amazonaws\.com/restapis/[^/]+/models/([A-Za-z0-9]+)")

_Retrieve = Callable[[str], Any]
_Validators = tuple[tuple[float, jsonschema_rs.Draft4Validator], ...]
"""Each with the quotation marks of the messages that it is for; the last is for any."""


class Schema:
    """One compiled model."""

    __slots__ = ("_looks", "_validators")

    def __init__(self, validators: _Validators, looks: Looks) -> None:
        self._validators = validators
        self._looks = looks

    def validate(self, body: bytes) -> str | None:
        """Check a message; None where it is valid, else why it is not. Never raises."""
        value = parse_json(body)
        if value is MISSING:
            return f"[{NOT_JSON}]"
        quotes = body.count(b'"')
        validator = next(each for most, each in self._validators if quotes <= most)
        try:
            if validator.is_valid(value):
                return None
            if not self._looks.cost_at_most(LOOKS_CHARACTERS_MAX, value):
                return f"[{TOO_MUCH_TO_TELL}]"
            failures = [
                _describe(failure) for failure in islice(validator.iter_errors(value), FAILURES_MAX)
            ]
        except ValueError as error:  # nested deeper than the library goes
            failures = [_shorten(str(error))]
        except RecursionError:  # or than Python goes, which quotes the value
            failures = [TOO_MUCH_TO_TELL]
        return f"[{', '.join(failures)}]"


def compile_schema(text: str, models: Mapping[str, str] | None = None) -> Schema:
    """Compile a model's schema.

    Args:
        text: JSON text.
        models: the API's models by name, for references from one to another:
            `{"$ref": "https://apigateway.amazonaws.com/restapis/{id}/models/{name}"}`
            (VTL-MOD-04). Nothing is ever fetched.

    Raises:
        SchemaError: the text is no JSON, no draft 4 schema, or refers to something unknown.
    """
    known = models or {}

    def retrieve(uri: str) -> Any:
        name = _MODEL.fullmatch(uri)
        if name is None or name[1] not in known:
            raise SchemaError(
                f"the model refers to {uri}, which is no model of this API",
                remedy="Refer to a definition of the same schema, or to a model by "
                "https://apigateway.amazonaws.com/restapis/{apiId}/models/{name}",
            )
        return _parse(known[name[1]])

    schema = _parse(text)
    try:
        validators = _compile(schema, retrieve)
        registry = jsonschema_rs.Registry(
            [(_ROOT, schema)], draft=jsonschema_rs.Draft4, retriever=retrieve
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        problem = _shorten(str(error).partition("\n")[0])
        raise SchemaError(f"the model is no JSON schema of draft 4: {problem}") from error
    return Schema(validators, Looks(schema, registry.resolver(_ROOT)))


def _compile(schema: dict[str, Any], retrieve: _Retrieve) -> _Validators:
    def make(
        options: jsonschema_rs.RegexOptions | jsonschema_rs.FancyRegexOptions,
    ) -> jsonschema_rs.Draft4Validator:
        return jsonschema_rs.Draft4Validator(
            schema, retriever=retrieve, validate_formats=False, pattern_options=options
        )

    try:
        return ((math.inf, make(jsonschema_rs.RegexOptions())),)
    except ValueError:  # a pattern that needs to go back, or no schema at all
        return tuple(
            (quotes, make(jsonschema_rs.FancyRegexOptions(backtrack_limit=steps)))
            for quotes, steps in BACKTRACKING
        )


def _parse(text: str) -> dict[str, Any]:
    schema = parse_json(text)
    if not isinstance(schema, dict):
        raise SchemaError("the model is no JSON object", remedy="A model is a JSON schema, draft 4")
    return schema


def _describe(failure: jsonschema_rs.ValidationError) -> str:
    describe = _TEXTS.get(type(failure.kind))
    return (
        _shorten(failure.message) if describe is None else describe(failure.kind, failure.instance)
    )


def _quote(value: object) -> str:
    try:
        return _shorten(orjson.dumps(value).decode())
    except TypeError:  # integers beyond 64 bits
        return _shorten(repr(value))


def _shorten(text: str) -> str:
    return text if len(text) <= VALUE_CHARACTERS_MAX else f"{text[:VALUE_CHARACTERS_MAX]}…"


def _type_of(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
    return "array" if isinstance(value, list) else "object"


_Kind = jsonschema_rs.ValidationErrorKind
_TEXTS: dict[type, Callable[[Any, Any], str]] = {
    _Kind.Required: lambda kind, _: (
        f"object has missing required properties ({_quote([kind.property])})"
    ),
    _Kind.Type: lambda kind, value: (
        f"instance type ({_type_of(value)}) does not match any allowed primitive type "
        f"(allowed: {_quote(kind.types)})"
    ),
    _Kind.Enum: lambda kind, value: (
        f"instance value ({_quote(value)}) not found in enum "
        f"(possible values: {_quote(kind.options)})"
    ),
    _Kind.AdditionalProperties: lambda kind, _: (
        "object instance has properties which are not allowed by the schema: "
        f"{_quote(kind.unexpected)}"
    ),
    _Kind.MinLength: lambda kind, value: (
        f"string {_quote(value)} is too short "
        f"(length: {len(value)}, required minimum: {kind.limit})"
    ),
    _Kind.MaxLength: lambda kind, value: (
        f"string {_quote(value)} is too long (length: {len(value)}, maximum allowed: {kind.limit})"
    ),
    _Kind.Pattern: lambda kind, value: (
        f"ECMA 262 regex {_quote(kind.pattern)} does not match input string {_quote(value)}"
    ),
    _Kind.Minimum: lambda kind, value: (
        "numeric instance is lower than the required minimum "
        f"(minimum: {kind.limit}, found: {_quote(value)})"
    ),
    _Kind.Maximum: lambda kind, value: (
        "numeric instance is greater than the required maximum "
        f"(maximum: {kind.limit}, found: {_quote(value)})"
    ),
    _Kind.MinItems: lambda kind, value: (
        f"array is too short: must have at least {kind.limit} elements "
        f"but instance has {len(value)} elements"
    ),
    _Kind.MaxItems: lambda kind, value: (
        f"array is too long: must have at most {kind.limit} elements "
        f"but instance has {len(value)} elements"
    ),
    _Kind.UniqueItems: lambda _, __: "array must not contain duplicate elements",
}
