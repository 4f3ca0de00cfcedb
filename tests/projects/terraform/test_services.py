"""Tables and queues of Terraform's, as the emulator wants them."""

import json
from pathlib import Path

import pytest

from projects.terraform.test_loading import load_text
from routekey.projects.cloudformation.services import LOCAL_TYPES
from routekey.projects.document import Value, parse_document
from routekey.projects.terraform.kinds import to_properties
from routekey.projects.terraform.services import SERVICES

PLACE = parse_document("a", file="f").place()


def convert(kind: str, **arguments: Value) -> dict[str, Value]:
    return to_properties(SERVICES[kind], arguments, PLACE)


def test_every_type_is_one_that_is_made() -> None:
    assert {kind.type for kind in SERVICES.values()} <= LOCAL_TYPES


def test_a_table_has_keys_and_no_unknown_property() -> None:
    table = convert(
        "aws_dynamodb_table",
        name="t",
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        range_key="at",
        attribute=[{"name": "id", "type": "S"}, {"name": "at", "type": "N"}],
        ttl=[{"attribute_name": "ttl", "enabled": True}],
        stream_enabled=True,
        stream_view_type="NEW_IMAGE",
        tags={"a": "b"},
        point_in_time_recovery=[{"enabled": True}],
    )
    assert table == {
        "TableName": "t",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
        ],
        "KeySchema": [
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "at", "KeyType": "RANGE"},
        ],
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
    }


def test_indexes_of_a_table_have_keys_and_what_they_project() -> None:
    table = convert(
        "aws_dynamodb_table",
        name="t",
        hash_key="id",
        read_capacity=2,
        attribute=[{"name": "id", "type": "S"}, {"name": "room", "type": "S"}],
        global_secondary_index=[
            {"name": "by-room", "hash_key": "room", "projection_type": "ALL"},
            {
                "name": "younger",
                "key_schema": [{"attribute_name": "room", "key_type": "HASH"}],
                "projection_type": "INCLUDE",
                "non_key_attributes": ["a"],
            },
        ],
        local_secondary_index=[
            {"name": "local", "range_key": "room", "projection_type": "KEYS_ONLY"}
        ],
    )
    assert table["ProvisionedThroughput"] == {"ReadCapacityUnits": 2, "WriteCapacityUnits": 1}
    one = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    by_room = {"AttributeName": "room", "KeyType": "HASH"}
    assert table["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "by-room",
            "KeySchema": [by_room],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": one,
        },
        {
            "IndexName": "younger",
            "KeySchema": [by_room],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
            "ProvisionedThroughput": one,
        },
    ]
    assert table["LocalSecondaryIndexes"] == [
        {
            "IndexName": "local",
            "KeySchema": [
                {"AttributeName": "id", "KeyType": "HASH"},
                {"AttributeName": "room", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ]


def test_a_queue_keeps_its_times_and_its_dead_letters() -> None:
    target = {"deadLetterTargetArn": "arn:x", "maxReceiveCount": 3}
    queue = convert(
        "aws_sqs_queue",
        name="q.fifo",
        fifo_queue=True,
        visibility_timeout_seconds=5,
        receive_wait_time_seconds=0,
        redrive_policy=json.dumps(target),
        kms_master_key_id="k",
    )
    assert queue == {
        "QueueName": "q.fifo",
        "FifoQueue": True,
        "VisibilityTimeout": 5,
        "ReceiveMessageWaitTimeSeconds": 0,
        "RedrivePolicy": target,
    }


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        ("aws_kinesis_stream", {"name": "s"}, {"Name": "s", "ShardCount": 1}),
        (
            "aws_kinesis_stream",
            {"name": "s", "stream_mode_details": [{"stream_mode": "ON_DEMAND"}]},
            {"Name": "s", "ShardCount": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
        ),
        ("aws_s3_bucket", {"bucket": "b", "force_destroy": True}, {"BucketName": "b"}),
        ("aws_sns_topic", {"name": "t", "tags": {}}, {"TopicName": "t"}),
        (
            "aws_sfn_state_machine",
            {"name": "m", "definition": "{}", "role_arn": "r"},
            {"StateMachineName": "m", "DefinitionString": "{}", "RoleArn": "r"},
        ),
        (
            "aws_ssm_parameter",
            {"name": "/p", "type": "String", "value": "v", "overwrite": True},
            {"Name": "/p", "Type": "String", "Value": "v"},
        ),
    ],
)
def test_what_functions_see_is_carried_over(
    kind: str, arguments: dict[str, Value], expected: dict[str, Value]
) -> None:
    assert convert(kind, **arguments) == expected


def test_a_secret_has_the_value_that_hangs_on_it(tmp_path: Path) -> None:
    project = load_text(
        tmp_path,
        """
resource "aws_secretsmanager_secret" "s" { name = "key" }
resource "aws_secretsmanager_secret_version" "v" {
  secret_id     = aws_secretsmanager_secret.s.id
  secret_string = "open sesame"
}
""",
    )
    (secret,) = project.services
    assert secret.properties == {"Name": "key", "SecretString": "open sesame"}
    assert project.notices == ()
