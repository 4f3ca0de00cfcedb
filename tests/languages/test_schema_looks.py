"""Looks: which messages are too much to tell the failures of, by the shape of their schema."""

import json

import jsonschema_rs
import pytest

from routekey.languages.schema_looks import LOOK_CHARACTERS, Looks

ROOT = "json-schema:///"
SELF = {"$ref": "#"}
A, B, OTHER = {"$ref": "#/definitions/a"}, {"$ref": "#/definitions/b"}, {"$ref": "urn:other"}
OTHERS = {
    "urn:other": {
        "definitions": {"a": {"items": SELF}},
        "allOf": [A, {"items": {"$ref": ROOT}}],
    }
}
SOME = 1000 * LOOK_CHARACTERS


def cost_at_most(characters: int, schema: dict[str, object], value: object) -> bool:
    registry = jsonschema_rs.Registry(
        [(ROOT, schema)], draft=jsonschema_rs.Draft4, retriever=OTHERS.__getitem__
    )
    return Looks(schema, registry.resolver(ROOT)).cost_at_most(characters, value)


def nest(opening: str, closing: str, depth: int = 20) -> object:
    return json.loads(opening * depth + "1" + closing * depth)


LISTS = nest("[", "]")
OBJECTS = nest('{"a":', "}")


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"oneOf": [{"items": SELF}, {"items": SELF}]}, LISTS, id="oneOf"),
        pytest.param({"anyOf": [{"items": SELF}, {"items": SELF}]}, LISTS, id="anyOf"),
        pytest.param({"allOf": [{"items": SELF}], "items": SELF}, LISTS, id="allOf and beside it"),
        pytest.param({"items": [SELF], "allOf": [{"items": SELF}]}, LISTS, id="a list of items"),
        pytest.param(
            {"items": [], "additionalItems": SELF, "allOf": [{"items": SELF}]},
            LISTS,
            id="additionalItems",
        ),
        pytest.param(
            {
                "definitions": {"a": {"anyOf": [{"items": B}, {"items": B}]}, "b": {"items": A}},
                "allOf": [A],
            },
            LISTS,
            id="definitions in turns",
        ),
        pytest.param({"items": OTHER}, LISTS, id="another document"),
        pytest.param(
            {"properties": {"a": SELF}, "patternProperties": {"^a": SELF}}, OBJECTS, id="a pattern"
        ),
        pytest.param(
            {"anyOf": [{"properties": {"a": SELF}}, {"additionalProperties": SELF}]},
            OBJECTS,
            id="additionalProperties",
        ),
        pytest.param(
            {"properties": {"a": SELF}, "dependencies": {"a": {"properties": {"a": SELF}}}},
            OBJECTS,
            id="a dependency",
        ),
        pytest.param(
            {"oneOf": [{"items": {"items": SELF}}, {"items": {"items": SELF}}]},
            LISTS,
            id="grandchildren",
        ),
        pytest.param({"allOf": [SELF]}, 1, id="the value itself, for ever"),
        pytest.param({"items": {"type": "string"}}, [1] * 60_000, id="a long list"),
        pytest.param({}, "a" * SOME, id="a long value"),
    ],
)
def test_what_multiplies_is_too_much(schema: dict[str, object], value: object) -> None:
    assert not cost_at_most(SOME, schema, value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"items": SELF}, LISTS, id="a linked list"),
        pytest.param({"properties": {"a": SELF, "b": SELF}}, OBJECTS, id="a tree"),
        pytest.param(
            {"oneOf": [{"properties": {"a": SELF}}, {"properties": {"b": SELF}}]},
            OBJECTS,
            id="branches with children of their own",
        ),
        pytest.param(
            {"properties": {"a": SELF}, "additionalProperties": SELF}, OBJECTS, id="others"
        ),
        pytest.param(
            {"dependencies": {"b": {"properties": {"a": SELF}}}, "properties": {"a": SELF}},
            OBJECTS,
            id="a dependency on what is not there",
        ),
        pytest.param(
            {"dependencies": {"a": ["b"]}, "additionalProperties": False}, OBJECTS, id="no schemas"
        ),
        pytest.param({"items": [{}], "additionalItems": False}, LISTS, id="no more items"),
        pytest.param({"not": {"not": SELF}, "items": {"not": SELF}}, LISTS, id="not"),
    ],
)
def test_what_does_not_multiply_is_little(schema: dict[str, object], value: object) -> None:
    assert cost_at_most(SOME, schema, value)


def test_each_look_costs_its_value() -> None:
    schema: dict[str, object] = {"items": {"type": "string"}}
    cost = 2 * LOOK_CHARACTERS + len("[1]") + len("1")
    assert cost_at_most(cost, schema, [1])
    assert not cost_at_most(cost - 1, schema, [1])


def test_a_reference_is_relative_to_the_id_around_it() -> None:
    inner = {"items": SELF}
    named = inner | {"id": "http://example.com/inner"}
    assert cost_at_most(SOME, {"oneOf": [{"items": named}] * 2}, LISTS)
    assert not cost_at_most(SOME, {"oneOf": [{"items": inner}] * 2}, LISTS)
    assert cost_at_most(SOME, inner | {"id": "http://example.com/root"}, LISTS)


def test_a_reference_that_is_beyond_the_registry_is_too_much() -> None:
    assert not cost_at_most(SOME, {"items": {"$ref": "#/definitions/none"}}, [1])
