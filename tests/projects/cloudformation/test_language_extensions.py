"""Fn::ForEach, written out."""

from collections.abc import Mapping

import pytest

from routekey.errors import ProjectError
from routekey.projects.cloudformation.language_extensions import expand_loops
from routekey.projects.document import Value, parse_document


def expand(text: str, parameters: Mapping[str, Value] | None = None) -> Value:
    return expand_loops(parse_document(text, file="f"), parameters or {}).value


def test_a_template_without_loops_stays_as_it_is() -> None:
    for text in ("Resources: {A: {Type: B}}", "[a]"):
        document = parse_document(text, file="f")
        assert expand_loops(document, {}) is document


def test_a_loop_makes_a_resource_of_each_item() -> None:
    value = expand(
        """
Resources:
  Fn::ForEach::Routes:
    - Key
    - [join, send-it]
    - Route&{Key}:
        Type: T
        Properties: {RouteKey: !Ref Key, Text: "${Key}", List: ["${Key}", 1]}
"""
    )
    assert value == {
        "Resources": {
            f"Route{name}": {
                "Type": "T",
                "Properties": {"RouteKey": text, "Text": text, "List": [text, 1]},
            }
            for name, text in (("join", "join"), ("sendit", "send-it"))
        }
    }


@pytest.mark.parametrize(
    ("given", "names"),
    [({}, ["Aa", "Ab"]), ({"Names": "c"}, ["Ac"]), ({"Names": ["d"]}, ["Ad"])],
)
def test_a_loop_runs_over_a_parameter(given: Mapping[str, Value], names: list[str]) -> None:
    value = expand(
        "{Parameters: {Names: {Default: 'a, b'}}, "
        "Resources: {'Fn::ForEach::X': [N, !Ref Names, {'A${N}': {Type: T}}]}}",
        given,
    )
    assert isinstance(value, dict)
    resources = value["Resources"]
    assert isinstance(resources, dict)
    assert list(resources) == names


def test_loops_stand_in_loops() -> None:
    value = expand(
        "Resources: {'Fn::ForEach::X': [A, [1, 2], "
        "{'Fn::ForEach::Y': [B, ['${A}x'], {'${A}${B}': {Type: T}}]}]}"
    )
    assert value == {"Resources": {"11x": {"Type": "T"}, "22x": {"Type": "T"}}}


@pytest.mark.parametrize(
    ("loop", "problem"),
    [
        ("3", "takes a name, a list and a map"),
        ("[A, [1]]", "takes a name, a list and a map"),
        ("[A, [1], 3]", "takes a name, a list and a map"),
        ("[A, 3, {}]", "runs over a list, not a number"),
        ("[A, !Ref Nothing, {}]", "runs over a list, not nothing"),
        ("[A, [[]], {}]", "text is expected here"),
    ],
)
def test_a_malformed_loop_is_an_error(loop: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        expand(f"Resources: {{'Fn::ForEach::X': {loop}}}")


def test_loops_that_multiply_come_to_an_end() -> None:
    items = list(range(100))
    loop = "{A: 1}"
    for name in "UVWXY":
        loop = f"{{'Fn::ForEach::{name}': [{name}, {items}, {loop}]}}"
    with pytest.raises(ProjectError, match="loops make more than"):
        expand(f"Resources: {loop}")
