"""Templates, taken apart."""

import pytest

from routekey.errors import ProjectError
from routekey.projects.cloudformation.template import (
    SAM,
    is_template,
    parse_template,
    transforms,
)
from routekey.projects.document import Document, Value, parse_document


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        ("[]", "a template is a map, not a list"),
        ("a: 1", "the template has no Resources"),
        ("Resources: {A: 1}", "A: a resource is a map, not a number"),
        ("Resources: {A: {}}", "the resource has no Type"),
        ("Resources: {A: {Type: B, Condition: []}}", "name of a condition"),
        ("Resources: {A: {Type: B, Properties: []}}", "Properties has to be a map"),
        ("{Resources: {}, Parameters: []}", "Parameters has to be a map"),
    ],
)
def test_what_is_not_a_template_is_an_error(text: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        parse_template(parse_document(text, file="f"))


def test_a_resource_that_a_transform_made_stands_where_its_source_does() -> None:
    document = parse_document("Resources:\n  Chat: {Type: X}", file="f")
    made_value: Value = {"Resources": {"ChatRole": {"Type": "Y"}, "Other": {"Type": "Z"}}}
    made = parse_template(Document(file="f", value=made_value, lines=document.lines))
    assert made.resources["ChatRole"].place.line == 2
    assert made.resources["Other"].place.line == 1


def test_templates_are_told_from_other_files() -> None:
    assert is_template({"Resources": {}})
    assert is_template({"AWSTemplateFormatVersion": "2010-09-09"})
    assert not is_template({"Resources": []})
    assert not is_template([])


def test_transforms_come_as_text_list_or_map() -> None:
    for text in (f"Transform: {SAM}", f"Transform: [{SAM}, 3]", f"Transform: {{Name: {SAM}}}"):
        assert transforms(parse_document(text, file="f")) == (SAM,)
    assert transforms(parse_document("a", file="f")) == ()
