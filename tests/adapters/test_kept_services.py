"""The emulator with data that stays: its real program, stopped, killed and started again."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from routekey.adapters.aws_services import EmbeddedServices, KeptDataError
from routekey.adapters.kept_services import is_change
from routekey.adapters.services_file import SNAPSHOT_FILE, write_snapshot
from routekey.ids import AccountId
from routekey.resources.service import ServiceResource
from scenarios.running import wait_until

REGION: Final = "eu-west-2"
ACCOUNT: Final = AccountId("210987654321")
ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/r"
ITEM: Final = {
    "id": {"S": "one"},
    "number": {"N": "1.50"},
    "large": {"N": "12345678901234567890123456789012345678"},
    "raw": {"B": b"\x00\xff"},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2.0"]},
    "raws": {"BS": [b"1"]},
    "list": {"L": [{"NULL": True}, {"M": {"x": {"BOOL": False}, "empty": {"S": ""}}}]},
    "ttl": {"N": "1"},
}
Call = Callable[..., Any]


class Local:
    """An emulator, and what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.services = EmbeddedServices(REGION, ACCOUNT, self.said.append, folder)

    async def do(self, work: Callable[[Call], Any]) -> Any:
        """Run what calls services by name, operation and members, beside the loop."""
        endpoint = await self.services.endpoint()
        make_client: Any = boto3.client  # its overloads want a literal

        def call(service: str, operation: str, **members: Any) -> Any:
            client = make_client(
                service,
                region_name=REGION,
                endpoint_url=endpoint,
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="secret",
            )
            try:
                answer = getattr(client, operation)(**members)
                if "Body" in answer:
                    answer["Body"] = answer["Body"].read()
                return {name: answer[name] for name in answer if name != "ResponseMetadata"}
            finally:
                client.close()

        return await asyncio.to_thread(work, call)

    async def call(self, service: str, operation: str, **members: Any) -> Any:
        return await self.do(lambda call: call(service, operation, **members))

    async def kill(self) -> None:
        process = self.services._process
        assert process is not None
        process.kill()
        await process.wait()

    async def wait_until_saved(self, text: bytes) -> None:
        file = self.folder / SNAPSHOT_FILE
        await wait_until(lambda: file.exists() and text in file.read_bytes(), f"{text!r} is saved")


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Local]:
    local = Local(folder)
    try:
        yield local
    finally:
        await local.services.close()


def table(name: str = "chat", **more: object) -> ServiceResource:
    return ServiceResource(
        type="AWS::DynamoDB::Table",
        logical_id=name.title(),
        properties={
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            **more,
        },
    )


def secret(value: str) -> ServiceResource:
    return ServiceResource(
        type="AWS::SecretsManager::Secret",
        logical_id="Password",
        properties={"Name": "password", "SecretString": value},
        reference=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:password-a1b2c3",
    )


def fill(call: Call) -> None:
    """Put something into each service that projects use."""
    call("dynamodb", "put_item", TableName="chat", Item=ITEM)
    url = call("sqs", "create_queue", QueueName="jobs")["QueueUrl"]
    for body in ("hidden", "seen"):
        text = {"DataType": "String", "StringValue": body}
        call("sqs", "send_message", QueueUrl=url, MessageBody=body, MessageAttributes={"a": text})
    call("sqs", "receive_message", QueueUrl=url, VisibilityTimeout=43200)
    call(
        "s3",
        "create_bucket",
        Bucket="files",
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )
    status = {"Status": "Enabled"}
    call("s3", "put_bucket_versioning", Bucket="files", VersioningConfiguration=status)
    for content in (b"first", b"\x00" * 9_000_000):
        members = {"ContentType": "text/x-note", "Metadata": {"who": "me"}, "Tagging": "a=b"}
        call("s3", "put_object", Bucket="files", Key="a/b", Body=content, **members)
    call("ssm", "put_parameter", Name="/a", Value="1", Type="SecureString")
    call("ssm", "put_parameter", Name="/a", Value="2", Type="SecureString", Overwrite=True)
    call("secretsmanager", "create_secret", Name="made", SecretString="1")
    topic = call("sns", "create_topic", Name="news")["TopicArn"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
    call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue)
    call("events", "put_rule", Name="rule", EventPattern='{"source": ["a"]}')
    call("kinesis", "create_stream", StreamName="records", ShardCount=1)
    call("kinesis", "put_record", StreamName="records", Data=b"\x00", PartitionKey="a")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    call("stepfunctions", "create_state_machine", name="steps", definition=definition, roleArn=ROLE)
    key = call("kms", "create_key")["KeyMetadata"]["KeyId"]
    call("kms", "create_alias", AliasName="alias/a", TargetKeyId=key)
    pool = call("cognito-idp", "create_user_pool", PoolName="people")["UserPool"]["Id"]
    call("cognito-idp", "admin_create_user", UserPoolId=pool, Username="somebody")


