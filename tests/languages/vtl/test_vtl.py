"""Each golden file is one template, what it is given, and what AWS makes of it.

A file has four parts with a line of dashes between them: the rule and where the answer comes from;
the template; JSON with `variables`, `body` and `params`; the text that comes out, or the beginning
of the error. A new case is a new file.
"""

import json
from pathlib import Path

import pytest

from routekey.errors import TemplateError
from routekey.languages.vtl import Input, Params, TemplateRenderError, Util, compile_template

GOLDENS = sorted((Path(__file__).parent / "goldens").glob("*.txt"))


def render(template: str, given: dict[str, object]) -> str:
    """Render a template, or give the error that it ends in."""
    body, params = given.get("body", ""), given.get("params", {})
    assert isinstance(body, str)
    assert isinstance(params, dict)
    variables = given.get("variables", {})
    assert isinstance(variables, dict)
    scope = {**variables, "input": Input(body, Params(**params)), "util": Util()}
    try:
        return compile_template(template).render(scope)
    except (TemplateError, TemplateRenderError) as error:
        return f"{type(error).__name__}: {str(error).lstrip(':')}"


@pytest.mark.rule(
    *("VTL-REF-01", "VTL-REF-02", "VTL-REF-03", "VTL-REF-04", "VTL-REF-05", "VTL-REF-06"),
    *("VTL-REF-08", "VTL-REF-09", "VTL-DIR-01", "VTL-DIR-02", "VTL-DIR-03", "VTL-DIR-04"),
    *("VTL-DIR-05", "VTL-DIR-06", "VTL-DIR-07", "VTL-DIR-08", "VTL-DIR-09", "VTL-DIR-10"),
    *("VTL-DIR-11", "VTL-DIR-12", "VTL-DIR-13", "VTL-EXP-01", "VTL-EXP-03", "VTL-EXP-04"),
    *("VTL-EXP-05", "VTL-EXP-06", "VTL-EXP-07", "VTL-MET-01", "VTL-MET-02", "VTL-WS-01"),
    *("VTL-WS-02", "VTL-PRT-01", "VTL-PRT-02", "VTL-PRT-03", "VTL-PRT-04", "VTL-INP-01"),
    *("VTL-INP-03", "VTL-INP-04", "VTL-INP-05", "VTL-UTL-02", "VTL-UTL-03", "VTL-UTL-04"),
    *("DP-VTL-01", "DP-VTL-05", "DP-VTL-06", "DP-VTL-08", "DP-VTL-10", "DP-VTL-11"),
    *("DP-VTL-12", "DP-VTL-13", "VTL-VEC-01", "VTL-EXP-02", "VTL-SCOPE-01"),
)
@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: path.stem)
def test_the_golden_holds(golden: Path) -> None:
    with golden.open(encoding="utf-8", newline="") as file:
        _, template, given, expected = file.read().removesuffix("\n").split("\n----------\n")
    result = render(template, json.loads(given))
    if golden.stem.startswith("error-"):
        assert result.startswith(expected)
    else:
        assert result == expected


def test_there_are_goldens() -> None:
    assert len(GOLDENS) > 100
