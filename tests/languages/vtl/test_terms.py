"""References and operators as they run: members, laziness, lines of errors."""

import pytest

from routekey.languages.vtl import TemplateRenderError, compile_template
from routekey.languages.vtl.rendering import LIMITS, Rendering
from routekey.languages.vtl.terms import Call, Reference


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
