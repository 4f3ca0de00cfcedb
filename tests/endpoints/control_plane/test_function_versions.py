"""Published versions of functions, through AWS's SDK."""

from typing import Any

import pytest

from endpoints.control_plane.functions_laboratory import ECHO, minimum, pack
from endpoints.control_plane.laboratory import Client, told
from routekey.testing.apis import ACCOUNT_ID, REGION

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:echo"
HERE = {"FunctionName": "echo"}
OTHER = "def handler(event, context):\n    return 'other'\n"


@pytest.fixture
async def echo(functions: Client) -> Client:
    await functions.create_function(**minimum())
    return functions


async def call(functions: Client, name: str) -> tuple[bytes, str]:
    answer = await functions.invoke(FunctionName=name, Payload=b"1")
    return bytes(answer["Payload"].read()), answer["ExecutedVersion"]


@pytest.mark.rule("LAM-CTL-01", "LAM-INV-09")
async def test_a_version_stays_as_it_was_published(echo: Client) -> None:
    answer = await echo.publish_version(**HERE, Description="the first")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    first = told(answer)
    assert (first["Version"], first["FunctionArn"]) == ("1", f"{ARN}:1")
    assert first["Description"] == "the first"
    await echo.update_function_code(**HERE, ZipFile=pack(OTHER))
    assert await call(echo, "echo:1") == (b"1", "1")
    assert await call(echo, "echo") == (b'"other"', "$LATEST")
    answer = await echo.get_function_configuration(**HERE, Qualifier="1")
    assert told(answer) == first


@pytest.mark.rule("LAM-INV-09")
async def test_an_alias_moves_from_version_to_version(echo: Client) -> None:
    live = {**HERE, "Name": "live"}
    await echo.publish_version(**HERE)
    await echo.update_function_code(**HERE, ZipFile=pack(OTHER), Publish=True)
    await echo.create_alias(**live, FunctionVersion="1")
    assert await call(echo, "echo:live") == (b"1", "1")
    assert (await echo.update_alias(**live, Description="x"))["FunctionVersion"] == "1"
    await echo.update_alias(**live, FunctionVersion="2")
    assert await call(echo, f"{ARN}:live") == (b'"other"', "2")
    answer = await echo.get_function(**HERE, Qualifier="live")
    assert answer["Configuration"]["FunctionArn"] == f"{ARN}:live"
    assert answer["Configuration"]["Version"] == "2"


async def test_a_function_is_published_when_it_is_made_or_changed(functions: Client) -> None:
    made = await functions.create_function(**minimum(), Publish=True)
    assert (made["Version"], made["FunctionArn"]) == ("1", ARN)
    changed = await functions.update_function_code(**HERE, ZipFile=pack(OTHER), Publish=True)
    assert (changed["Version"], changed["FunctionArn"]) == ("2", f"{ARN}:2")


async def test_what_has_not_changed_is_not_published_again(echo: Client) -> None:
    first = told(await echo.publish_version(**HERE))
    assert told(await echo.publish_version(**HERE, Description="again")) == first
    await echo.update_function_configuration(**HERE, Environment={"Variables": {"MODE": "new"}})
    assert (await echo.publish_version(**HERE))["Version"] == "2"


async def test_versions_are_listed_by_number_in_pages(echo: Client) -> None:
    for memory in range(128, 139):
        await echo.update_function_configuration(**HERE, MemorySize=memory)
        await echo.publish_version(**HERE)
    first = await echo.list_versions_by_function(**HERE, MaxItems=3)
    rest = await echo.list_versions_by_function(**HERE, Marker=first["NextMarker"])
    versions = [one["Version"] for one in [*first["Versions"], *rest["Versions"]]]
    assert versions == ["$LATEST", *(str(number) for number in range(1, 12))]
    assert first["Versions"][0]["FunctionArn"] == f"{ARN}:$LATEST"
    assert "NextMarker" not in rest
    only = await echo.list_versions_by_function(**HERE, MaxItems=1)
    rest = await echo.list_versions_by_function(**HERE, Marker=only["NextMarker"])
    assert len(rest["Versions"]) == 11


async def test_a_version_is_deleted_when_no_alias_needs_it(echo: Client) -> None:
    await echo.publish_version(**HERE)
    await echo.create_alias(**HERE, Name="live", FunctionVersion="1")
    status, name, text = await echo.refuse("delete_function", **HERE, Qualifier="1")
    assert (status, name, "[live]" in text) == (409, "ResourceConflictException", True)
    for qualifier, reason in (("live", "is an alias"), ("$LATEST", "without deleting")):
        status, _, text = await echo.refuse("delete_function", **HERE, Qualifier=qualifier)
        assert (status, reason in text) == (400, True)
    await echo.delete_alias(**HERE, Name="live")
    await echo.delete_function(**HERE, Qualifier="1")
    assert (await echo.refuse("get_function", **HERE, Qualifier="1"))[0] == 404
    assert (await echo.refuse("invoke", **HERE, Qualifier="1"))[0] == 404
    assert (await echo.publish_version(**HERE))["Version"] == "2"


async def test_only_what_is_expected_is_published(echo: Client) -> None:
    refusal = await echo.refuse("publish_version", **HERE, CodeSha256="other")
    assert refusal[:2] == (400, "InvalidParameterValueException")
    refusal = await echo.refuse("publish_version", **HERE, RevisionId="other")
    assert refusal[:2] == (412, "PreconditionFailedException")
    assert len((await echo.list_versions_by_function(**HERE))["Versions"]) == 1


async def test_a_version_has_the_functions_concurrency(echo: Client) -> None:
    await echo.publish_version(**HERE)
    await echo.put_function_concurrency(**HERE, ReservedConcurrentExecutions=0)
    assert (await echo.refuse("invoke", **HERE, Qualifier="1"))[0] == 429


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("add_permission", {"StatementId": "s", "Action": "*", "Principal": "*"}),
        ("publish_version", {}),
        ("remove_permission", {"StatementId": "s"}),
        ("update_alias", {"Name": "live"}),
        ("update_function_code", {"ZipFile": pack(ECHO)}),
        ("update_function_configuration", {"Timeout": 7}),
    ],
)
async def test_a_change_of_another_revision_is_refused(
    echo: Client, operation: str, members: dict[str, Any]
) -> None:
    await echo.create_alias(FunctionName="echo", Name="live", FunctionVersion="$LATEST")
    before = await echo.get_function_configuration(FunctionName="echo")
    refusal = await echo.refuse(operation, FunctionName="echo", RevisionId="other", **members)
    assert refusal[:2] == (412, "PreconditionFailedException")
    after = await echo.get_function_configuration(FunctionName="echo")
    assert after["RevisionId"] == before["RevisionId"]
