"""Directives and references as they run: scopes, laziness, lines of errors."""

import pytest

from routekey.languages.vtl import TemplateRenderError, compile_template
from routekey.languages.vtl.nodes import Call, Reference
from routekey.languages.vtl.rendering import LIMITS, Limits, Rendering


def render(template: str, **scope: object) -> str:
    return compile_template(template).render(scope)


@pytest.mark.rule("VTL-EXP-01")
def test_and_and_or_leave_their_right_side_alone() -> None:
    assert render("#if(false && $l.add(1))x#end#if(true || $l.add(1))y#end$l.size()", l=[]) == "y0"


@pytest.mark.rule("VTL-DIR-01")
@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("#set($m.a.b = 1)$m", "{a={b=1}}"),
        ("#set($m[$k].b = 1)$m", "{a={b=1}}"),
        ("#set($l[1] = 9)#set($l[-1] = 8)#set($l[5] = 7)#set($l['x'] = 7)$l", "[1,8]"),
        ("#set($nothing.a = 1)$nothing.a", ""),
        ("#set($s.a = 1)$s", "text"),
        ("#set($m.a = $nothing)[$m.a]$m", "[]{a=}"),
    ],
)
def test_set_reaches_into_maps_and_lists(template: str, text: str) -> None:
    assert render(template, m={"a": {}}, l=[1, 2], k="a", s="text") == text


def test_set_does_not_change_the_callers_variables() -> None:
    scope: dict[str, object] = {"x": 1}
    assert compile_template("#set($x = 2)$x").render(scope) == "2"
    assert scope == {"x": 1}


@pytest.mark.rule("VTL-DIR-06")
@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("#define($d)$x#end#set($x = 1)$d#set($x = 2)$d", "12"),
        ('#define($d)ab#end$d.length() #if($d == "ab")same#end #set($e = $d)$e', "2 same ab"),
        ('#define($d)a$x#end#set($y = "<$d>")$y', "<a>"),
    ],
)
def test_a_definition_is_text_wherever_it_is_used(template: str, text: str) -> None:
    assert render(template) == text


@pytest.mark.rule("VTL-DIR-04", "VTL-DIR-12")
def test_a_loop_knows_its_parent() -> None:
    template = "#foreach($a in [1,2])#foreach($b in [1])$foreach.parent.count#end#end$foreach"
    assert render(template) == "12"


@pytest.mark.rule("VTL-DIR-05")
def test_break_ends_the_innermost_loop_and_puts_variables_back() -> None:
    template = "#foreach($a in [1,2])#foreach($b in [1,2])$b#break#end,#end$b"
    assert render(template, b="x") == "1,1,x"


@pytest.mark.rule("VTL-DIR-05")
def test_stop_ends_the_template_in_a_loop_and_in_a_string() -> None:
    assert render("a#foreach($i in [1,2])$i#stop#{end}b") == "a1"
    assert render('a#set($x = "b#stop c")$x') == "a"


@pytest.mark.rule("VTL-DIR-14", "DP-VTL-14")
def test_a_loop_stops_silently_after_1000_rounds() -> None:
    assert render("#foreach($i in [1..5000])#if(!$foreach.hasNext)$i#end#end") == "1000"
    assert len(render("#foreach($i in $l)x#end", l=list(range(1001)))) == 1000


def test_a_loop_over_what_is_no_collection_does_nothing() -> None:
    assert render("#foreach($i in $x)a#end#foreach($i in $y)a#end", x="text", y=5) == ""


def test_an_error_names_its_line() -> None:
    with pytest.raises(TemplateRenderError, match=r"^line 3: index 5 is outside"):
        render("a\n\n$l.get(5)", l=[])
    with pytest.raises(TemplateRenderError, match=r"^line 2: "):
        render('\n#set($x = "\n$l.get(5)")'.replace('"\n', '"'), l=[])


def test_null_in_json_is_missing_when_it_is_read() -> None:
    assert render("[$m.a][$m][#if($m.a == '')yes#end]", m={"a": None}) == "[][{a=null}][yes]"


def test_nothing_can_be_assigned_to_a_call() -> None:
    """The parser has refused it already."""
    with pytest.raises(AssertionError):
        Reference("a", (Call("b", ()),), 1).assign(1, Rendering({}, LIMITS))


def test_each_thing_done_is_counted() -> None:
    template = compile_template("#foreach($i in [1..1000])$i#end")
    with pytest.raises(TemplateRenderError, match="takes over 500 steps"):
        template.render({}, Limits(steps_max=500))
