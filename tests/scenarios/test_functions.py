"""Functions as an operator sees them: where they run, and what they have said."""

import asyncio
import io
import json
import re
import zipfile
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.processes import routekey
from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, write_project
from scenarios.running import Running, ask, wait_until

HERE = Source(
    text="""
def handler(event, context):
    print("got", event.get("body"))
    return {"statusCode": 200, "body": "here"}
"""
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(
        tmp_path / "project", {"Echo": HERE}, {"$default": "Echo"}, two_way=("$default",)
    )


def make_client(running: Running) -> Any:
    make: Any = boto3.client  # its overloads want a literal
    return make(
        "lambda",
        endpoint_url=running.addresses["admin"],
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


@pytest.mark.rule("LAM-LOG-06")
async def test_what_a_function_says_can_be_read_while_the_gateway_runs(
    project: Path, tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    folder, settings = tmp_path / "logs", tmp_path / "routekey.toml"
    settings.write_text(f'[telemetry]\nlog_folder = "{folder}"\n')
    running = await routekey_run(project, "--config", str(settings))
    async with running.connect() as client:
        assert await ask(client, "hello") == "here"
    file = folder / "aws/lambda/Echo.log"
    await wait_until(lambda: file.exists() and "REPORT" in file.read_text(), "the report")
    done = await asyncio.to_thread(routekey, "logs", "Echo", "--config", str(settings))
    said = [line.split(" ", 1)[1].split(" ")[0] for line in done.stdout.splitlines()]
    assert said == ["INIT_START", "START", "got", "END", "REPORT"]
    await running.wait_for_output("got hello")
    assert "REPORT" not in running.output


async def test_a_function_may_run_in_a_container(
    project: Path, tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    """The container is a server that answers as AWS's emulator does."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"statusCode":200,"body":"from the container"}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings = tmp_path / "routekey.toml"
    settings.write_text(f'[functions]\nremote = ["Echo={address}"]\n')
    running = await routekey_run(project, "--config", str(settings))
    await running.wait_for_output(f"Echo: runs at {address}")
    async with running.connect() as client:
        assert await ask(client, "hello") == "from the container"
    server.close()


async def test_a_queue_of_the_project_calls_its_function(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    """A message becomes a job, and another function does it."""
    send = Source(
        text="""
import boto3, os
def handler(event, context):
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=event["body"])
    return {"statusCode": 200, "body": "queued"}
"""
    )
    work = Source(
        text="""
def handler(event, context):
    for record in event["Records"]:
        print("working on", record["body"])
"""
    )
    functions = {"Send": send, "Work": work}
    project = write_project(
        tmp_path / "project", functions, {"$default": "Send"}, two_way=("$default",)
    )
    template = json.loads((project / "template.json").read_text())
    template["Resources"] |= {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
        "Jobs": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Work"},
                "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
            },
        },
    }
    (project / "template.json").write_text(json.dumps(template))
    running = await routekey_run(project)
    async with running.connect() as client:
        assert await ask(client, "the dishes") == "queued"
    await running.wait_for_output("working on the dishes")
    assert await running.stop() == 0


@pytest.mark.rule("LAM-INV-08")
async def test_an_event_that_fails_goes_to_a_queue_of_the_project(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    """The queue calls another function, so that what arrives can be read."""
    fail = Source(text="def handler(event, context): raise ValueError('never')")
    mourn = Source(
        text="""
import json
def handler(event, context):
    for record in event["Records"]:
        failure = json.loads(record["body"])
        context_ = failure["requestContext"]
        print(context_["condition"], context_["approximateInvokeCount"], failure["requestPayload"])
"""
    )
    functions = {"Fail": fail, "Mourn": mourn}
    project = write_project(tmp_path / "project", functions, {"$default": "Fail"})
    template = json.loads((project / "template.json").read_text())
    queue = {"Fn::GetAtt": ["Queue", "Arn"]}
    template["Resources"] |= {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "failures"}},
        "Failures": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {"FunctionName": {"Ref": "Mourn"}, "EventSourceArn": queue},
        },
        "Events": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": {"Ref": "Fail"},
                "Qualifier": "$LATEST",
                "MaximumRetryAttempts": 0,
                "DestinationConfig": {"OnFailure": {"Destination": queue}},
            },
        },
    }
    (project / "template.json").write_text(json.dumps(template))
    running = await routekey_run(project)
    client = make_client(running)
    queued = await asyncio.to_thread(
        client.invoke, FunctionName="Fail", Payload=b"7", InvocationType="Event"
    )
    assert queued["StatusCode"] == 202
    await running.wait_for_output("RetriesExhausted 1 7")
    assert await running.stop() == 0


@pytest.mark.rule("LAM-INV-07", "LAM-INV-08")
async def test_a_function_that_calls_itself_again_and_again_is_stopped(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    """Its SDK passes the trace header on, as on AWS; the last call is refused."""
    text = """
import boto3
def handler(event, context):
    kind = {"RequestResponse": "Event", "Event": "RequestResponse"}[event["kind"]]
    payload = '{"kind": "%s", "run": %d}' % (kind, event["run"] + 1)
    client = boto3.client("lambda")
    try:
        client.invoke(FunctionName="Loop", InvocationType=kind, Payload=payload)
    except client.exceptions.RecursiveInvocationException as error:
        print("stopped", event["run"], error.response["Error"]["Message"])
"""
    project = write_project(tmp_path / "project", {"Loop": Source(text=text)}, {"$default": "Loop"})
    template = json.loads((project / "template.json").read_text())
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    template["Resources"]["Loop"]["Properties"]["Policies"].append(policy)
    (project / "template.json").write_text(json.dumps(template))
    running = await routekey_run(project)
    client = make_client(running)
    for kind in ("RequestResponse", "Event"):
        payload = json.dumps({"kind": kind, "run": 1}).encode()
        await asyncio.to_thread(
            client.invoke, FunctionName="Loop", Payload=payload, InvocationType="Event"
        )
    await running.wait_for_output("stopped 16 Lambda has detected your function being invoked")
    await running.wait_for_output("Loop: it is invoked in a recursive loop, and was stopped")
    assert await running.stop() == 0


@pytest.mark.rule("LAM-INV-07")
async def test_a_function_whose_messages_call_it_again_and_again_is_stopped(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    text = """
import boto3, json
def handler(event, context):
    for record in event["Records"]:
        run = int(record["body"])
        print("run", run)
        client = boto3.client("sqs")
        url = client.get_queue_url(QueueName="again")["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody=str(run + 1))
"""
    project = write_project(tmp_path / "project", {"Loop": Source(text=text)}, {"$default": "Loop"})
    template = json.loads((project / "template.json").read_text())
    source = {
        "FunctionName": {"Ref": "Loop"},
        "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
    }
    template["Resources"] |= {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "again"}},
        "Source": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": source},
    }
    (project / "template.json").write_text(json.dumps(template))
    running = await routekey_run(project)
    payload = json.dumps({"Records": [{"body": "1"}]}).encode()
    await asyncio.to_thread(make_client(running).invoke, FunctionName="Loop", Payload=payload)
    await running.wait_for_output("Loop: it is invoked in a recursive loop, and was stopped")
    await running.wait_for_output("run 16\n")
    assert "run 17\n" not in running.output
    assert await running.stop() == 0


@pytest.mark.rule("LAM-INV-01", "LAM-INV-02", "LAM-ERR-14")
async def test_a_function_of_the_project_is_invoked_by_boto3(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    running = await routekey_run(project)
    client = make_client(running)

    async def invoke(**arguments: Any) -> Any:
        return await asyncio.to_thread(client.invoke, FunctionName="Echo", **arguments)

    answer = await invoke(Payload=b'{"body":"by hand"}', LogType="Tail")
    assert answer["StatusCode"] == 200
    assert json.loads(answer["Payload"].read())["body"] == "here"
    assert "got by hand" in b64decode(answer["LogResult"]).decode()
    failed = await invoke(Payload=b"[]")
    assert failed["FunctionError"] == "Unhandled"
    assert json.loads(failed["Payload"].read())["errorType"] == "AttributeError"
    queued = await invoke(Payload=b'{"body":"later"}', InvocationType="Event")
    assert queued["StatusCode"] == 202
    await running.wait_for_output("got later")


@pytest.mark.rule("LAM-LIFE-04", "LAM-LIFE-05", "LAM-LIFE-07")
async def test_a_function_that_boto3_makes_is_told_as_on_aws_and_runs_at_once(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    """AWS needs two seconds from Pending to Active; here a function is Active when it is made."""
    running = await routekey_run(project)
    client = make_client(running)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return event")
    wanted: dict[str, Any] = {
        "FunctionName": "made",
        "Runtime": "python3.12",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Handler": "app.handler",
        "Code": {"ZipFile": package.getvalue()},
    }
    for wrong in ({"Timeout": 901}, {"MemorySize": 20_000}):
        with pytest.raises(ClientError):
            await asyncio.to_thread(client.create_function, **wanted, **wrong)
    made = await asyncio.to_thread(client.create_function, **wanted)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["Timeout"], made["MemorySize"]) == (3, 128)
    assert (made["State"], made["Version"], made["PackageType"]) == ("Active", "$LATEST", "Zip")
    assert made["FunctionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:made"
    assert made["CodeSize"] == len(package.getvalue())
    assert made["CodeSha256"] == b64encode(sha256(package.getvalue()).digest()).decode()
    assert made["Architectures"] == ["x86_64"]
    assert made["EphemeralStorage"] == {"Size": 512}
    assert made["LastUpdateStatus"] == "Successful"
    assert made["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/made"}
    assert made["TracingConfig"] == {"Mode": "PassThrough"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", made["LastModified"])
    answer = await asyncio.to_thread(client.invoke, FunctionName="made", Payload=b"[1]")
    assert answer["Payload"].read() == b"[1]"
