"""What a project declares of other services."""

from pathlib import Path

from projects.building import load_template

TEMPLATE = """
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {BillingMode: !Ref Mode}
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "${AWS::StackName}-jobs"}
  Missing:
    Type: AWS::SNS::Topic
    Condition: Never
  Elsewhere: {Type: AWS::Kinesis::Firehose}
Parameters:
  Mode: {Type: String, Default: PAY_PER_REQUEST}
Conditions:
  Never: !Equals [a, b]
"""


def test_declared_resources_have_their_values_and_the_name_that_functions_use(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "board"
    folder.mkdir()
    table, queue = load_template(folder, TEMPLATE).services
    assert table.type == "AWS::DynamoDB::Table"
    assert table.properties["BillingMode"] == "PAY_PER_REQUEST"
    assert str(table.properties["TableName"]).startswith("board-Table-")
    assert (queue.logical_id, queue.properties) == ("Queue", {"QueueName": "board-jobs"})
    assert queue.origin is not None
    assert queue.origin.line == 6


def test_a_global_table_becomes_a_table_of_one_region(tmp_path: Path) -> None:
    """As the CDK's `TableV2` writes it."""
    template = """
Resources:
  T:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      TableName: t
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PROVISIONED
      WriteProvisionedThroughputSettings: {WriteCapacityAutoScalingSettings: {}}
      Replicas: [{Region: !Ref AWS::Region}]
"""
    (table,) = load_template(tmp_path, template).services
    assert table.type == "AWS::DynamoDB::Table"
    assert table.properties == {
        "TableName": "t",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }


def test_who_would_call_functions_is_named(tmp_path: Path) -> None:
    template = """
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration: {LambdaConfigurations: [{Event: "s3:*", Function: arn}]}
  Topic:
    Type: AWS::SNS::Topic
    Properties: {Subscription: [{Protocol: lambda, Endpoint: arn}]}
  QueuesAlone:
    Type: AWS::S3::Bucket
    Properties: {NotificationConfiguration: {QueueConfigurations: [{Event: "s3:*", Queue: arn}]}}
  Mailed:
    Type: AWS::SNS::Topic
    Properties: {Subscription: [{Protocol: email, Endpoint: a@example.com}]}
"""
    notices = load_template(tmp_path, template).notices
    told = [each.resource for each in notices if "no function is called" in each.text]
    assert told == ["Bucket", "Topic"]


def test_a_state_machine_is_said_to_run_nothing(tmp_path: Path) -> None:
    template = """
Resources:
  M: {Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionString: "{}", RoleArn: r}}
"""
    (notice,) = load_template(tmp_path, template).notices
    assert notice.resource == "M"
    assert notice.text == "it takes executions, and none of its states runs here"
