"""Sketch a mapping template that has the structure of a model, as the console's button does.

Strings become "foo", numbers 42; a list becomes a loop over the input's list. It is a start for a
person, not something that anything here runs.

Source: CP-MODEL-03; API Gateway API Reference, "GetModelTemplate".
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

_HEAD: Final = "#set($inputRoot = $input.path('$'))\n"
_LEVELS_MAX: Final = 32
"""Of a schema; what lies deeper is sketched as null."""
_EXAMPLES: Final = {"boolean": "true", "integer": "42", "number": "42", "string": '"foo"'}


def sketch_template(schema: str) -> str:
    """Sketch the template of a model's schema, which is JSON text."""
    return f"{_HEAD}{_sketch(orjson.loads(schema), '$inputRoot', 0)}"


def _sketch(schema: object, path: str, level: int) -> str:
    if not isinstance(schema, dict) or level > _LEVELS_MAX:
        return "null"
    kind = schema.get("type")
    if kind == "array":
        element = _sketch(schema.get("items"), "$elem", level + 1)
        return f"[\n#foreach($elem in {path})\n{element}#if($foreach.hasNext),#end\n\n#end\n]"
    if kind == "object" or "properties" in schema:
        return _sketch_object(schema.get("properties"), path, level)
    return _EXAMPLES.get(kind, "null") if isinstance(kind, str) else "null"


def _sketch_object(properties: Mapping[str, Any] | object, path: str, level: int) -> str:
    if not isinstance(properties, dict) or not properties:
        return "{ }"
    indent = "  " * (level + 1)
    lines = [
        f"{indent}{orjson.dumps(name).decode()} : {_sketch(member, f'{path}.{name}', level + 1)}"
        for name, member in properties.items()
    ]
    return "{\n" + ",\n".join(lines) + f"\n{'  ' * level}}}"
