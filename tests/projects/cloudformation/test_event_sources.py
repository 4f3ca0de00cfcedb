"""Event source mappings of a template."""

from pathlib import Path

import pytest

from projects.building import load_template
from routekey.errors import ProjectError

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
      Events:
        Jobs:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 5
            FilterCriteria: {Filters: [{Pattern: '{"body": ["a"]}'}]}
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: LATEST
            FunctionResponseTypes: [ReportBatchItemFailures]
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: notes, StreamSpecification: {StreamViewType: NEW_IMAGE}}
  Off:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: worker, EventSourceArn: !GetAtt Queue.Arn, Enabled: false}
  Plain:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: worker, EventSourceArn: !GetAtt Table.StreamArn}
  Kafka:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: worker, EventSourceArn: 'arn:aws:kafka:us-east-1:1:cluster/x/y'}
"""


def test_queues_and_streams_are_event_sources(tmp_path: Path) -> None:
    project = load_template(tmp_path, TEMPLATE)
    found = {
        (source.event_source_arn.split(":")[2], source.batch_size): source
        for source in project.event_sources
    }
    assert set(found) == {("sqs", 5), ("dynamodb", 100)}
    assert len(project.event_sources) == 3
    jobs = found["sqs", 5]
    assert jobs.function_name in {"worker", project.functions[0].function_name}
    assert jobs.event_source_arn.endswith(":jobs")
    assert jobs.filter_patterns == ('{"body": ["a"]}',)
    streams = [one for one in project.event_sources if ":table/notes/" in one.event_source_arn]
    assert {(one.starting_position, one.is_partial) for one in streams} == {
        ("LATEST", True),
        ("TRIM_HORIZON", False),
    }


def test_a_source_of_another_service_gets_a_notice(tmp_path: Path) -> None:
    notices = load_template(tmp_path, TEMPLATE).notices
    [notice] = [one for one in notices if "event source" in one.text]
    assert notice.resource == "Kafka"


@pytest.mark.parametrize("size", ["0", "many", "10001"])
def test_a_batch_size_that_cannot_be_is_refused(tmp_path: Path, size: str) -> None:
    template = TEMPLATE.replace("BatchSize: 5", f"BatchSize: {size}")
    with pytest.raises(ProjectError, match=r"is no batch size|BatchSize"):
        load_template(tmp_path, template)


@pytest.mark.parametrize(
    ("filters", "problem"),
    [
        ("[{Pattern: '{\"body\": []}'}]", "the field body has [], and not a list of values"),
        (str(6 * ["{Pattern: x}"]).replace("'", ""), "there are 5 filters at most"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(tmp_path: Path, filters: str, problem: str) -> None:
    template = TEMPLATE.replace("""[{Pattern: '{"body": ["a"]}'}]""", filters)
    with pytest.raises(ProjectError) as caught:
        load_template(tmp_path, template)
    assert problem in str(caught.value)
