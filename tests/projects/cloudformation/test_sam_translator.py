"""AWS's translator, called by us."""

import logging

import pytest

from routekey.errors import ProjectError
from routekey.projects.cloudformation.sam_translator import run_translator
from routekey.projects.document import Value, parse_document

DOCUMENT = parse_document("Transform: x\nResources:\n  F: {}", file="f")


def translate(properties: Value) -> Value:
    template: dict[str, Value] = {
        "Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": properties}}
    }
    return run_translator(template, {}, DOCUMENT, region="eu-west-1")


@pytest.mark.rule("CP-SAM-01")
def test_a_function_gets_a_role_without_asking_anybody(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        template = translate(
            {"InlineCode": "x", "Handler": "a.b", "Runtime": "python3.12", "Policies": ["Any"]}
        )
    assert isinstance(template, dict)
    resources = template["Resources"]
    assert isinstance(resources, dict)
    assert resources.keys() == {"F", "FRole"}
    assert caplog.records == []


@pytest.mark.rule("CP-SAM-05")
@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ({"InlineCode": "x", "CodeUri": 3}, "f:3: F: the SAM translator says: "),
        ([], "the SAM translator"),
    ],
)
def test_what_it_refuses_is_our_error(properties: Value, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        translate(properties)
