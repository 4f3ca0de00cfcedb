"""Selection expressions: what they parse to, what they select, and that they never raise."""

import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routekey.errors import ExpressionError
from routekey.languages.json_text import parse_json
from routekey.languages.jsonpath import compile_path
from routekey.languages.selection import (
    Source,
    Variable,
    compile_route_selector,
    parse_expression,
    select_from_body,
    stringify,
)

CHAT = b'{"service":"chat","action":"join","data":{"room":"room1234"}}'


@pytest.mark.rule("DP-RTE-08", "CP-SEL-01")
@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("$request.body.action", "join"),
        ("${request.body.action}", "join"),
        ("${request.body.service}/${request.body.action}", "chat/join"),
        ("${request.body.action}-${request.body.invalidPath}", "join-"),
        ("action", "action"),
        (r"\$default", "$default"),
    ],
)
def test_the_documented_table_holds(expression: str, selected: str) -> None:
    assert compile_route_selector(expression)(CHAT) == selected


@pytest.mark.rule("DP-RTE-03")
def test_a_variable_without_braces_ends_where_its_path_ends() -> None:
    assert compile_route_selector("$request.body.action/x")(CHAT) == "join/x"
    assert compile_route_selector("$request.body.action.")(CHAT) == "join."
    assert compile_route_selector("$request.body.action$request.body.service")(CHAT) == "joinchat"


@pytest.mark.rule("DP-RTE-03")
def test_a_value_with_a_dollar_is_not_evaluated_again() -> None:
    message = b'{"action":"$request.body.service","service":"chat"}'
    assert compile_route_selector("${request.body.action}!")(message) == "$request.body.service!"


@pytest.mark.rule("DP-RTE-05", "CP-API-02")
@pytest.mark.parametrize(
    ("expression", "message", "selected"),
    [
        ("$request.body.service.do", b'{"service":{"do":"it"}}', "it"),
        ("$request.body[2]", b'["a","b","c"]', "c"),
        ("$request.body['a b'].c", b'{"a b":{"c":"d"}}', "d"),
        ("$request.body..do", b'{"a":{"do":"x"},"b":[{"do":"y"}]}', "[x, y]"),
        ("$request.body.*", b'{"a":"x"}', "[x]"),
        ("$request.body.a.length()", b'{"a":[1,2]}', "2"),
        ("$request.body", b'"whole"', "whole"),
    ],
)
def test_any_jsonpath_may_follow_the_body(expression: str, message: bytes, selected: str) -> None:
    assert compile_route_selector(expression)(message) == selected


@pytest.mark.rule("DP-RTE-06", "DP-UNK-04")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('["item1","item2"]', "[item1, item2]"),
        ("[]", "[]"),
        ("[[1],null]", "[[1], null]"),
        ('{"k":"v","l":{"m":true}}', "{k=v, l={m=true}}"),
        ("7", "7"),
        ("-1.50", "-1.5"),
        ("true", "true"),
        ("false", "false"),
        ("null", ""),
        ('"\\u00e9"', "é"),
    ],
)
def test_values_that_are_no_strings_are_written_as_text(value: str, text: str) -> None:
    message = f'{{"a":{value}}}'.encode()
    assert compile_route_selector("$request.body.a")(message) == text
    assert compile_route_selector("<${request.body.a}>")(message) == f"<{text}>"


@pytest.mark.rule("DP-RTE-07", "DP-RTE-11")
@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"not json",
        b"1",
        b"null",
        b"[]",
        b"{}",
        b'"action"',
        b'{"action":null}',
        b'{"action":"a"} trailing',
        b'{"action":"\\ud800"}',
        b'\xef\xbb\xbf{"action":"a"}',
        b'{"action":NaN}',
        b'{"action":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"action":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"\xff\xfe",
    ],
)
def test_a_message_without_the_value_selects_the_empty_string(message: bytes) -> None:
    assert compile_route_selector("$request.body.action")(message) == ""
    assert compile_route_selector("$request.body.action.x")(message) == ""


def test_a_value_nested_deeper_than_the_stack_is_no_route() -> None:
    """Every depth is tried around the one where reading still works and writing overflows."""
    select = compile_route_selector("-$request.body")
    results = {select(b"[" * depth + b"]" * depth)[:3] for depth in range(100, 1100, 10)}
    assert results <= {"", "-", "-[["}
    assert "-[[" in results


@pytest.mark.rule("DP-RTE-12")
def test_the_last_of_two_equal_members_wins() -> None:
    assert compile_route_selector("$request.body.a")(b'{"a":"x","a":"y"}') == "y"
    assert compile_route_selector("$request.body.a")(b'{"a":"x","a":1}') == "1"


@pytest.mark.rule("DP-RTE-04", "DP-INT-44")
@pytest.mark.parametrize("text", ["$default", r"\$default"])
def test_default_needs_no_backslash(text: str) -> None:
    assert parse_expression(text).constant == "$default"


def test_an_expression_with_a_variable_is_no_constant() -> None:
    assert parse_expression("$request.body.a").constant is None
    assert parse_expression("").constant == ""


@pytest.mark.rule("DP-RTE-02")
@pytest.mark.parametrize(
    ("text", "constant"), [(r"a\\b", r"a\b"), ("a\\", "a\\"), (r"\a\{", "a{"), ("{x}", "{x}")]
)
def test_a_backslash_takes_the_next_character_as_it_is(text: str, constant: str) -> None:
    assert parse_expression(text).constant == constant


