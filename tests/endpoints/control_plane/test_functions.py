"""Functions made and changed through AWS's SDK."""

import hashlib
from base64 import b64encode
from typing import Any

import pytest

from endpoints.control_plane.functions_laboratory import ROLE, minimum, pack
from endpoints.control_plane.laboratory import Client, told
from routekey.testing.apis import ACCOUNT_ID, REGION

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:echo"
OTHER = "def handler(event, context):\n    return 'other'\n"


async def ask(functions: Client, **more: Any) -> bytes:
    answer = await functions.invoke(FunctionName="echo", Payload=b'{"a":1}', **more)
    return bytes(answer["Payload"].read())


@pytest.mark.rule("LAM-CTL-01")
async def test_a_function_is_made_told_and_runs(functions: Client) -> None:
    given = minimum(
        Description="says it again",
        Environment={"Variables": {"MODE": "1"}},
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"},
        MemorySize=256,
        Tags={"team": "chat"},
        Timeout=7,
    )
    answer = await functions.create_function(**given)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    made = told(answer)
    package = given["Code"]["ZipFile"]
    assert (
        made.items()
        >= {
            "CodeSha256": b64encode(hashlib.sha256(package).digest()).decode(),
            "CodeSize": len(package),
            "Description": "says it again",
            "Environment": {"Variables": {"MODE": "1"}},
            "FunctionArn": ARN,
            "FunctionName": "echo",
            "Handler": "app.handler",
            "LastUpdateStatus": "Successful",
            "MemorySize": 256,
            "PackageType": "Zip",
            "Role": ROLE,
            "Runtime": "python3.11",
            "State": "Active",
            "Timeout": 7,
            "Version": "$LATEST",
        }.items()
    )
    assert made["LastModified"] == "2026-09-25T01:25:15.000+0000"
    assert made["LoggingConfig"] == {
        "ApplicationLogLevel": "DEBUG",
        "LogFormat": "JSON",
        "LogGroup": "/aws/lambda/echo",
        "SystemLogLevel": "INFO",
    }
    assert made["RuntimeVersionConfig"]["RuntimeVersionArn"].startswith(
        "arn:aws:lambda:eu-west-2::runtime:"
    )
    found = await functions.get_function(FunctionName=ARN)
    assert found["Configuration"] == made
    assert found["Tags"] == {"team": "chat"}
    assert told(await functions.get_function_configuration(FunctionName="echo")) == made
    assert (await functions.list_functions())["Functions"] == [made]
    assert await ask(functions) == b'{"a": 1}'


async def test_new_code_runs_from_the_next_call_on(functions: Client) -> None:
    made = await functions.create_function(**minimum())
    assert await ask(functions) == b'{"a": 1}'
    dry = await functions.update_function_code(
        FunctionName="echo", ZipFile=pack(OTHER), DryRun=True
    )
    assert dry["CodeSha256"] != made["CodeSha256"]
    assert await ask(functions) == b'{"a": 1}'
    answer = await functions.update_function_code(FunctionName="echo", ZipFile=pack(OTHER))
    assert answer["CodeSha256"] == dry["CodeSha256"]
    assert answer["RevisionId"] != made["RevisionId"]
    assert await ask(functions) == b'"other"'


async def test_a_configuration_is_changed_and_the_rest_stays(functions: Client) -> None:
    await functions.create_function(**minimum(Timeout=7, Environment={"Variables": {"MODE": "1"}}))
    answer = await functions.update_function_configuration(FunctionName="echo", MemorySize=512)
    assert (answer["Timeout"], answer["MemorySize"]) == (7, 512)
    assert answer["Environment"] == {"Variables": {"MODE": "1"}}
    answer = await functions.update_function_configuration(
        FunctionName="echo", Environment={"Variables": {"TABLE": "2"}}
    )
    assert answer["Environment"] == {"Variables": {"TABLE": "2"}}


@pytest.mark.rule("LAM-CTL-01", "LAM-INV-04")
async def test_a_deleted_function_is_gone(functions: Client) -> None:
    await functions.create_function(**minimum())
    answer = await functions.delete_function(FunctionName="echo")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    refusal = (404, "ResourceNotFoundException", f"Function not found: {ARN}")
    assert await functions.refuse("get_function", FunctionName="echo") == refusal
    assert (await functions.list_functions())["Functions"] == []


async def test_all_versions_are_listed_where_all_are_asked_for(functions: Client) -> None:
    await functions.create_function(**minimum(Publish=True))
    listed = await functions.list_functions(FunctionVersion="ALL")
    arns = [one["FunctionArn"].rpartition(":")[2] for one in listed["Functions"]]
    assert arns == ["$LATEST", "1"]
    assert len((await functions.list_functions())["Functions"]) == 1


