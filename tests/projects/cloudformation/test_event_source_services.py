"""Queues and streams that functions read and nobody declares."""

from pathlib import Path

import pytest

from projects.building import load_template
from routekey.projects import LoadOptions
from routekey.resources.project import Project

TEMPLATE = """
    Resources:
      F:
        Type: AWS::Lambda::Function
        Properties:
          Code: {{ZipFile: ""}}
          Handler: index.handler
          Runtime: python3.12
          Role: arn:aws:iam::000000000000:role/r
      T: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: t, BillingMode: PAY_PER_REQUEST}}}}
      Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: declared}}}}
      M:
        Type: AWS::Lambda::EventSourceMapping
        Properties: {{FunctionName: !Ref F, EventSourceArn: "arn:aws:{source}"}}
    """


def load_source(folder: Path, source: str, *, is_guessing: bool = True) -> Project:
    options = LoadOptions(is_guessing=is_guessing)
    return load_template(folder, TEMPLATE.format(source=source), options=options)


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        ("letters", {"QueueName": "letters"}),
        ("letters.fifo", {"QueueName": "letters.fifo", "FifoQueue": True}),
    ],
)
def test_a_queue_that_is_read_and_not_declared_is_made(
    tmp_path: Path, name: str, properties: dict[str, object]
) -> None:
    project = load_source(tmp_path, f"sqs:us-east-1:000000000000:{name}")
    assert project.services[-1].properties == properties
    assert f"the queue {name} is not part of the project" in project.notices[0].text


def test_a_table_gets_the_stream_that_is_read(tmp_path: Path) -> None:
    stream = "dynamodb:us-east-1:000000000000:table/t/stream/2023-07-26T09:17:15.543"
    project = load_source(tmp_path, stream)
    table = project.services[0].properties
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert "the stream of the table t is read and not declared" in project.notices[0].text


@pytest.mark.parametrize(
    "source",
    [
        "sqs:us-east-1:000000000000:declared",
        "sqs:eu-west-1:000000000000:elsewhere",
        "dynamodb:us-east-1:000000000000:table/other/stream/1",
    ],
)
def test_what_is_declared_or_not_ours_is_left_as_it_is(tmp_path: Path, source: str) -> None:
    project = load_source(tmp_path, source)
    assert [service.logical_id for service in project.services] == ["T", "Q"]
    assert project.notices == ()


def test_nothing_is_made_where_nothing_is_guessed(tmp_path: Path) -> None:
    project = load_source(tmp_path, "sqs:us-east-1:000000000000:letters", is_guessing=False)
    assert len(project.services) == 2