def look(call: Call) -> dict[str, Any]:
    """See all that `fill` has put, without changing it."""
    url = call("sqs", "get_queue_url", QueueName="jobs")["QueueUrl"]
    shard = {"StreamName": "records", "ShardId": "shardId-000000000000"}
    start = call("kinesis", "get_shard_iterator", ShardIteratorType="TRIM_HORIZON", **shard)
    return {
        "items": call("dynamodb", "scan", TableName="chat")["Items"],
        "queue": call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"]),
        "object": call("s3", "get_object", Bucket="files", Key="a/b"),
        "versions": call("s3", "list_object_versions", Bucket="files"),
        "parameter": call("ssm", "get_parameter_history", Name="/a", WithDecryption=True),
        "secret": call("secretsmanager", "get_secret_value", SecretId="made"),
        "subscriptions": call("sns", "list_subscriptions"),
        "rules": call("events", "list_rules"),
        "records": call("kinesis", "get_records", **_iterator(start))["Records"],
        "machines": call("stepfunctions", "list_state_machines"),
        "keys": call("kms", "list_aliases"),
        "pools": call("cognito-idp", "list_user_pools", MaxResults=9)["UserPools"],
    }


def _iterator(start: Any) -> dict[str, Any]:
    return {"ShardIterator": start["ShardIterator"]}


