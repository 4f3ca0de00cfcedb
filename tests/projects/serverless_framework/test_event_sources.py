"""Queues and streams that call functions of a service, and who is told of their failures."""

from pathlib import Path

import pytest

from projects.serverless_framework.test_service import load_service
from routekey.errors import ProjectError
from routekey.projects.document import Document, Value
from routekey.projects.serverless_framework.event_sources import (
    destination_resources,
    event_source_resources,
)

PLACE = Document(file="serverless.yml", value=None).place("functions", "work", "events")
SERVICE = """
service: chat
functions:
  work:
    handler: app.handler
    maximumRetryAttempts: 1
    maximumEventAge: 120
    destinations: {onFailure: tell}
    events:
      - websocket: $default
      - sqs: {arn: !GetAtt Jobs.Arn, batchSize: 5, functionResponseType: ReportBatchItemFailures}
      - stream: {type: dynamodb, arn: !GetAtt Notes.StreamArn, startingPosition: LATEST}
      - sqs: {arn: !GetAtt Jobs.Arn, enabled: false}
      - sqs: {arn: !GetAtt Plain.Arn, filterPatterns: [{body: {kind: [order]}}, {body: [a]}]}
  tell: {handler: app.handler}
resources:
  Resources:
    Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
    Plain: {Type: AWS::SQS::Queue, Properties: {QueueName: plain}}
    Notes:
      Type: AWS::DynamoDB::Table
      Properties: {TableName: notes, StreamSpecification: {StreamViewType: NEW_IMAGE}}
"""


def test_queues_and_streams_call_functions(tmp_path: Path) -> None:
    project = load_service(tmp_path, SERVICE)
    jobs, notes, plain = project.event_sources
    assert {each.function_name.rpartition(":")[2] for each in project.event_sources} == {
        "chat-dev-work"
    }
    assert (jobs.event_source_arn.rpartition(":")[2], jobs.batch_size) == ("jobs", 5)
    assert jobs.is_partial
    assert ":table/notes/stream/" in notes.event_source_arn
    assert (notes.starting_position, notes.batch_size) == ("LATEST", 10)
    assert plain.event_source_arn.endswith(":plain")
    assert not plain.is_partial
    assert plain.filter_patterns == ('{"body": {"kind": ["order"]}}', '{"body": ["a"]}')
    assert jobs.filter_patterns == ()


def test_a_function_says_what_becomes_of_its_events(tmp_path: Path) -> None:
    project = load_service(tmp_path, SERVICE)
    functions = {function.function_name: function for function in project.functions}
    config = functions["chat-dev-work"].find_event_invoke_config(None)
    assert (config.maximum_retry_attempts, config.maximum_event_age_in_seconds) == (1, 120)
    assert str(config.on_failure).endswith(":function:chat-dev-tell")
    assert not functions["chat-dev-tell"].event_invoke_configs


@pytest.mark.parametrize("event", ["sqs: ''", "stream: {batchSize: 3}", "stream: 4"])
def test_an_event_of_nothing_is_refused(tmp_path: Path, event: str) -> None:
    text = f"service: c\nfunctions: {{f: {{handler: app.h, events: [{{{event}}}]}}}}"
    with pytest.raises(ProjectError, match="names nothing that it reads"):
        load_service(tmp_path, text)


def test_what_is_no_queue_and_no_stream_makes_nothing() -> None:
    assert event_source_resources("f", ["websocket", {"schedule": "rate(1 day)"}], PLACE) == {}
    assert event_source_resources("f", None, PLACE) == {}


def test_a_destination_is_a_function_an_arn_or_a_map() -> None:
    function: dict[str, Value] = {
        "destinations": {"onSuccess": {"type": "sqs", "arn": "arn:q"}, "onFailure": "g"}
    }
    expected: Value = {
        "OnSuccess": {"Destination": "arn:q"},
        "OnFailure": {"Destination": {"Fn::GetAtt": ["GLambdaFunction", "Arn"]}},
    }
    properties: Value = {
        "DestinationConfig": expected,
        "FunctionName": {"Ref": "FLambdaFunction"},
        "Qualifier": "$LATEST",
    }
    assert destination_resources("f", function, {"f": None, "g": None}) == {
        "FLambdaEvConf": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": properties}
    }
    assert destination_resources("f", {"handler": "a"}, {}) == {}
