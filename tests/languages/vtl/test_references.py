"""References as they run: members, calls, definitions, lines of errors."""

import pytest

from routekey.languages.vtl import TemplateRenderError, compile_template
from routekey.languages.vtl.references import Call, Reference
from routekey.languages.vtl.rendering import Limits


def render(template: str, **scope: object) -> str:
    return compile_template(template).render(scope)


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
        Reference("a", (Call("b", ()),), 1).compile_assign()


@pytest.mark.rule("VTL-MET-01")
def test_a_call_finds_its_method_by_the_type_of_each_value() -> None:
    template = compile_template(
        "#foreach($x in $all)$x.equals('a'),$x.get('a'),$x.concat('b');#end"
    )
    scope: dict[str, object] = {"all": ["a", {"a": 7}, [1], 5, None]}
    assert template.render(scope) == "true,,ab;false,7,;false,,;false,,;false,,b;"


def test_an_argument_that_is_no_text_is_printed_as_one() -> None:
    assert render("$s.concat($n)$s.concat(2.0)$s.concat([1])", s="a", n=7) == "a7a2.0a[1]"


def test_a_call_gives_null_and_definitions_as_what_they_are() -> None:
    assert render("<$m.get('a')>$m.remove('b')", m={"a": None, "b": [1]}) == "<>[1]"
    assert render("#define($d)text#end$m.put('d', $d)<$m.get('d')>$d.concat('!')", m={}) == (
        "<text>text!"
    )


def test_what_a_call_makes_is_counted() -> None:
    for template in ("$s.concat('1234')", "#set($x = $s.split(''))", "#set($x = $m.get('l'))"):
        with pytest.raises(TemplateRenderError, match=r"^line 1: .* more than 5 characters"):
            compile_template(template).render(
                {"s": "123456"[: 2 if "concat" in template else 6], "m": {"l": [0] * 6}},
                Limits(characters_max=5),
            )


def test_a_definition_that_stops_keeps_what_was_printed_before_it() -> None:
    template = "#define($d)gone#stop#{end}a$x $d$x"
    assert render(template, x="b") == "ab "
    loop = "#define($d)#break#end#foreach($i in [1,2])<$i $d$i#{end}|"
    assert render(loop) == "<1 |"


def test_what_was_printed_before_a_stop_is_counted() -> None:
    template = compile_template("#define($d)#stop#end" + "$x" * 100 + "$d")
    with pytest.raises(TemplateRenderError, match="more than 50 characters"):
        template.render({"x": "a"}, Limits(characters_max=50))


def test_a_definition_that_uses_itself_names_a_line() -> None:
    with pytest.raises(TemplateRenderError, match=r"^line 2: blocks nest deeper"):
        render("#define($d)\n$d#end$d")