@pytest.mark.rule("DP-INT-43", "DP-INT-52", "DP-INT-55", "CP-API-03", "DP-URL-05")
@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("$request.header.x-api-key", Variable(Source.REQUEST_HEADER, "x-api-key")),
        ("$request.querystring.a_b", Variable(Source.REQUEST_QUERYSTRING, "a_b")),
        ("$request.basepath", Variable(Source.BASEPATH)),
        (
            "$context.authorizer.usageIdentifierKey",
            Variable(Source.CONTEXT, "authorizer.usageIdentifierKey"),
        ),
        ("${stageVariables.v}", Variable(Source.STAGE_VARIABLES, "v")),
        ("$integration.response.statuscode", Variable(Source.RESPONSE_STATUS)),
        ("${response.statuscode}", Variable(Source.RESPONSE_STATUS)),
        ("${integration.response.header.X-A}", Variable(Source.RESPONSE_HEADER, "X-A")),
        (
            "${integration.response.multivalueheader.A}",
            Variable(Source.RESPONSE_MULTI_VALUE_HEADER, "A"),
        ),
        (
            "$integration.response.body.errorMessage",
            Variable(Source.RESPONSE_BODY, path=compile_path("$.errorMessage")),
        ),
    ],
)
def test_each_family_of_variables_is_understood(text: str, variable: Variable) -> None:
    assert parse_expression(text).parts == (variable,)


def test_an_expression_asks_for_each_variable_once_and_in_order() -> None:
    asked: list[Variable] = []

    def look_up(variable: Variable) -> str:
        asked.append(variable)
        return str(len(asked))

    assert parse_expression("a$context.b-${context.c}d").evaluate(look_up) == "a12d"
    assert [variable.name for variable in asked] == ["b-", "c"]


@pytest.mark.rule("DP-RTE-02")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("$", "a $ without a name, at position 0"),
        ("a$$", "a $ without a name, at position 1"),
        ("x-$foo", "unknown variable $foo, at position 2"),
        ("${request.body.a", "closing brace, at position 0"),
        ("${default}", "unknown variable $default"),
        ("$request.bodyguard", "unknown variable $request.bodyguard"),
        ("${request.body.}", "JSONPath"),
        ("${request.body.a[}", "JSONPath"),
        ("${request.header}", "malformed variable"),
        ("${request.header.}", "malformed name"),
        ("${request.header.a b}", "malformed name"),
        ("${request.basepath.x}", "malformed variable"),
        (r"\\$foo", r"expression '\\$foo' has"),
        ("$foo\n", r"expression '$foo\n' has"),
        ("a" * 5000, "longer than"),
    ],
)
def test_a_malformed_expression_says_what_and_where(text: str, problem: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert problem in str(caught.value)


@pytest.mark.rule("DP-RTE-02")
@pytest.mark.parametrize("text", ["$request.header.a", "a${context.b}", "$stageVariables.c"])
def test_a_route_is_selected_by_the_message_alone(text: str) -> None:
    with pytest.raises(ExpressionError, match=r"request\.body"):
        compile_route_selector(text)


names = st.text(max_size=8).filter(lambda name: "'" not in name and "\\" not in name)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(name=names, body=values, value=values, is_ascii=st.booleans())
@example(name="value", body={}, value="x", is_ascii=True)
@example(name="", body={}, value="x", is_ascii=False)
def test_the_fast_way_and_the_general_way_agree(
    name: str, body: object, value: object, *, is_ascii: bool
) -> None:
    if isinstance(body, dict):
        body = {**body, name: value}
    try:
        message = json.dumps(body, ensure_ascii=is_ascii).encode()
    except UnicodeEncodeError:
        message = b"\xed\xa0\x80"
    path = compile_path(f"$['{name}']")
    fast = compile_route_selector(f"$request.body['{name}']")
    assert fast(message) == select_from_body(path, parse_json(message))


@given(st.binary(max_size=60), st.sampled_from(["$request.body.a", "$request.body..a", "x"]))
def test_no_bytes_make_a_selector_raise(message: bytes, expression: str) -> None:
    assert isinstance(compile_route_selector(expression)(message), str)


@given(st.text(alphabet="$\\{}.[]'request.body*()?@:0 ", max_size=40) | st.text())
def test_no_text_makes_the_parser_raise_a_stranger(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        parse_expression(text).evaluate(stringify_name)


def stringify_name(variable: Variable) -> str:
    return stringify(variable.name)


@pytest.mark.rule("DP-UNK-04")
@pytest.mark.parametrize(
    ("message", "selected"),
    [
        (b'{"a":"7"}', "7-7"),
        (b'{"a":7}', "-"),
        (b'{"a":["7"]}', "-"),
        (b'{"a":null}', "-"),
        (b"7", "-"),
        (b"no JSON", "-"),
    ],
)
def test_only_texts_select_where_that_is_chosen(message: bytes, selected: str) -> None:
    expression = "${request.body.a}-${request.body.a}"
    assert compile_route_selector(expression, is_text_only=True)(message) == selected
    alone = compile_route_selector("$request.body.a", is_text_only=True)
    assert alone(message) == selected.partition("-")[0]
