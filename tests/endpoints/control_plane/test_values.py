"""Values by AWS's shapes: what is read, what is refused, what is written."""

from typing import Any

import pytest
from botocore.model import Shape, ShapeResolver, StructureShape

from routekey.endpoints.control_plane.values import ShapeError, read, write

SHAPES: dict[str, Any] = {
    "Blob": {"type": "blob"},
    "Boolean": {"type": "boolean"},
    "Count": {"type": "integer", "min": 1, "max": 5},
    "Float": {"type": "double"},
    "Inner": {
        "type": "structure",
        "required": ["Must"],
        "members": {"Must": {"shape": "String", "locationName": "must"}},
    },
    "Iso": {"type": "timestamp", "timestampFormat": "iso8601"},
    "Java": {"type": "string", "pattern": r"[\p{L}]+"},
    "Kind": {"type": "string", "enum": ["A", "B"]},
    "List": {"type": "list", "member": {"shape": "Kind"}},
    "Map": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "Count"}},
    "Patterned": {"type": "string", "min": 2, "max": 4, "pattern": "^[a-z]+$"},
    "String": {"type": "string"},
    "StringWithLengthBetween2And3": {"type": "string"},
    "StringWithLengthBetween0And1K": {"type": "string"},
    "Time": {"type": "timestamp"},
    "UriWithLengthBetween1And9": {"type": "string"},
    "All": {
        "type": "structure",
        "members": {
            "Blob": {"shape": "Blob"},
            "Boolean": {"shape": "Boolean"},
            "Count": {"shape": "Count", "locationName": "theCount"},
            "Inner": {"shape": "Inner"},
            "Iso": {"shape": "Iso"},
            "Java": {"shape": "Java"},
            "Kind": {"shape": "Kind"},
            "List": {"shape": "List"},
            "LongText": {"shape": "StringWithLengthBetween0And1K"},
            "Map": {"shape": "Map"},
            "Patterned": {"shape": "Patterned"},
            "Rate": {"shape": "Float"},
            "Tags": {"shape": "Map"},
            "Text": {"shape": "StringWithLengthBetween2And3"},
            "Time": {"shape": "Time"},
            "Uri": {"shape": "UriWithLengthBetween1And9"},
        },
    },
}


@pytest.fixture
def shape() -> StructureShape:
    found: Shape = ShapeResolver(SHAPES).get_shape_by_name("All")
    assert isinstance(found, StructureShape)
    return found


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("Blob", "aGk=", b"hi"),
        ("Blob", b"raw", b"raw"),
        ("Boolean", True, True),
        ("Boolean", "false", False),
        ("Boolean", "true", True),
        ("Count", 5, 5),
        ("Count", "3", 3),
        ("Inner", {"must": "x", "unknown": 1}, {"must": "x"}),
        ("Iso", "2026-09-25T00:00:00Z", 1790294400),
        ("Java", "\u00e9", "\u00e9"),
        ("Kind", "A", "A"),
        ("List", ["A", "B"], ["A", "B"]),
        ("LongText", "x" * 1024, "x" * 1024),
        ("Map", {"a": 1, "b": None}, {"a": 1}),
        ("Tags", {"a": 1, "c": ""}, {"a": 1, "c": ""}),
        ("Patterned", "abc", "abc"),
        ("Rate", 2, 2.0),
        ("Time", 1790294400.5, 1790294400),
    ],
)
def test_a_value_of_its_shape_is_read(
    shape: StructureShape, name: str, given: object, expected: object
) -> None:
    assert read(shape, {name: given}) == {name.lower().replace("longtext", "long_text"): expected}


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        ("Blob", "?", "'blob': it must be base64"),
        ("Blob", "é", "'blob': it must be base64"),
        ("Blob", 1, "'blob': it must be base64"),
        ("Boolean", 1, "'boolean': it must be a boolean"),
        ("Boolean", [], "'boolean': it must be a boolean"),
        ("Count", 0, "greater than or equal to 1"),
        ("Count", 6, "less than or equal to 5"),
        ("Count", True, "'count': it must be an integer"),
        ("Count", "9" * 30, "'count': it must be an integer"),
        ("Inner", "x", "'inner': it must be an object"),
        ("Inner", {}, "Must is required"),
        ("Iso", "yesterday", "'iso': it must be a timestamp"),
        ("Iso", [], "'iso': it must be a timestamp"),
        ("Kind", "C", "Member must satisfy enum value set: [A, B]"),
        ("Kind", 1, "'kind': it must be a string"),
        ("List", "A", "'list': it must be a list"),
        ("List", ["C"], "[A, B]"),
        ("LongText", "x" * 1025, "less than or equal to 1024"),
        ("Map", [], "'map': it must be an object"),
        ("Map", {"a": 9}, "less than or equal to 5"),
        ("Map", {"a": ""}, "must be an integer"),
        ("Java", "7\n", r"regular expression pattern: [\p{L}]+"),
        ("Patterned", "a", "greater than or equal to 2"),
        ("Patterned", "abcde", "less than or equal to 4"),
        ("Patterned", "AB", "regular expression pattern: ^[a-z]+$"),
        ("Rate", "2", "'rate': it must be a number"),
        ("Rate", False, "'rate': it must be a number"),
        ("Text", "x", "greater than or equal to 2"),
        ("Text", "xxxx", "less than or equal to 3"),
        ("Time", float("inf"), "'time': it must be a timestamp"),
        ("Uri", "", "greater than or equal to 1"),
    ],
)
def test_a_value_of_another_shape_is_refused(
    shape: StructureShape, name: str, given: object, text: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        read(shape, {name: given})
    assert text in str(caught.value)


@pytest.mark.rule("CP-PROTO-05")
def test_an_update_takes_a_member_away_with_an_empty_text() -> None:
    shapes: dict[str, Any] = {
        "StringWithLengthBetween1And9": {"type": "string"},
        "CreateIt": {
            "type": "structure",
            "members": {"Version": {"shape": "StringWithLengthBetween1And9"}},
        },
    }
    shapes["UpdateIt"] = shapes["CreateIt"]
    resolver = ShapeResolver(shapes)
    update, create = map(resolver.get_shape_by_name, ("UpdateIt", "CreateIt"))
    assert isinstance(update, StructureShape)
    assert isinstance(create, StructureShape)
    assert read(update, {"Version": ""}) == {"version": ""}
    with pytest.raises(ShapeError):
        read(create, {"Version": ""})


def test_null_is_absence(shape: StructureShape) -> None:
    assert read(shape, {"Kind": None, "Unknown": 1}) == {}


@pytest.mark.rule("CP-RESP-01", "CP-RESP-04", "CP-PROTO-01")
def test_an_answer_has_the_models_names_and_no_nulls(shape: StructureShape) -> None:
    answer = write(
        shape,
        {
            "blob": b"hi",
            "count": 3,
            "inner": {"must": "x", "more": 1},
            "iso": 1790294400,
            "kind": None,
            "list": ("A",),
            "map": {"a": 1},
            "rate": 0.0,
            "time": 1790294400,
            "unknown": 1,
        },
    )
    assert answer == {
        "Blob": "aGk=",
        "Inner": {"must": "x"},
        "Iso": "2026-09-25T00:00:00Z",
        "List": ["A"],
        "Map": {"a": 1},
        "Rate": 0.0,
        "Time": 1790294400,
        "theCount": 3,
    }
