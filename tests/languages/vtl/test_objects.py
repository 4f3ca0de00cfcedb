"""`$input` and `$util`."""

import pytest

from routekey.languages.vtl import Input, Params, TemplateRenderError, Util, compile_template
from routekey.languages.vtl.objects import write_json


def render(template: str, body: str = "", params: Params | None = None) -> str:
    scope: dict[str, object] = {"input": Input(body, params or Params()), "util": Util()}
    return compile_template(template).render(scope)


def test_the_paths_of_one_rendering_look_at_so_many_values_and_no_more() -> None:
    body = "[" + ",".join(['{"b":1}'] * 5000) + "]"
    assert render("#foreach($i in [1..60])#set($x = $input.path('$..b'))#end$x.size()", body) == (
        "5000"
    )
    for call in ("path", "json"):
        with pytest.raises(TemplateRenderError, match="look at over 1000000 values"):
            render(f"#foreach($i in [1..100])#set($x = $input.{call}('$..b'))#end", body)


@pytest.mark.rule("VTL-INP-01", "DP-VTL-04", "VTL-WHERE-05")
def test_the_body_is_text() -> None:
    assert render("$input.body", '{"a": 1}') == '{"a": 1}'
    assert render("<$input.body.a> $input.body.length()", '{"a": 1}') == "<> 8"
    assert render("$input.body") == "{}"


@pytest.mark.rule("VTL-INP-02", "DP-VTL-05")
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("$", '{"a":[1,2.5,{"b":"é/\\""}],"n":null,"big":123456789012345678901234567890}'),
        ("$.a", '[1,2.5,{"b":"é/\\""}]'),
        ("$.a[2].b", '"é/\\""'),
        ("$.n", "null"),
        ("$.nope", '""'),
        ("$..b", '["é/\\""]'),
        ("a[0]", "1"),
        ("$.big", "123456789012345678901234567890"),
    ],
)
def test_json_gives_the_text_of_what_is_there(path: str, text: str) -> None:
    body = '{"a": [1, 2.5, {"b": "é/\\""}], "n": null, "big": 123456789012345678901234567890}'
    assert render(f"$input.json('{path}')", body) == text


@pytest.mark.rule("VTL-INP-03", "VTL-INP-04", "DP-VTL-06")
def test_path_gives_values_that_a_template_may_change() -> None:
    template = "#set($a = $input.path('$.a'))#set($a.b = 2)$a $input.path('$.a').b $input.json('$')"
    assert render(template, '{"a":{"b":1}}') == '{b=2} 2 {"a":{"b":1}}'


def test_what_a_template_changed_is_seen_by_every_later_path() -> None:
    template = (
        "$input.path('$.n') #set($a = $input.path('$.a'))#set($a.b = 2)"
        "$input.path('$.a.b') $input.json('$.a')"
    )
    assert render(template, '{"n":0,"a":{"b":1}}') == '0 2 {"b":1}'


@pytest.mark.parametrize("body", ["", "hello", "[", "\ud800"])
def test_a_body_that_is_not_json_has_nothing(body: str) -> None:
    assert render("[$input.path('$')][$input.path('$.a')][$input.json('$.a')]", body) == '[][][""]'


def test_a_malformed_path_is_an_error() -> None:
    for call in ("$input.json('$[')", "$input.path('$.')"):
        with pytest.raises(TemplateRenderError, match="line 1: the JSONPath"):
            render(call, "{}")


@pytest.mark.rule("VTL-INP-05", "DP-VTL-07", "DP-VTL-09")
def test_params_are_looked_up_in_path_query_and_headers() -> None:
    params = Params(
        path={"a": "path"},
        querystring={"a": "query", "b": "query"},
        header={"a": "header", "b": "header", "X-C": "header"},
    )
    template = "$input.params('a') $input.params('b') $input.params('x-c') <$input.params('d')>"
    assert render(template, params=params) == "path query header <>"
    template = "$input.params().header.get('X-C') $input.params().path.a"
    assert render(template, params=params) == "header path"
    keys = "#foreach($k in $input.params().get('header').keySet())$k,#end"
    assert render(keys, params=params) == "a,b,X-C,"


@pytest.mark.rule("VTL-UTL-01", "DP-VTL-11")
@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("it's", "it\\'s"),
        ('"\\/', '\\"\\\\\\/'),
        ("\b\n\t\f\r", "\\b\\n\\t\\f\\r"),
        ("\x01\x7f", "\\u0001\x7f"),
        ("é😀", "\\u00E9\\uD83D\\uDE00"),
    ],
)
def test_java_script_is_escaped_as_commons_lang_does(text: str, escaped: str) -> None:
    assert render("$util.escapeJavaScript($input.body)", text) == escaped


@pytest.mark.rule("VTL-UTL-03")
@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("a b+c&d=é", "a+b%2Bc%26d%3D%C3%A9"),
        ("-_.*~", "-_.*%7E"),
        ("\ud800", "%3F"),
        ("%2B +25", "%252B+%2B25"),
    ],
)
def test_urls_are_encoded_as_forms(text: str, encoded: str) -> None:
    assert render("$util.urlEncode($input.body)", text) == encoded


def test_urls_are_decoded_as_forms() -> None:
    assert render("$util.urlDecode('a+b%2Bc%C3%A9%zz%ff')") == "a b+cé%zz\ufffd"


@pytest.mark.rule("VTL-UTL-04")
def test_base64_goes_both_ways() -> None:
    assert render("$util.base64Encode($input.body)", "é") == "w6k="
    assert render("$util.base64Decode('w6k=')") == "é"
    assert render("$util.base64Decode('/w==')") == "\ufffd"
    for text in ("%", "é", "abc"):
        with pytest.raises(TemplateRenderError, match="not base64"):
            render("$util.base64Decode($input.body)", text)


@pytest.mark.rule("VTL-UTL-02")
def test_json_is_parsed_on_demand() -> None:
    assert render("$util.parseJson('[1]')[0] $util.parseJson('null')[]"[:-2]) == "1 "
    with pytest.raises(TemplateRenderError, match="not JSON"):
        render("$util.parseJson('')")


@pytest.mark.rule("VTL-UTL-05")
def test_what_only_appsync_has_is_not_there() -> None:
    assert render("[$util.toJson('a')$util.time.nowISO8601()$util.error('x')]") == "[]"


def test_json_of_deep_and_of_large_values_is_written() -> None:
    assert write_json([2**80]) == f"[{2**80}]"
    deep: object = 1
    for _ in range(300):
        deep = [deep]
    assert write_json(deep) == "[" * 300 + "1" + "]" * 300
