"""What a project declares of other services, and declares otherwise later, in the real emulator."""

from adapters.emulated import Local
from routekey.adapters.local_stacks import _VIEW
from routekey.resources.service import ServiceResource

BY_ROOM = {
    "IndexName": "by-room",
    "KeySchema": [{"AttributeName": "room", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


def table(name: str = "chat", *, key: str = "id", **more: object) -> ServiceResource:
    return ServiceResource(
        type="AWS::DynamoDB::Table",
        logical_id="Connections",
        properties={
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": "S"}
                for name in (key, *(["room"] if "GlobalSecondaryIndexes" in more else []))
            ],
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            **more,
        },
    )


def queue(**more: object) -> ServiceResource:
    properties = {"QueueName": "jobs", **more}
    return ServiceResource(type="AWS::SQS::Queue", logical_id="Jobs", properties=properties)


async def put(local: Local, table: str = "chat") -> None:
    item = {"id": {"S": "one"}, "room": {"S": "lobby"}}
    await local.call("dynamodb", "put_item", TableName=table, Item=item)


async def test_an_index_comes_to_a_table_that_has_items_and_goes_again(local: Local) -> None:
    await local.services.make([table()])
    await put(local)
    await local.services.make([table(GlobalSecondaryIndexes=[BY_ROOM])])
    found = await local.count(
        "chat",
        IndexName="by-room",
        KeyConditionExpression="room = :room",
        ExpressionAttributeValues={":room": {"S": "lobby"}},
    )
    assert found == 1
    other = {**BY_ROOM, "Projection": {"ProjectionType": "KEYS_ONLY"}}
    await local.services.make([table(GlobalSecondaryIndexes=[other])])
    described = (await local.call("dynamodb", "describe_table", TableName="chat"))["Table"]
    (index,) = described["GlobalSecondaryIndexes"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    await local.services.make([table()])
    described = (await local.call("dynamodb", "describe_table", TableName="chat"))["Table"]
    assert not described.get("GlobalSecondaryIndexes")
    assert await local.count("chat") == 1
    assert local.said == []


async def test_a_stream_comes_to_a_table_that_has_items_and_goes_again(local: Local) -> None:
    async def view() -> object:
        described = (await local.call("dynamodb", "describe_table", TableName="chat"))["Table"]
        return described.get("StreamSpecification", {}).get("StreamViewType")

    await local.services.make([table()])
    await put(local)
    await local.services.make([table(StreamSpecification={"StreamViewType": "NEW_IMAGE"})])
    assert await view() == "NEW_IMAGE"
    assert local.said == []
    await local.services.make([table(StreamSpecification={"StreamViewType": "KEYS_ONLY"})])
    assert await view() == "NEW_IMAGE"
    assert local.said == [f"note the local services cannot change Connections: {_VIEW}"]
    await local.services.make([table()])
    assert await view() is None
    assert await local.count("chat") == 1


async def test_the_key_of_a_table_stays_and_that_is_said(local: Local) -> None:
    await local.services.make([table()])
    await put(local)
    await local.services.make([table(key="other")])
    (said,) = local.said
    assert said.startswith("note the local services cannot change Connections: the key and")
    assert await local.count("chat") == 1
    await local.services.make([table(), queue()])
    assert len(local.said) == 1, "it is the old one again"


async def test_a_table_of_another_name_takes_the_place_of_the_first(local: Local) -> None:
    await local.services.make([table()])
    await put(local)
    await local.services.make([table("talk"), queue()])
    assert (await local.call("dynamodb", "list_tables"))["TableNames"] == ["talk"]
    assert (await local.call("sqs", "list_queues"))["QueueUrls"]


async def test_a_table_that_changed_and_then_goes_is_gone(local: Local) -> None:
    await local.services.make([table()])
    await local.services.make([table(GlobalSecondaryIndexes=[BY_ROOM])])
    await local.services.make([queue()])
    assert (await local.call("dynamodb", "list_tables"))["TableNames"] == []
    assert local.said == []


async def test_a_table_that_a_function_deleted_is_named(local: Local) -> None:
    await local.services.make([table()])
    await local.call("dynamodb", "delete_table", TableName="chat")
    await local.services.make([table(GlobalSecondaryIndexes=[BY_ROOM])])
    await local.services.make([])
    assert [said.partition(": ")[0] for said in local.said] == [
        "note the local services cannot change Connections",
        "note the local services cannot delete Connections",
    ]


async def test_what_goes_and_comes_back_is_made_again(local: Local) -> None:
    for wanted in ([table(), queue()], [], [table(), queue()]):
        await local.services.make(wanted)
        assert len((await local.call("dynamodb", "list_tables"))["TableNames"]) == len(wanted) // 2
        assert (
            len((await local.call("sqs", "list_queues")).get("QueueUrls", ())) == len(wanted) // 2
        )
    assert local.said == []


async def test_a_bucket_that_has_objects_stays_as_on_aws(local: Local) -> None:
    files = ServiceResource(
        type="AWS::S3::Bucket", logical_id="Files", properties={"BucketName": "files"}
    )
    await local.services.make([files])
    await local.call("s3", "put_object", Bucket="files", Key="a", Body=b"a")
    await local.services.make([])
    assert (await local.call("s3", "list_objects_v2", Bucket="files"))["KeyCount"] == 1
    await local.services.make([files])
    assert (await local.call("s3", "list_objects_v2", Bucket="files"))["KeyCount"] == 1
    (said,) = local.said
    assert "cannot make Files: " in said
    assert "BucketAlreadyExists" in said


async def test_where_one_fails_each_other_is_made_and_updated(local: Local) -> None:
    broken = ServiceResource(
        type="AWS::DynamoDB::Table", logical_id="Broken", properties={"TableName": 7}
    )
    await local.services.make([table(), broken])
    await put(local)
    await local.services.make([table(GlobalSecondaryIndexes=[BY_ROOM]), broken, queue()])
    described = (await local.call("dynamodb", "describe_table", TableName="chat"))["Table"]
    assert described["GlobalSecondaryIndexes"]
    assert await local.count("chat") == 1
    assert all("cannot make Broken: " in said for said in local.said)


async def test_what_the_emulator_can_change_is_changed(local: Local) -> None:
    await local.services.make([queue()])
    url = (await local.call("sqs", "get_queue_url", QueueName="jobs"))["QueueUrl"]
    await local.call("sqs", "send_message", QueueUrl=url, MessageBody="kept")
    await local.services.make([queue(VisibilityTimeout=77)])
    attributes = (
        await local.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    )["Attributes"]
    assert attributes["VisibilityTimeout"] == "77"
    assert attributes["ApproximateNumberOfMessages"] == "1"
