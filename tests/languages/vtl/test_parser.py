"""Text and directives: what is read as what."""

import pytest

from routekey.errors import TemplateError
from routekey.languages.vtl import compile_template


def render(template: str, **scope: object) -> str:
    return compile_template(template).render(scope)


@pytest.mark.rule("VTL-REF-06")
@pytest.mark.parametrize(
    "text",
    ["#", "##x"[:1] + " ", "a # b", "#1", "#-", "# set", "$ ", "$1", "\\", "\\\\ x", "#[[", "#]]"],
)
def test_what_begins_no_directive_is_text(text: str) -> None:
    assert render(text) == text


@pytest.mark.rule("VTL-DIR-08")
@pytest.mark.parametrize(
    "text",
    [
        "#foo",
        "#foo()",
        "#foo($x)",
        "#foo(\"a)\" ')')",
        "#{foo}",
        "#settings",
        "#endless",
        "#ifx(1)",
        "#foo(",
        "#evaluate($x)",
    ],
)
def test_what_is_no_directive_of_ours_prints_itself(text: str) -> None:
    assert render(text, x=1) == text


@pytest.mark.rule("VTL-EXP-06")
@pytest.mark.parametrize(
    ("template", "text"),
    [
        (r"\$x", "$x"),
        (r"\\$x", "\\1"),
        (r"\\\$x", "\\$x"),
        (r"\\\\$x", "\\\\1"),
        (r"\${x.y}", "${x.y}"),
        (r"\$x.foo($x)", "$x.foo($x)"),
        (r"\#if", "#if"),
        (r"\#{else}", "#{else}"),
        (r"\\#if(true)a#end", "\\a"),
        (r"\#foo", r"\#foo"),
        (r"\## comment", "\\"),
        ("\\", "\\"),
        (r"\$", r"\$"),
        (r"\\\\", r"\\\\"),
    ],
)
def test_a_backslash_escapes_what_it_stands_before(template: str, text: str) -> None:
    assert render(template + " ", x=1) == (
        text if text.endswith("\\" * 1) and "##" in template else text + " "
    )


@pytest.mark.rule("VTL-WS-01", "VTL-WS-02")
@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a\n#set($x = 1)\nb", "a\nb"),
        ("a #set($x = 1) b", "a  b"),
        ("a\n  #set($x = 1)  \n  b", "a\n    b"),
        ("#if(true)\na\n#else\nb\n#end\nc", "a\nc"),
        ("#if(false)\na\n#elseif(true)\nb\n#end\nc", "b\nc"),
        ("#if(false)\na\n#{else}\r\nb\n#{end}\nc", "b\nc"),
        ("#foreach($i in [1,2])\n$i\n#end\nc", "1\n2\nc"),
        ("#define($d)\na\n#end\n[$d]", "[a\n]"),
        ("#macro(m)\na\n#end\nb", "b"),
        ("a ## b\nc", "a c"),
        ("a ## b", "a "),
        ("a #* b *#\nc", "a \nc"),
        ("a #** b *# c", "a  c"),
        ("#[[\n$x\n]]#\n", "\n$x\n\n"),
    ],
)
def test_white_space_follows_velocity_1(template: str, text: str) -> None:
    assert render(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("#set($x.a = 1)$x", "{a=1}"),
        ("#set($x['a b'] = 1)$x", "{a b=1}"),
        ("#set( ${x} = 1 )$x", "1"),
        ("#set($!x=1)$x", "1"),
        ("#{set}($y = 1)$y", "1"),
        ("#{if}(true)a#{end}", "a"),
        ("#if ( true )a#end", "a"),
        ("#foreach ( $i in [1] )$i#end", "1"),
        ("#foreach($i in$l)$i#end", "12"),
        ("#define($!d)a#end$d", "a"),
    ],
)
def test_directives_may_be_spelled_so(template: str, text: str) -> None:
    assert render(template, x={}, l=[1, 2]) == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("#set", "1: #set lacks '(' before the end"),
        ("#set($x", "1: #set lacks '=' before the end"),
        ("#set(x = 1)", "1: #set lacks a reference before 'x = 1)'"),
        ("#set($x = 1", "1: #set lacks ')' before the end"),
        ("#set($x.y() = 1)", "1: #set cannot assign to a method's result"),
        ("#if", "1: #if lacks '(' before the end"),
        ("\n#if(true)", "2: the #if of line 2 has no #end"),
        ("#if(true)#else#else#end", "1: the #if of line 1 meets #else"),
        ("#elseif(true)", "1: there is no directive open for #elseif"),
        ("#foreach($x)", "1: #foreach lacks 'in' before ')'"),
        ("#foreach($x.y in [])#end", "1: #foreach takes a plain name, not a member"),
        ("#foreach($x in [])\n#else\n#end", "3: the #foreach of line 1 meets #else"),
        ("#define($x.y)#end", "1: #define takes a plain name, not a member"),
        ("#define(x)#end", "1: #define lacks a reference before 'x)#end'"),
        ("#define($x)", "1: the #define of line 1 has no #end"),
        ("#macro x", "1: #macro lacks its parameters in parentheses"),
        ("#macro(x)", "1: the #macro of line 1 has no #end"),
        ("#parse('x')", "1: API Gateway has no #include and no #parse"),
        ("\n\n#* a", "3: a comment has no closing *#"),
        ("a\n$", "2: the template ends in a bare $"),
        ('#set($x = "#end")', "1: there is no directive open for #end"),
        ('#set($x = "a\n#if(true)")', "2: the #if of line 2 has no #end"),
        ("#if(true)" * 100, "1: the template nests deeper than 50"),
    ],
)
def test_a_malformed_template_says_what_and_where(template: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_template(template)
    assert str(caught.value).startswith(f":{message}")
