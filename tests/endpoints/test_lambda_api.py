"""Invoke, through AWS's SDK, on real processes."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from endpoints.control_plane.functions_laboratory import ROLE, minimum, open_laboratory
from endpoints.control_plane.laboratory import Client, Laboratory
from routekey.adapters.store import MemoryStore
from routekey.endpoints.lambda_api import EVENT_BYTES_MAX, PAYLOAD_BYTES_MAX
from routekey.languages.iam import parse_policy
from routekey.resources.identity import Principal
from routekey.resources.store import StoreError
from routekey.testing.apis import ACCOUNT_ID, REGION

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:echo"
FAILING = """
def handler(event, context):
    print("about to fail")
    raise ValueError("no")
"""


@pytest.fixture
async def laboratory(tmp_path: Path) -> AsyncIterator[Laboratory]:
    async with open_laboratory(tmp_path) as laboratory:
        yield laboratory


@pytest.fixture
def functions(laboratory: Laboratory) -> Client:
    return laboratory.client("lambda")


@pytest.mark.rule("LAM-INV-01", "LAM-INV-02", "LAM-INV-09")
async def test_a_function_answers(functions: Client) -> None:
    await functions.create_function(**minimum())
    answer = await functions.invoke(FunctionName="echo", Payload=b'{"a": [1]}')
    assert answer["StatusCode"] == 200
    assert answer["Payload"].read() == b'{"a": [1]}'
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert "LogResult" not in answer


@pytest.mark.rule("LAM-INV-01", "LAM-ERR-14")
async def test_a_failure_is_told_in_a_header_with_the_end_of_the_log(functions: Client) -> None:
    await functions.create_function(**minimum(FAILING))
    answer = await functions.invoke(FunctionName="echo", LogType="Tail")
    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    assert b"ValueError" in answer["Payload"].read()
    assert b"about to fail" in base64.b64decode(answer["LogResult"])


CONTEXT = """
def handler(event, context):
    return context.client_context and context.client_context.custom
