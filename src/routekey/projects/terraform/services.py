"""Tables, queues and the like, as Terraform describes them, in CloudFormation's terms.

They are made by an emulator from these properties, so only those that change what functions see
are carried over. Source: the pages of the provider's resources, and CloudFormation's.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from routekey.projects.document import Place, Value
from routekey.projects.terraform.kinds import Kind, Values, blocks, document, first_block

_THROUGHPUT = {"ReadCapacityUnits": "read_capacity", "WriteCapacityUnits": "write_capacity"}
_CAPACITY_UNITS = 1  # the emulator asks for a number and throttles nobody
_SHARDS = 1  # a stream on demand has no number of its own


def _table(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    """Gather the keys, which CloudFormation lists, and the indexes."""
    is_on_demand = arguments.get("billing_mode") == "PAY_PER_REQUEST"
    _keep(
        properties,
        TableName=properties.get("TableName"),
        BillingMode=properties.get("BillingMode"),
        AttributeDefinitions=[
            {"AttributeName": block.get("name"), "AttributeType": block.get("type")}
            for block in blocks(arguments.get("attribute"))
        ],
        KeySchema=_keys(arguments),
        ProvisionedThroughput=None if is_on_demand else _throughput(arguments),
        GlobalSecondaryIndexes=[
            _index(block, block)
            | ({} if is_on_demand else {"ProvisionedThroughput": _throughput(block)})
            for block in blocks(arguments.get("global_secondary_index"))
        ],
        LocalSecondaryIndexes=[
            _index(block, {**block, "hash_key": arguments.get("hash_key")})
            for block in blocks(arguments.get("local_secondary_index"))
        ],
        StreamSpecification={"StreamViewType": arguments.get("stream_view_type")}
        if arguments.get("stream_enabled")
        else None,
        TimeToLiveSpecification=_expiry(first_block(arguments.get("ttl"))),
    )


def _keys(arguments: Values) -> list[Value]:
    """List the keys: named by two arguments or, in younger versions, by blocks."""
    listed: list[Value] = [
        {"AttributeName": block.get("attribute_name"), "KeyType": block.get("key_type")}
        for block in blocks(arguments.get("key_schema"))
    ]
    return listed or [
        {"AttributeName": arguments[name], "KeyType": kind}
        for name, kind in (("hash_key", "HASH"), ("range_key", "RANGE"))
        if arguments.get(name)
    ]


def _index(block: Values, keys: Values) -> dict[str, Value]:
    projection: dict[str, Value] = {"ProjectionType": block.get("projection_type")}
    if block.get("non_key_attributes"):
        projection["NonKeyAttributes"] = block.get("non_key_attributes")
    return {"IndexName": block.get("name"), "KeySchema": _keys(keys), "Projection": projection}


def _throughput(arguments: Values) -> Value:
    return {name: arguments.get(old) or _CAPACITY_UNITS for name, old in _THROUGHPUT.items()}


def _expiry(block: Values) -> Value:
    name = block.get("attribute_name")
    return {"AttributeName": name, "Enabled": block.get("enabled", True)} if name else None


def _queue(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    redrive = arguments.get("redrive_policy")
    _keep(
        properties,
        RedrivePolicy=document(redrive) if redrive else None,
        **{name: properties.get(name) for name in _QUEUE},
    )


def _stream(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    mode = first_block(arguments.get("stream_mode_details")).get("stream_mode")
    _keep(
        properties,
        Name=properties.get("Name"),
        ShardCount=properties.get("ShardCount") or _SHARDS,
        RetentionPeriodHours=properties.get("RetentionPeriodHours"),
        StreamModeDetails={"StreamMode": mode} if mode else None,
    )


def _only(names: tuple[str, ...], properties: dict[str, Value], _: Values, __: Place) -> None:
    _keep(properties, **{name: properties.get(name) for name in names})


def _keep(properties: dict[str, Value], **wanted: Value) -> None:
    """Replace properties by those that are wanted, and leave out what is not set."""
    properties.clear()
    properties |= {name: value for name, value in wanted.items() if value not in (None, [], {})}


_ID: Final = {"id": "{Ref}", "arn": "{Arn}"}
_QUEUE: Final = (
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "QueueName",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
)

SERVICES: Final[Mapping[str, Kind]] = {
    "aws_cloudwatch_event_bus": Kind(
        type="AWS::Events::EventBus",
        attributes={"id": "{Ref}", "arn": "{Arn}", "name": "{Name}"},
        convert=partial(_only, ("Name",)),
    ),
    "aws_dynamodb_table": Kind(
        type="AWS::DynamoDB::Table",
        renamed={"name": "TableName"},
        attributes={**_ID, "name": "{Ref}", "stream_arn": "{StreamArn}"},
        convert=_table,
    ),
    "aws_kinesis_stream": Kind(
        type="AWS::Kinesis::Stream",
        renamed={"retention_period": "RetentionPeriodHours"},
        attributes={"id": "{Arn}", "arn": "{Arn}", "name": "{Ref}"},
        convert=_stream,
    ),
    "aws_s3_bucket": Kind(
        type="AWS::S3::Bucket",
        renamed={"bucket": "BucketName"},
        attributes={
            **_ID,
            "bucket": "{Ref}",
            "bucket_domain_name": "{DomainName}",
            "bucket_regional_domain_name": "{RegionalDomainName}",
        },
        convert=partial(_only, ("BucketName",)),
    ),
    "aws_secretsmanager_secret": Kind(
        type="AWS::SecretsManager::Secret",
        attributes={"id": "{Ref}", "arn": "{Ref}", "name": "{name}"},
        convert=partial(_only, ("Name", "Description")),
    ),
    "aws_sfn_state_machine": Kind(
        type="AWS::StepFunctions::StateMachine",
        renamed={
            "name": "StateMachineName",
            "definition": "DefinitionString",
            "type": "StateMachineType",
        },
        attributes={"id": "{Ref}", "arn": "{Ref}", "name": "{Name}"},
        convert=partial(
            _only, ("StateMachineName", "DefinitionString", "RoleArn", "StateMachineType")
        ),
    ),
    "aws_sns_topic": Kind(
        type="AWS::SNS::Topic",
        renamed={"name": "TopicName"},
        attributes={"id": "{Ref}", "arn": "{Ref}", "name": "{TopicName}"},
        convert=partial(
            _only, ("TopicName", "DisplayName", "FifoTopic", "ContentBasedDeduplication")
        ),
    ),
    "aws_sqs_queue": Kind(
        type="AWS::SQS::Queue",
        renamed={
            "name": "QueueName",
            "max_message_size": "MaximumMessageSize",
            "message_retention_seconds": "MessageRetentionPeriod",
            "receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
            "visibility_timeout_seconds": "VisibilityTimeout",
        },
        attributes={"id": "{Ref}", "url": "{Ref}", "arn": "{Arn}", "name": "{QueueName}"},
        convert=_queue,
    ),
    "aws_ssm_parameter": Kind(
        type="AWS::SSM::Parameter",
        attributes={
            "id": "{Ref}",
            "arn": "arn:aws:ssm:{region}:{account}:parameter/{Ref}",
            "name": "{Ref}",
            "version": "1",
        },
        convert=partial(_only, ("Name", "Type", "Value", "Description")),
    ),
}
"""Types that functions use through other services."""
