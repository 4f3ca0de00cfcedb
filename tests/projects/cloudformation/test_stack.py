"""Stacks: what exists, what it is worth, and what leads in circles."""

import pytest

from projects.building import open_stack
from routekey.errors import ProjectError


def test_resources_whose_condition_does_not_hold_do_not_exist() -> None:
    stack = open_stack(
        """
        Conditions: {Never: !Equals [a, b], Always: !Not [!Condition Never]}
        Resources:
          A: {Type: AWS::SNS::Topic, Condition: Never}
          B: {Type: AWS::SNS::Topic, Condition: Always}
        """
    )
    assert [resource.logical_id for resource in stack.resources()] == ["B"]
    with pytest.raises(ProjectError, match="its condition does not hold"):
        stack.reference("A", stack.template.document.place())


def test_conditions_and_exports_that_lead_to_themselves_are_errors() -> None:
    stack = open_stack(
        """
        Conditions: {A: !Condition B, B: !Condition A}
        Outputs: {C: {Value: !ImportValue x, Export: {Name: x}}}
        Resources: {}
        """
    )
    place = stack.template.document.place()
    with pytest.raises(ProjectError, match="A depends on itself"):
        stack.is_true("A", place)
    with pytest.raises(ProjectError, match="C depends on itself"):
        stack.imported("x", place)


def test_exports_are_imported_while_their_condition_holds() -> None:
    stack = open_stack(
        """
        Conditions: {Never: !Equals [a, b]}
        Resources: {}
        Outputs:
          Private: {Value: 0}
          Never: {Value: 1, Condition: Never, Export: {Name: x}}
          Always: {Value: 2, Export: {Name: !Sub "${AWS::StackName}-x"}}
        """
    )
    place = stack.template.document.place()
    assert stack.imported("stack-x", place) == 2
    assert stack.imported("x", place) == "x"
    assert "exported by a stack that is not here" in stack.notices.all()[0].text


def test_an_output_that_is_not_there_is_an_error() -> None:
    stack = open_stack("Resources: {}")
    with pytest.raises(ProjectError, match="has no output A"):
        stack.output("A", stack.template.document.place())


def test_a_guess_is_said_to_be_one() -> None:
    stack = open_stack("Resources: {A: {Type: AWS::MQ::Broker}}")
    stack.reference("A", stack.template.document.place())
    assert "its Ref is taken to be" in stack.notices.all()[0].text


@pytest.mark.rule("CP-CFN-05")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "wss://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}",
            "wss://abc123.execute-api.eu-west-1.amazonaws.com/prod",
        ),
        (
            "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/${Stage}/@connections",
            "https://abc123.execute-api.eu-west-1.amazonaws.com/prod/@connections",
        ),
        (
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*",
            "arn:aws:execute-api:eu-west-1:000000000000:abc123/*",
        ),
    ],
)
def test_the_usual_outputs_have_awss_form(value: str, expected: str) -> None:
    stack = open_stack(
        f"""
        Resources:
          Api: {{Type: AWS::ApiGatewayV2::Api, Properties: {{Tags: {{"routekey:api-id": abc123}}}}}}
          Stage: {{Type: AWS::ApiGatewayV2::Stage, Properties: {{StageName: prod}}}}
        Outputs: {{Url: {{Value: !Sub "{value}"}}}}
        """
    )
    assert stack.output("Url", stack.template.document.place()) == expected
