"""What functions put into other AWS services is there again, where a data folder is named."""

import json
import signal
import stat
from pathlib import Path
from textwrap import dedent

import pytest

from scenarios.conftest import RoutekeyRun
from scenarios.running import Running, ask

HANDLER = """
import json
import boto3

table = boto3.resource("dynamodb").Table("notes")
queue = boto3.client("sqs")
bucket = boto3.resource("s3").Bucket("kept-files")
secrets = boto3.client("secretsmanager")
URL = queue.get_queue_url(QueueName="jobs")["QueueUrl"]

def put(text):
    table.put_item(Item={"id": "note", "text": text, "raw": b"\\x00\\xff", "tags": {"a", "b"}})
    queue.send_message(QueueUrl=URL, MessageBody=text)
    bucket.put_object(Key="a/b", Body=text.encode(), ContentType="text/x-note")
    secrets.put_secret_value(SecretId="password", SecretString=text)

def read():
    item = table.get_item(Key={"id": "note"}).get("Item")
    if item is None:
        return None
    found = bucket.Object("a/b").get()
    return [
        item["text"],
        item["raw"].value.hex(),
        sorted(item["tags"]),
        found["Body"].read().decode(),
        found["ContentType"],
        secrets.get_secret_value(SecretId="password")["SecretString"],
        queue.get_queue_attributes(QueueUrl=URL, AttributeNames=["All"])["Attributes"][
            "ApproximateNumberOfMessages"
        ],
    ]

def handler(event, context):
    message = json.loads(event["body"])
    if "put" in message:
        put(message["put"])
    return {"statusCode": 200, "body": json.dumps(read())}
"""
TEMPLATE = """
service: notes
provider: {name: aws, runtime: python3.12, timeout: 20}
functions:
  notes:
    handler: app.handler
    events:
      - websocket: {route: $default, routeResponseSelectionExpression: $default}
resources:
  Resources:
    Notes:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: notes
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        BillingMode: PAY_PER_REQUEST
    Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
    Files: {Type: AWS::S3::Bucket, Properties: {BucketName: kept-files}}
    Password:
      Type: AWS::SecretsManager::Secret
      Properties: {Name: password, SecretString: first}
"""
KEPT = ["hello", "00ff", ["a", "b"], "hello", "text/x-note", "hello", "1"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "serverless.yml").write_text(dedent(TEMPLATE))
    (folder / "app.py").write_text(dedent(HANDLER))
    return folder


async def say(running: Running, **message: str) -> object:
    async with running.connect() as client:
        answer: object = json.loads(await ask(client, json.dumps(message)))
        return answer


async def test_what_functions_put_is_there_after_a_stop(
    tmp_path: Path, project: Path, routekey_run: RoutekeyRun
) -> None:
    data = tmp_path / "kept"
    first = await routekey_run(project, "--data", str(data))
    assert await say(first) is None
    assert await say(first, put="hello") == KEPT
    assert await first.stop(signal.SIGTERM) == 0
    assert stat.S_IMODE((data / "services.snapshot").stat().st_mode) == 0o600
    second = await routekey_run(project, "--data", str(data))
    assert await say(second) == KEPT
    assert "cannot" not in second.output


async def test_what_functions_put_is_there_after_a_kill(
    tmp_path: Path, project: Path, routekey_run: RoutekeyRun
) -> None:
    """The emulator outlives the gateway just as long as it takes to save."""
    data = tmp_path / "kept"
    first = await routekey_run(project, "--data", str(data))
    assert await say(first, put="hello") == KEPT
    first.process.kill()
    second = await routekey_run(project, "--data", str(data))
    assert await say(second) == KEPT


async def test_without_a_data_folder_a_start_begins_anew(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    first = await routekey_run(project)
    assert await say(first, put="hello") == KEPT
    await first.stop()
    second = await routekey_run(project)
    assert await say(second) is None


async def test_data_that_is_damaged_stops_the_start_and_stays(
    tmp_path: Path, project: Path, routekey_run: RoutekeyRun
) -> None:
    file = tmp_path / "kept" / "services.snapshot"
    file.parent.mkdir()
    file.write_bytes(b"not what was written")
    file.chmod(0o600)
    with pytest.raises(
        pytest.fail.Exception, match=r"services\.snapshot: .* is damaged: .* delete"
    ):
        await routekey_run(project, "--data", str(file.parent))
    assert file.read_bytes() == b"not what was written"
