"""Operators and literals as they run: order, laziness, what they count for."""

import pytest

from routekey.languages.vtl import TemplateRenderError, compile_template
from routekey.languages.vtl.rendering import Limits


def render(template: str, **scope: object) -> str:
    return compile_template(template).render(scope)


@pytest.mark.rule("VTL-EXP-01")
def test_and_and_or_leave_their_right_side_alone() -> None:
    assert render("#if(false && $l.add(1))x#end#if(true || $l.add(1))y#end$l.size()", l=[]) == "y0"


@pytest.mark.rule("VTL-EXP-01")
@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("1 + 2 * 3 - 4", "3"),
        ("10 - 2 - 3", "5"),
        ("1 < 2 && 2 < 3 && 3 < 3", "false"),
        ("false || true && false || true", "true"),
        ("'a' + 1 + 2 == 'a12'", "true"),
        (" + ".join(["1"] * 2000), "2000"),
    ],
)
def test_a_row_of_operators_is_evaluated_from_the_left(expression: str, text: str) -> None:
    assert render(f"#set($x = {expression})$x") == text


@pytest.mark.parametrize(
    ("template", "steps"),
    [
        ("$a", 1),
        ("$a.b$a.get('b')", 2),
        ("$a.get($b.c)", 2),
        ("$a[$b]", 2),
        ("#set($a[$b] = [1, {'x': $c}])", 6),
        ("#if(!$a && $b == 1)$c#end", 6),
        ("#foreach($i in [1..3])$i#end", 7),
        ('#set($s = "$a$b")', 3),
        ("#set($s = [1..9])", 1),
    ],
)
def test_each_reference_operator_and_directive_is_a_step(template: str, steps: int) -> None:
    compiled = compile_template(template)
    compiled.render({"a": "1"}, Limits(steps_max=steps))
    with pytest.raises(TemplateRenderError, match=f"takes over {steps - 1} steps"):
        compiled.render({"a": "1"}, Limits(steps_max=steps - 1))
