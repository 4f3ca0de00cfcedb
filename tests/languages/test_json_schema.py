"""Models: what they accept, what they say, and that nothing is fetched."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.errors import SchemaError
from routekey.languages.json_schema import (
    FAILURES_MAX,
    NOT_JSON,
    TOO_MUCH_TO_TELL,
    compile_schema,
)

CHAT = """{
  "$schema": "http://json-schema.org/draft-04/schema#",
  "title": "Chat",
  "type": "object",
  "required": ["action", "text"],
  "properties": {
    "action": {"type": "string", "enum": ["send"]},
    "text": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[a-z]*$"},
    "age": {"type": "integer", "minimum": 3, "exclusiveMinimum": true, "maximum": 9},
    "tags": {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true}
  },
  "additionalProperties": false
}"""


@pytest.mark.rule("DP-RTE-20", "VTL-MOD-01")
def test_a_message_that_fits_is_valid() -> None:
    body = b'{"action":"send","text":"hi","age":4,"tags":["a","b"]}'
    assert compile_schema(CHAT).validate(body) is None


@pytest.mark.rule("VTL-MOD-01")
def test_exclusive_minimum_is_a_flag_as_in_draft_4() -> None:
    schema = compile_schema('{"minimum": 3, "exclusiveMinimum": true}')
    assert schema.validate(b"3") is not None
    assert schema.validate(b"3.5") is None
    assert compile_schema('{"minimum": 3}').validate(b"3") is None


@pytest.mark.rule("DP-RTE-21", "VTL-MOD-03")
@pytest.mark.parametrize(
    ("members", "failure"),
    [
        ('"text":"a"', 'object has missing required properties (["action"])'),
        (
            '"action":"send","text":7',
            (
                "instance type (integer) does not match any allowed primitive type "
                '(allowed: ["string"])'
            ),
        ),
        (
            '"action":"no","text":"a"',
            'instance value ("no") not found in enum (possible values: ["send"])',
        ),
        (
            '"action":"send","text":"a","z":1',
            'object instance has properties which are not allowed by the schema: ["z"]',
        ),
        (
            '"action":"send","text":""',
            'string "" is too short (length: 0, required minimum: 1)',
        ),
        (
            '"action":"send","text":"abcdef"',
            'string "abcdef" is too long (length: 6, maximum allowed: 5)',
        ),
        (
            '"action":"send","text":"A"',
            'ECMA 262 regex "^[a-z]*$" does not match input string "A"',
        ),
        (
            '"action":"send","text":"a","age":10',
            "numeric instance is greater than the required maximum (maximum: 9, found: 10)",
        ),
        (
            '"action":"send","text":"a","tags":[]',
            "array is too short: must have at least 1 elements but instance has 0 elements",
        ),
        (
            '"action":"send","text":"a","tags":[1,2,3]',
            "array is too long: must have at most 2 elements but instance has 3 elements",
        ),
        (
            '"action":"send","text":"a","tags":[1,1]',
            "array must not contain duplicate elements",
        ),
        (
            '"action":"send","text":"a","age":3',
            "3 is less than or equal to the minimum of 3",
        ),
    ],
)
def test_a_failure_reads_as_in_aws_logs(members: str, failure: str) -> None:
    assert compile_schema(CHAT).validate(f"{{{members}}}".encode()) == f"[{failure}]"


def test_a_minimum_is_told() -> None:
    failure = "numeric instance is lower than the required minimum (minimum: 3, found: 2)"
    assert compile_schema('{"minimum": 3}').validate(b"2") == f"[{failure}]"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("null", "null"),
        ("true", "boolean"),
        ("1", "integer"),
        ("1.5", "number"),
        ('"a"', "string"),
        ("[]", "array"),
        ("{}", "object"),
        ("1" * 40, "integer"),
    ],
)
def test_types_have_json_names(value: str, name: str) -> None:
    schema = compile_schema('{"not": {}, "type": "null", "enum": [0]}')
    failures = schema.validate(value.encode())
    assert failures is not None
    if name != "null":
        assert f"instance type ({name})" in failures


@pytest.mark.rule("DP-RTE-21")
def test_all_failures_are_told_up_to_a_bound() -> None:
    assert compile_schema(CHAT).validate(b'{"z":1}') == (
        '[object has missing required properties (["action"]), '
        'object has missing required properties (["text"]), '
        'object instance has properties which are not allowed by the schema: ["z"]]'
    )
    many = compile_schema('{"items": {"type": "string"}}').validate(b"[" + b"1," * 50 + b"1]")
    assert many is not None
    assert many.count("instance type") == FAILURES_MAX


@pytest.mark.timeout(20)
def test_kinds_of_nodes_may_nest_as_deep_as_anything_and_are_told_while_they_are_few() -> None:
    kinds = (
        '{"type":"array","items":{"$ref":"#"}},{"type":"array","minItems":2,"items":{"$ref":"#"}}'
    )
    schema = compile_schema(f'{{"anyOf":[{kinds},{{"type":"string"}}]}}')
    assert schema.validate(b"[" * 100 + b'"a"' + b"]" * 100) is None
    assert schema.validate(b"[1]") == (
        "[[1] is not valid under any of the schemas listed in the 'anyOf' keyword]"
    )
    assert schema.validate(b"[" * 25 + b"1" + b"]" * 25) == f"[{TOO_MUCH_TO_TELL}]"


def test_a_long_list_of_wrong_elements_is_not_told() -> None:
    schema = compile_schema('{"items":{"oneOf":[{"type":"string"},{"type":"object"}]}}')
    assert schema.validate(b"[" + b"1," * 50_000 + b"1]") == f"[{TOO_MUCH_TO_TELL}]"


def test_models_that_refer_to_each_other_are_told() -> None:
    url = "https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models"
    models = {"Node": f'{{"properties":{{"next":{{"$ref":"{url}/Link"}}}}}}'}
    models["Link"] = f'{{"type":["object","null"],"properties":{{"to":{{"$ref":"{url}/Node"}}}}}}'
    failure = compile_schema(models["Node"], models).validate(b'{"next":{"to":{"next":1}}}')
    assert failure is not None
    assert failure.startswith("[instance type (integer) does not match")


def test_a_long_value_is_quoted_in_part() -> None:
    failure = compile_schema('{"maxLength": 3}').validate(b'"' + b"a" * 100_000 + b'"')
    assert failure is not None
    assert len(failure) < 400


@pytest.mark.parametrize("body", [b"", b"{", b"hello", b"\xff", b"[" * 100_000])
def test_a_body_that_is_not_json_is_no_valid_one(body: bytes) -> None:
    assert compile_schema("{}").validate(body) == f"[{NOT_JSON}]"


@pytest.mark.rule("VTL-MOD-04")
def test_a_model_may_refer_to_another_model_of_the_api() -> None:
    models = {"Text": '{"type": "string"}'}
    schema = compile_schema(
        '{"properties": {"a": {"$ref": '
        '"https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/Text"}}}',
        models,
    )
    assert schema.validate(b'{"a":"x"}') is None
    assert schema.validate(b'{"a":1}') is not None


def test_a_model_may_refer_to_its_own_definitions() -> None:
    schema = compile_schema('{"definitions":{"t":{"type":"null"}},"$ref":"#/definitions/t"}')
    assert schema.validate(b"null") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no JSON object"),
        ("{", "no JSON object"),
        ("[]", "no JSON object"),
        ('{"type": "text"}', "no JSON schema of draft 4"),
        ('{"pattern": "("}', "no JSON schema of draft 4"),
        ('{"$ref": "#/definitions/none"}', "no JSON schema of draft 4"),
        ('{"$ref": "http://127.0.0.1:1/x"}', "http://127.0.0.1:1/x"),
        (
            '{"$ref": "https://apigateway.amazonaws.com/restapis/a/models/None"}',
            "models/None",
        ),
    ],
)
def test_a_model_that_is_no_schema_is_refused(text: str, problem: str) -> None:
    with pytest.raises(SchemaError, match=problem):
        compile_schema(text)


def test_a_pattern_that_backtracks_ends() -> None:
    failure = compile_schema(r'{"pattern": "^(a|aa)+\\1?(?!a)b$"}').validate(
        b'"' + b"a" * 40 + b'"'
    )
    assert failure == "[Error executing regex: Max limit for backtracking count exceeded]"


@pytest.mark.timeout(5)
def test_patterns_that_backtrack_on_many_strings_end() -> None:
    schema = compile_schema(r'{"items": {"anyOf": [{"pattern": "^(\\w+\\s?)*(?<!x)$"}, {}]}}')
    body = b"[" + b",".join(b'"%s%d!"' % (b"a" * 30, number) for number in range(3000)) + b"]"
    assert schema.validate(body) == f"[{TOO_MUCH_TO_TELL}]"


@pytest.mark.parametrize("strings", [1, 100, 1000])
def test_patterns_that_look_around_hold_on_few_strings_and_many(strings: int) -> None:
    schema = compile_schema('{"items": {"pattern": "^(?:(?!foo).)*$"}}')
    bodies = [
        json.dumps([text] * strings).encode() for text in ("a bar of " * 10, "a foo of " * 10)
    ]
    assert schema.validate(bodies[0]) is None
    failure = schema.validate(bodies[1])
    assert failure is not None
    assert failure.startswith('[ECMA 262 regex "^(?:(?!foo).)*$" does not match')


@given(st.binary(max_size=50) | st.text(alphabet='{}[]":,ation 10', max_size=40).map(str.encode))
def test_no_body_makes_a_schema_raise(body: bytes) -> None:
    failure = compile_schema(CHAT).validate(body)
    assert failure is None or failure.startswith("[")


def test_no_depth_makes_a_schema_raise() -> None:
    """Just below the depth at which a text is no JSON, the value is too deep to be quoted."""
    schema = compile_schema('{"type":"string"}')
    failures = {
        schema.validate(b'{"a":' * depth + b"1" + b"}" * depth) for depth in range(700, 1001)
    }
    assert failures <= {
        "[Recursion limit reached]",
        "[instance does not match the schema, in too many ways to tell]",
        "[Unable to parse the body as JSON]",
    }


def test_a_wrong_null_is_told_as_one() -> None:
    schema = compile_schema('{"type":"object","properties":{"a":{"type":"string"}}}')
    assert schema.validate(b'{"a":null}') == (
        '[instance type (null) does not match any allowed primitive type (allowed: ["string"])]'
    )


def test_a_wrong_value_that_nests_too_deep_to_be_told_is_invalid_all_the_same() -> None:
    schema = compile_schema('{"type":"object","properties":{"a":{"type":"string"}}}')
    deep = b'{"a":' + b"[" * 300 + b"]" * 300 + b"}"
    assert schema.validate(deep) == "[Recursion limit reached]"
    assert schema.validate(deep.replace(b'"a"', b'"b"')) is None
