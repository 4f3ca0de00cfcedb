"""`AWS::Lambda::*` resources as functions."""

from pathlib import Path

import pytest

from projects.building import load_template
from routekey.errors import ProjectError
from routekey.projects.cloudformation.functions import split_function_name


@pytest.mark.parametrize(
    ("text", "name", "qualifier"),
    [
        ("hello", "hello", None),
        ("hello:live", "hello", "live"),
        ("arn:aws:lambda:eu-west-1:000000000000:function:hello", "hello", None),
        ("arn:aws:lambda:eu-west-1:000000000000:function:hello:2", "hello", "2"),
        ("000000000000:function:hello", "hello", None),
    ],
)
def test_a_function_is_named_in_many_ways(text: str, name: str, qualifier: str | None) -> None:
    assert split_function_name(text) == (name, qualifier)


def test_settings_permissions_aliases_and_layers_come_together(tmp_path: Path) -> None:
    project = load_template(
        tmp_path,
        """
        Resources:
          F:
            Type: AWS::Lambda::Function
            Properties:
              FunctionName: hello
              Code: {ZipFile: "def handler(event, context): pass"}
              Handler: index.handler
              Runtime: python3.12
              Role: arn:aws:iam::000000000000:role/r
              Timeout: "30"
              ReservedConcurrentExecutions: 2
              Environment: {Variables: {A: 1, B: true}}
              LoggingConfig: {LogFormat: JSON, ApplicationLogLevel: DEBUG}
              Layers: [!Ref L, "arn:aws:lambda:eu-west-1:000000000000:layer:foreign:1"]
          L: {Type: AWS::Lambda::LayerVersion, Properties: {Content: layer}}
          V: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref F}}
          A:
            Type: AWS::Lambda::Alias
            Properties: {FunctionName: !Ref F, FunctionVersion: !GetAtt V.Version, Name: live}
          P:
            Type: AWS::Lambda::Permission
            Properties: {Action: a, FunctionName: !Ref A, Principal: p, SourceArn: s}
        """,
        files={"layer/python/shared.py": ""},
    )
    (function,) = project.functions
    assert (function.timeout, function.reserved_concurrent_executions) == (30, 2)
    assert function.environment == {"A": "1", "B": "true"}
    assert (function.log_format, function.log_level) == ("JSON", "DEBUG")
    assert [layer.path for layer in function.layers] == [str(tmp_path / "layer")]
    assert function.aliases == {"live": "1"}
    permission = function.permissions[0]
    assert (permission.qualifier, permission.source_arn) == ("live", "s")
    assert "foreign:1 is not on this machine" in project.notices[0].text


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("!GetAtt Q.Arn", "arn:aws:sqs:us-east-1:000000000000:letters"),
        ("!Ref T", "arn:aws:sns:us-east-1:000000000000:letters"),
        ("arn:aws:s3:::letters", None),
    ],
)
def test_dead_letters_go_to_a_queue_or_a_topic(
    tmp_path: Path, target: str, expected: str | None
) -> None:
    project = load_template(
        tmp_path,
        f"""
        Resources:
          F:
            Type: AWS::Lambda::Function
            Properties:
              Code: {{ZipFile: x}}
              Handler: a.b
              Runtime: r
              Role: r
              RecursiveLoop: Allow
              DeadLetterConfig: {{TargetArn: {target}}}
          Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: letters}}}}
          T: {{Type: AWS::SNS::Topic, Properties: {{TopicName: letters}}}}
        """,
    )
    (function,) = project.functions
    assert function.dead_letter_target == expected
    assert function.may_recur
    notices = [notice.text for notice in project.notices]
    assert any("dead-letter target" in text for text in notices) == (expected is None)


PROVISIONED = """
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: f, Code: {ZipFile: x}, Handler: a.b, Runtime: r, Role: r}
  V:
    Type: AWS::Lambda::Version
    Properties:
      FunctionName: !Ref F
      ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}
  A:
    Type: AWS::Lambda::Alias
    Properties:
      FunctionName: !Ref F
      FunctionVersion: !GetAtt V.Version
      Name: live
      ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 2}
"""


def test_provisioned_concurrency_of_versions_and_aliases_adds_up(tmp_path: Path) -> None:
    (function,) = load_template(tmp_path, PROVISIONED).functions
    assert function.provisioned_concurrent_executions == 3


@pytest.mark.parametrize("number", ["0", "many"])
def test_provisioned_concurrency_is_a_number_from_one(tmp_path: Path, number: str) -> None:
    template = PROVISIONED.replace("Executions: 2", f"Executions: {number}")
    with pytest.raises(ProjectError, match="is no provisioned concurrency"):
        load_template(tmp_path, template)


def test_a_layer_that_is_not_here_is_left_out(tmp_path: Path) -> None:
    project = load_template(
        tmp_path,
        """
        Resources:
          F:
            Type: AWS::Lambda::Function
            Properties: {Code: {ZipFile: x}, Handler: a.b, Runtime: r, Role: r, Layers: [!Ref L]}
          L:
            Type: AWS::Lambda::LayerVersion
            Properties: {Content: {S3Bucket: b, S3Key: k.zip}}
        """,
    )
    assert project.functions[0].layers == ()


def test_a_layer_of_several_functions_that_is_elsewhere_is_named_once(tmp_path: Path) -> None:
    function = (
        "Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: x}, Handler: a.b, Runtime: r, "
        "Role: r, Layers: ['arn:aws:lambda:us-east-1:123456789012:layer:foreign:3']}"
    )
    project = load_template(tmp_path, f"Resources:\n  F: {{{function}}}\n  G: {{{function}}}\n")
    (notice,) = [each for each in project.notices if "layer:foreign:3" in each.text]
    assert (notice.line, notice.resource) == (2, None)
    assert "requirements.txt" in notice.text