"""


def encode(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


@pytest.mark.rule("LAM-INV-01")
async def test_a_caller_may_say_something_of_himself(functions: Client) -> None:
    await functions.create_function(**minimum(CONTEXT))
    said = {"custom": {"name": "\u00e9\n"}}
    answer = await functions.invoke(FunctionName="echo", ClientContext=encode(said))
    assert json.loads(answer["Payload"].read()) == said["custom"]


@pytest.mark.rule("LAM-INV-01")
@pytest.mark.parametrize("said", ["!", encode([1]), "eA==", encode({"custom": "x" * 3000})])
async def test_what_a_caller_says_of_himself_is_a_small_object(
    functions: Client, said: str
) -> None:
    await functions.create_function(**minimum(CONTEXT))
    status, name, text = await functions.refuse("invoke", FunctionName="echo", ClientContext=said)
    assert (status, name) == (400, "InvalidRequestContentException")
    assert text == "Client context must be a valid Base64-encoded JSON object."


@pytest.mark.rule("LAM-INV-02")
async def test_an_event_is_taken_and_a_dry_run_runs_nothing(functions: Client) -> None:
    await functions.create_function(**minimum())
    answer = await functions.invoke(FunctionName="echo", InvocationType="Event")
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    answer = await functions.invoke(FunctionName="echo", InvocationType="DryRun")
    assert (answer["StatusCode"], answer["Payload"].read()) == (204, b"")


@pytest.mark.rule("LAM-INV-04")
@pytest.mark.parametrize("kind", ["RequestResponse", "Event"])
async def test_an_unknown_function_is_not_found(functions: Client, kind: str) -> None:
    refusal = await functions.refuse("invoke", FunctionName="echo", InvocationType=kind)
    assert refusal == (404, "ResourceNotFoundException", f"Function not found: {ARN}:$LATEST")


@pytest.mark.rule("LAM-INV-05")
async def test_a_payload_is_json_or_nothing(functions: Client) -> None:
    await functions.create_function(**minimum())
    status, name, text = await functions.refuse("invoke", FunctionName="echo", Payload=b"{")
    assert (status, name) == (400, "InvalidRequestContentException")
    assert text.startswith("Could not parse request body into json: Could not parse payload into")
    answer = await functions.invoke(FunctionName="echo")
    assert answer["Payload"].read() == b"{}"


@pytest.mark.rule("LAM-INV-03", "LAM-INV-07")
@pytest.mark.parametrize(
    ("kind", "size"), [("RequestResponse", PAYLOAD_BYTES_MAX), ("Event", EVENT_BYTES_MAX)]
)
async def test_a_payload_has_its_bounds(functions: Client, kind: str, size: int) -> None:
    payload = b'"' + b"x" * (size - 1) + b'"'
    status, name, _ = await functions.refuse(
        "invoke", FunctionName="echo", InvocationType=kind, Payload=payload
    )
    assert (status, name) == (413, "RequestTooLargeException")


@pytest.mark.rule("LAM-INV-06")
async def test_a_function_without_concurrency_is_throttled(functions: Client) -> None:
    await functions.create_function(**minimum())
    await functions.put_function_concurrency(FunctionName="echo", ReservedConcurrentExecutions=0)
    status, name, text = await functions.refuse("invoke", FunctionName="echo")
    assert (status, name, text) == (429, "TooManyRequestsException", "Rate Exceeded.")
    try:
        await functions.invoke(FunctionName="echo")
    except functions.inner.exceptions.TooManyRequestsException as error:
        reason = error.response["Reason"]
    assert reason == "ReservedFunctionConcurrentInvocationLimitExceeded"


async def test_policies_decide_who_may_invoke(laboratory: Laboratory, functions: Client) -> None:
    await functions.create_function(**minimum())
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": ARN}
    ada = Principal(
        arn=f"arn:aws:iam::{ACCOUNT_ID}:user/ada",
        account=ACCOUNT_ID,
        user_id="AIDAEXAMPLE",
        policies=(parse_policy({"Version": "2012-10-17", "Statement": [statement]}),),
    )
    client = laboratory.client("lambda", **laboratory.give_key(ada))
    answer = await client.invoke(FunctionName="echo", Payload=b"7")
    assert answer["Payload"].read() == b"7"
    status, name, text = await client.refuse("delete_function", FunctionName="echo")
    assert (status, name) == (403, "AccessDeniedException")
    assert "lambda:DeleteFunction" in text
    status, name, _ = await client.refuse("list_functions")
    assert (status, name) == (403, "AccessDeniedException")


@pytest.mark.rule("LAM-CTL-01")
@pytest.mark.parametrize(
    ("name", "members"),
    [("list_function_url_configs", {"FunctionName": "echo"}), ("get_account_settings", {})],
)
async def test_an_operation_that_is_not_here_says_so(
    functions: Client, name: str, members: dict[str, str]
) -> None:
    status, code, text = await functions.refuse(name, **members)
    assert (status, code) == (404, "UnknownOperationException")
    assert text.startswith("This gateway does not have the operation ")


async def test_a_failure_of_our_own_is_500_and_logged(
    laboratory: Laboratory, functions: Client, caplog: pytest.LogCaptureFixture
) -> None:
    class FullDisk(MemoryStore):
        async def write(self, _: object) -> None:
            raise StoreError("the disk is full")

    laboratory.plane._store = FullDisk()
    status, _, text = await functions.refuse("create_function", **minimum())
    assert (status, text) == (500, "Internal server error")
    assert "the disk is full" in caplog.text
    assert (await functions.list_functions())["Functions"] == []


def user(*statements: dict[str, object]) -> Principal:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return Principal(
        arn=f"arn:aws:iam::{ACCOUNT_ID}:user/ada",
        account=ACCOUNT_ID,
        user_id="AIDAEXAMPLE",
        policies=(parse_policy(document),),
    )


EVERYTHING: dict[str, object] = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}


async def test_whoever_gives_a_function_a_role_has_to_be_allowed_to_pass_it_on(
    laboratory: Laboratory,
) -> None:
    """Else who may make functions may do whatever any role may."""
    passing: dict[str, object] = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": ROLE,
        "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
    }
    without = laboratory.client("lambda", **laboratory.give_key(user(EVERYTHING)))
    status, name, text = await without.refuse("create_function", **minimum())
    assert (status, name) == (403, "AccessDeniedException")
    assert "not authorized to perform: iam:PassRole on resource" in text
    client = laboratory.client("lambda", **laboratory.give_key(user(EVERYTHING, passing)))
    await client.create_function(**minimum())
    await client.update_function_configuration(FunctionName="echo", Timeout=9)
    status, name, _ = await client.refuse(
        "update_function_configuration", FunctionName="echo", Role=f"{ROLE}-of-another"
    )
    assert (status, name) == (403, "AccessDeniedException")


async def test_a_denied_function_stays_denied_whatever_region_its_arn_names(
    laboratory: Laboratory, functions: Client
) -> None:
    """A function is found by its name, so it is by that that policies know it."""
    await functions.create_function(**minimum())
    denial: dict[str, object] = {"Effect": "Deny", "Action": "lambda:TagResource", "Resource": ARN}
    client = laboratory.client("lambda", **laboratory.give_key(user(EVERYTHING, denial)))
    elsewhere = ARN.replace(f":{REGION}:", ":xx-east-1:")
    status, name, _ = await client.refuse("tag_resource", Resource=elsewhere, Tags={"a": "1"})
    assert (status, name) == (403, "AccessDeniedException")