async def test_what_each_service_holds_is_there_after_a_stop(tmp_path: Path) -> None:
    async with opened(tmp_path) as local:
        await local.services.make([table()])
        await local.do(fill)
        before = await local.do(look)
    assert before["items"] == [ITEM]
    attributes = before["queue"]["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "1"
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"
    assert len(before["versions"]["Versions"]) == 2
    async with opened(tmp_path) as local:
        await local.services.make([table()])
        assert await local.do(look) == before
        url = (await local.call("sqs", "get_queue_url", QueueName="jobs"))["QueueUrl"]
        (message,) = (await local.call("sqs", "receive_message", QueueUrl=url))["Messages"]
        await local.call(
            "sqs", "delete_message", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
        )
        encrypted = await local.call("kms", "encrypt", KeyId="alias/a", Plaintext=b"a")
        decrypted = await local.call("kms", "decrypt", CiphertextBlob=encrypted["CiphertextBlob"])
        assert decrypted["Plaintext"] == b"a"
        assert local.said == []


async def test_what_was_put_before_a_kill_is_there_seconds_later(tmp_path: Path) -> None:
    async with opened(tmp_path) as local:
        await local.services.make([table()])
        await local.call("dynamodb", "put_item", TableName="chat", Item={"id": {"S": "kept"}})
        await local.wait_until_saved(b"kept")
        await local.kill()
        assert (await local.call("dynamodb", "scan", TableName="chat"))["Count"] == 1


async def test_a_ctrl_c_in_the_terminal_does_not_end_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as local:
        await local.services.make([table()])
        process = local.services._process
        assert process is not None
        process.send_signal(signal.SIGINT)
        assert (await local.call("dynamodb", "list_tables"))["TableNames"] == ["chat"]
        assert process.returncode is None


async def test_records_of_a_stream_are_not_seen_a_second_time(tmp_path: Path) -> None:
    declared = table(StreamSpecification={"StreamViewType": "NEW_IMAGE"})

    async def read() -> tuple[Any, list[str]]:
        described = await local.call("dynamodb", "describe_table", TableName="chat")
        arn = described["Table"]["LatestStreamArn"]
        found = await local.call("dynamodbstreams", "describe_stream", StreamArn=arn)
        (shard,) = found["StreamDescription"]["Shards"]
        start = await local.call(
            "dynamodbstreams",
            "get_shard_iterator",
            StreamArn=arn,
            ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )
        answer = await local.call("dynamodbstreams", "get_records", **_iterator(start))
        return arn, [each["dynamodb"]["SequenceNumber"] for each in answer["Records"]]

    async with opened(tmp_path) as local:
        await local.services.make([declared])
        await local.call("dynamodb", "put_item", TableName="chat", Item={"id": {"S": "one"}})
        arn, (first,) = await read()
    async with opened(tmp_path) as local:
        assert await read() == (arn, [])
        await local.call("dynamodb", "put_item", TableName="chat", Item={"id": {"S": "two"}})
        _, (second,) = await read()
        assert int(second) > int(first)


async def test_what_the_project_declares_otherwise_since_is_otherwise(tmp_path: Path) -> None:
    async with opened(tmp_path) as local:
        await local.services.make([table(), table("gone"), secret("first")])
        await local.call("dynamodb", "put_item", TableName="chat", Item={"id": {"S": "one"}})
        await local.call(
            "secretsmanager", "put_secret_value", SecretId="password", SecretString="x"
        )
    async with opened(tmp_path) as local:
        await local.services.make([table(), table("new"), secret("first")])
        assert (await local.call("dynamodb", "list_tables"))["TableNames"] == ["chat", "new"]
        assert (await local.call("dynamodb", "scan", TableName="chat"))["Count"] == 1
        found = await local.call("secretsmanager", "get_secret_value", SecretId="password")
        assert found["SecretString"] == "x"
    async with opened(tmp_path) as local:
        await local.services.make([])
        assert (await local.call("dynamodb", "list_tables"))["TableNames"] == []
        assert (await local.call("secretsmanager", "list_secrets"))["SecretList"] == []
        assert local.said == []


async def test_what_cannot_be_kept_is_named_once_and_the_rest_is_kept(tmp_path: Path) -> None:
    async with opened(tmp_path) as local:
        await local.services.make([table()])
        await local.call("ec2", "create_vpc", CidrBlock="10.0.0.0/16")
        await wait_until(lambda: bool(local.said), "it is said")
        await local.call("dynamodb", "put_item", TableName="chat", Item={"id": {"S": "kept"}})
        await local.wait_until_saved(b"kept")
    assert local.said == ["note the local services keep nothing of ec2 between runs"]
    async with opened(tmp_path) as local:
        assert (await local.call("dynamodb", "scan", TableName="chat"))["Count"] == 1
        made = (await local.call("ec2", "describe_vpcs"))["Vpcs"]
        assert all(each["IsDefault"] for each in made)


async def test_a_disk_that_takes_nothing_is_said_and_tried_again_in_the_end(tmp_path: Path) -> None:
    async with opened(tmp_path) as local:
        await local.services.endpoint()
        (tmp_path / SNAPSHOT_FILE).mkdir()
        await local.services.make([table()])
        await wait_until(lambda: bool(local.said), "it is said")
        (tmp_path / SNAPSHOT_FILE).rmdir()
    (said,) = local.said
    assert said == "note the data of the local services cannot be saved now: Is a directory"
    async with opened(tmp_path) as local:
        assert (await local.call("dynamodb", "list_tables"))["TableNames"] == ["chat"]


@pytest.mark.parametrize("content", [b"no snapshot", b"cos\nmkdir\n(S'made'\ntR."])
async def test_a_file_that_is_no_snapshot_is_an_error_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    write_snapshot(tmp_path, content)
    before = (tmp_path / SNAPSHOT_FILE).read_bytes()
    async with opened(tmp_path) as local:
        with pytest.raises(KeptDataError, match="is damaged: ") as caught:
            await local.services.make([])
    assert caught.value.file == str(tmp_path / SNAPSHOT_FILE)
    assert (tmp_path / SNAPSHOT_FILE).read_bytes() == before
    assert names(tmp_path) == {SNAPSHOT_FILE, "services.lock"}


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        pytest.param("POST", "DynamoDB_20120810.PutItem", True, id="an item is put"),
        pytest.param("POST", "DynamoDB_20120810.Query", False, id="a table is read"),
        pytest.param("POST", "DynamoDB_20120810.BatchGetItem", False, id="items are read"),
        pytest.param("POST", "AmazonSQS.ReceiveMessage", False, id="a queue is polled"),
        pytest.param("POST", "AmazonSQS.DeleteMessage", True, id="a message is handled"),
        pytest.param("GET", "", False, id="an object is read"),
        pytest.param("PUT", "", True, id="an object is put"),
        pytest.param("POST", "", True, id="a query protocol, whatever it asks"),
    ],
)
def test_only_requests_that_may_change_something_lead_to_a_saving(
    method: str, target: str, expected: bool
) -> None:
    environ = {"REQUEST_METHOD": method} | ({"HTTP_X_AMZ_TARGET": target} if target else {})
    assert is_change(environ) is expected
