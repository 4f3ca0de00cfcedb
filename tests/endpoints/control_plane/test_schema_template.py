"""Mapping templates that are sketched from models."""

import json
from typing import Any

import pytest

from routekey.endpoints.control_plane.schema_template import sketch_template
from routekey.languages.vtl import compile_template

HEAD = "#set($inputRoot = $input.path('$'))\n"


@pytest.mark.parametrize(
    ("schema", "template"),
    [
        ({"type": "string"}, '"foo"'),
        ({"type": "integer"}, "42"),
        ({"type": "number"}, "42"),
        ({"type": "boolean"}, "true"),
        ({"type": "null"}, "null"),
        ({}, "null"),
        ({"type": ["string", "null"]}, "null"),
        ({"type": "object"}, "{ }"),
        ({"type": "object", "properties": 7}, "{ }"),
        ({"properties": {"a": {"type": "number"}}}, '{\n  "a" : 42\n}'),
        (
            {"type": "array", "items": {"type": "string"}},
            '[\n#foreach($elem in $inputRoot)\n"foo"#if($foreach.hasNext),#end\n\n#end\n]',
        ),
    ],
)
@pytest.mark.rule("CP-MODEL-03")
def test_each_type_has_its_example(schema: dict[str, Any], template: str) -> None:
    assert sketch_template(json.dumps(schema)) == HEAD + template


def test_what_is_sketched_is_a_template() -> None:
    photo = {"type": "object", "properties": {"id": {"type": "string"}}}
    schema = {"type": "object", "properties": {"photos": {"type": "array", "items": photo}}}
    sketch = sketch_template(json.dumps(schema))
    assert "#foreach($elem in $inputRoot.photos)" in sketch
    compile_template(sketch)


def test_a_schema_of_any_depth_is_sketched() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(100):
        schema = {"type": "array", "items": schema}
    assert "null" in sketch_template(json.dumps(schema))
