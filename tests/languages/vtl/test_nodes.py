"""Directives as they run: loops, scopes, signals."""

import pytest

from routekey.languages.vtl import TemplateRenderError, compile_template
from routekey.languages.vtl.rendering import Limits


def render(template: str, **scope: object) -> str:
    return compile_template(template).render(scope)


def test_set_changes_the_scope_that_it_is_given() -> None:
    scope: dict[str, object] = {"x": 1}
    assert compile_template("#set($x = 2)$x").render(scope) == "2"
    assert scope == {"x": 2}


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


def test_each_thing_done_is_counted() -> None:
    template = compile_template("#foreach($i in [1..1000])$i#end")
    with pytest.raises(TemplateRenderError, match="takes over 500 steps"):
        template.render({}, Limits(steps_max=500))
