"""What a template says of asynchronous calls that fail."""

from pathlib import Path

import pytest

from projects.building import load_template
from routekey.errors import ProjectError
from routekey.resources.function import LATEST, USUAL_EVENTS

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      InlineCode: 'handler = print'
      Handler: index.handler
      Runtime: python3.12
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        MaximumEventAgeInSeconds: 60
        DestinationConfig:
          OnFailure: {Type: SQS, Destination: !GetAtt Queue.Arn}
          OnSuccess: {Type: SQS, Destination: !GetAtt Queue.Arn}
  Other:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: other
      Code: {ZipFile: 'handler = print'}
      Handler: index.handler
      Runtime: python3.12
      Role: arn:aws:iam::000000000000:role/r
  Live:
    Type: AWS::Lambda::EventInvokeConfig
    Properties:
      FunctionName: !Ref Other
      Qualifier: live
      DestinationConfig: {OnFailure: {Destination: !GetAtt Worker.Arn}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: failures}}
"""


def test_a_function_says_what_becomes_of_its_events(tmp_path: Path) -> None:
    project = load_template(tmp_path, TEMPLATE)
    functions = {function.function_name: function for function in project.functions}
    config = functions["worker"].find_event_invoke_config(None)
    assert (config.qualifier, config.maximum_retry_attempts) == (LATEST, 1)
    assert config.maximum_event_age_in_seconds == 60
    assert str(config.on_failure).endswith(":failures")
    assert config.on_success == config.on_failure
    live = functions["other"].find_event_invoke_config("live")
    assert str(live.on_failure).endswith(":function:worker")
    assert live.retries_max == 2
    assert functions["other"].find_event_invoke_config(None) == USUAL_EVENTS


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("Attempts: 1", "Attempts: 3", "no MaximumRetryAttempts"),
        ("InSeconds: 60", "InSeconds: 59", "no MaximumEventAgeInSeconds"),
        ("FunctionName: !Ref Other", "FunctionName: worker", "cannot be its own destination"),
    ],
)
def test_what_lambda_refuses_is_refused(
    tmp_path: Path, before: str, after: str, problem: str
) -> None:
    with pytest.raises(ProjectError, match=problem):
        load_template(tmp_path, TEMPLATE.replace(before, after))


def test_what_is_not_served_here_gets_a_notice(tmp_path: Path) -> None:
    template = TEMPLATE.replace("!GetAtt Queue.Arn", "arn:aws:s3:::failures")
    project = load_template(tmp_path, template.replace("Type: SQS,", "Type: S3Bucket,"))
    texts = [notice.text for notice in project.notices]
    assert any("arn:aws:s3:::failures is not served here" in text for text in texts)
    configs = [each for one in project.functions for each in one.event_invoke_configs]
    [config] = [each for each in configs if each.qualifier == LATEST]
    assert (config.on_success, config.on_failure) == (None, None)