async def test_functions_are_listed_by_name_in_pages(functions: Client) -> None:
    for name in "cab":
        await functions.create_function(**minimum(FunctionName=name))
    first = await functions.list_functions(MaxItems=2)
    rest = await functions.list_functions(Marker=first["NextMarker"])
    names = [one["FunctionName"] for one in [*first["Functions"], *rest["Functions"]]]
    assert names == ["a", "b", "c"]
    assert "NextMarker" not in rest


async def test_concurrency_is_reserved_and_given_back(functions: Client) -> None:
    await functions.create_function(**minimum())
    here = {"FunctionName": "echo"}
    assert "ReservedConcurrentExecutions" not in await functions.get_function_concurrency(**here)
    answer = await functions.put_function_concurrency(**here, ReservedConcurrentExecutions=3)
    assert answer["ReservedConcurrentExecutions"] == 3
    answer = await functions.get_function_concurrency(**here)
    assert answer["ReservedConcurrentExecutions"] == 3
    found = await functions.get_function(**here)
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    answer = await functions.delete_function_concurrency(**here)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "Concurrency" not in await functions.get_function(**here)


async def test_nobody_signed_a_function(functions: Client) -> None:
    await functions.create_function(**minimum())
    answer = told(await functions.get_function_code_signing_config(FunctionName="echo"))
    assert answer == {"FunctionName": "echo"}


@pytest.mark.rule("LAM-CTL-02")
async def test_a_name_is_there_once(functions: Client) -> None:
    await functions.create_function(**minimum())
    refusal = (409, "ResourceConflictException", "Function already exist: echo")
    assert await functions.refuse("create_function", **minimum()) == refusal


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"Runtime": None}, "Runtime and Handler are mandatory"),
        ({"Handler": None}, "Runtime and Handler are mandatory"),
        ({"Runtime": "cobol"}, "enum value set"),
        ({"Timeout": 901}, "between 1 and 900"),
        ({"MemorySize": 10241}, "between 128 and 10240"),
        ({"Code": {}}, "Please provide a source for function code."),
        ({"Code": {"ZipFile": b"PK"}}, "Could not unzip uploaded file"),
        ({"Code": {"S3Bucket": "bucket", "S3Key": "key"}}, "S3 Error Code: ServiceUnavailable"),
        (
            {"Code": {"S3Bucket": "bucket", "S3Key": "key", "ZipFile": b"zip"}},
            "Please do not provide other FunctionCode parameters when providing a ZipFile.",
        ),
        ({"Code": {"S3Bucket": "bucket"}}, "Please provide a source for function code."),
        ({"Layers": ["arn:aws:lambda:eu-west-2:123456789012:layer:x:1"]}, "does not exist"),
    ],
)
async def test_what_a_function_cannot_be_is_refused(
    functions: Client, members: dict[str, Any], text: str
) -> None:
    given = {name: value for name, value in minimum(**members).items() if value is not None}
    status, name, message = await functions.refuse("create_function", **given)
    assert (status, name) == (400, "InvalidParameterValueException")
    assert text in message
    assert (await functions.list_functions())["Functions"] == []


async def test_a_function_that_cannot_be_made_ready_is_refused_and_not_kept(
    functions: Client,
) -> None:
    """No machine has this runtime, which Lambda retired long ago."""
    status, name, _ = await functions.refuse("create_function", **minimum(Runtime="go1.x"))
    assert (status, name) == (400, "InvalidParameterValueException")
    assert (await functions.list_functions())["Functions"] == []


@pytest.mark.rule("LAM-ENV-02", "LAM-ENV-03")
@pytest.mark.parametrize(
    ("variables", "text"),
    [
        (
            {"AWS_REGION": "x", "MODE": "x", "_HANDLER": "x"},
            (
                "Lambda was unable to configure your environment variables because the environment "
                "variables you have provided contains reserved keys that are currently not "
                "supported for modification. Reserved keys used in this request: "
                "AWS_REGION, _HANDLER"
            ),
        ),
        (
            {"A": "one character"},
            (
                "1 validation error detected: Value at 'environment.variables' failed to satisfy "
                "constraint: Map keys must satisfy constraint: [Member must satisfy regular "
                "expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]"
            ),
        ),
        (
            {"MODE": "x" * 4096},
            (
                "Lambda was unable to configure your environment variables because the environment "
                "variables you have provided exceeded the 4KB limit. String measured: "
                f'{{"MODE":"{"x" * 4096}"}}'
            ),
        ),
    ],
)
async def test_variables_that_lambda_does_not_take_are_refused(
    functions: Client, variables: dict[str, str], text: str
) -> None:
    refusal = (400, "InvalidParameterValueException", text)
    wish: dict[str, Any] = {"Environment": {"Variables": variables}}
    assert await functions.refuse("create_function", **minimum(**wish)) == refusal
    await functions.create_function(**minimum())
    wish["FunctionName"] = "echo"
    assert await functions.refuse("update_function_configuration", **wish) == refusal
