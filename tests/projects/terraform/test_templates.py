"""Templates: interpolations, directives, and what a tilde trims."""

import pytest

from routekey.errors import ProjectError
from routekey.projects.document import Place, Value, parse_document
from routekey.projects.terraform.evaluation import Budget, Scope, evaluate
from routekey.projects.terraform.parser import parse_template


def refuse(name: str, arguments: list[Value] | Place, where: Place | None = None) -> Value:
    place = where if where is not None else arguments
    assert isinstance(place, Place)
    raise place.error(f"nothing is called {name}")


def render(text: str) -> Value:
    names: dict[str, Value] = {"a": "x", "list": ["p", "q"], "yes": True, "no": False}
    scope = Scope(namespace=refuse, call=refuse, budget=Budget(), names=names)
    place = parse_document("a", file="f").place()
    return evaluate(parse_template(text, file="f"), scope, place)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain \\n", "plain \\n"),
        ("<${a}>", "<x>"),
        ("${list}", ["p", "q"]),
        ("$${a} %%{if}", "${a} %{if}"),
        ("%{ if yes }1%{ else }2%{ endif }", "1"),
        ("%{ if no }1%{ else }2%{ endif }", "2"),
        ("<%{ if no }1%{ endif }>", "<>"),
        ("%{ for i in list }${i},%{ endfor }", "p,q,"),
        ("%{ for i, v in list }${i}=${v} %{ endfor }", "0=p 1=q "),
        ("a\n${~ a ~}\nb", "axb"),
        ("%{ for i in list ~}\n${i}\n%{ endfor ~}\n!", "p\nq\n!"),
    ],
)
def test_a_template_is_rendered(text: str, expected: Value) -> None:
    assert render(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("%{ endif }", "a directive ends here that did not begin"),
        ("%{ if yes }1", "endif .* is expected"),
        ("%{ for in list }", "a name and in are expected"),
        ("%{ for i of list }", "a name and in are expected"),
        ("%{ while }", "if or for is expected"),
        ("${a", "} is expected"),
        ("<${list}>", "text is expected here, not a list"),
        ("${b}", "nothing is called b"),
        ("${f()}", "nothing is called f"),
    ],
)
def test_a_malformed_template_is_an_error(text: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        render(text)
