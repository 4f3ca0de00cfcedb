"""Aliases of functions, through AWS's SDK."""

from typing import Any

import pytest

from endpoints.control_plane.functions_laboratory import minimum, pack
from endpoints.control_plane.laboratory import Client, told
from routekey.testing.apis import ACCOUNT_ID, REGION

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:echo"
HERE = {"FunctionName": "echo", "Name": "live"}


@pytest.fixture
async def echo(functions: Client) -> Client:
    await functions.create_function(**minimum())
    return functions


@pytest.mark.rule("LAM-CTL-01", "LAM-INV-09")
async def test_an_alias_is_made_told_called_and_deleted(echo: Client) -> None:
    answer = told(await echo.create_alias(**HERE, FunctionVersion="$LATEST", Description="x"))
    assert answer == {
        "AliasArn": f"{ARN}:live",
        "Description": "x",
        "FunctionVersion": "$LATEST",
        "Name": "live",
        "RevisionId": answer["RevisionId"],
    }
    assert (await echo.get_alias(**HERE))["AliasArn"] == f"{ARN}:live"
    assert [one["Name"] for one in (await echo.list_aliases(FunctionName="echo"))["Aliases"]] == [
        "live"
    ]
    assert (await echo.update_alias(**HERE, Description="y"))["Description"] == "y"
    called = await echo.invoke(FunctionName="echo:live", Payload=b"1")
    assert (called["Payload"].read(), called["ExecutedVersion"]) == (b"1", "$LATEST")
    assert (await echo.get_function(FunctionName="echo", Qualifier="live"))["Configuration"]
    await echo.delete_alias(**HERE)
    await echo.delete_alias(**HERE)
    status, name, _ = await echo.refuse("get_alias", **HERE)
    assert (status, name) == (404, "ResourceNotFoundException")
    status, name, _ = await echo.refuse("get_function", FunctionName="echo", Qualifier="live")
    assert (status, name) == (404, "ResourceNotFoundException")


async def test_an_alias_is_there_once_and_names_the_one_version(echo: Client) -> None:
    await echo.create_alias(**HERE, FunctionVersion="$LATEST")
    refusal = await echo.refuse("create_alias", **HERE, FunctionVersion="$LATEST")
    assert refusal == (409, "ResourceConflictException", f"Alias already exists: {ARN}:live")
    refusal = await echo.refuse("update_alias", **HERE, FunctionVersion="7")
    assert refusal == (404, "ResourceNotFoundException", f"Function not found: {ARN}:7")


def share(**weights: float) -> dict[str, Any]:
    given = {version.removeprefix("v"): weight for version, weight in weights.items()}
    return {"RoutingConfig": {"AdditionalVersionWeights": given}}


@pytest.mark.rule("LAM-INV-09")
async def test_an_alias_shares_its_calls_out_among_two_versions(echo: Client) -> None:
    for version in ("one", "two"):
        code = pack(f"def handler(event, context): return '{version}'")
        await echo.update_function_code(FunctionName="echo", ZipFile=code, Publish=True)
    made = await echo.create_alias(**HERE, FunctionVersion="1", **share(v2=1.0))
    assert made["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 1.0}}
    called = await echo.invoke(FunctionName="echo:live")
    assert (called["Payload"].read(), called["ExecutedVersion"]) == (b'"two"', "2")
    kept = await echo.update_alias(**HERE, Description="x")
    assert kept["RoutingConfig"] == made["RoutingConfig"]
    await echo.update_alias(**HERE, **share(v2=0.5))
    versions = {(await echo.invoke(FunctionName="echo:live"))["ExecutedVersion"] for _ in range(60)}
    assert versions == {"1", "2"}  # but for one run in 2**59
    assert "RoutingConfig" not in await echo.update_alias(**HERE, **share())
    assert (await echo.invoke(FunctionName="echo:live"))["ExecutedVersion"] == "1"


@pytest.mark.rule("LAM-INV-09")
@pytest.mark.parametrize(
    ("version", "weights", "name", "text"),
    [
        ("$LATEST", {"v1": 0.5}, "InvalidParameterValueException", "$LATEST is not supported"),
        ("1", {"v1": 0.5}, "InvalidParameterValueException", "already included in routing"),
        ("1", {"v2": 0.5, "v3": 0.1}, "InvalidParameterValueException", "greater than 1"),
        ("1", {"v2": 0.5}, "ResourceNotFoundException", f"Function not found: {ARN}:2"),
        ("1", {"v2": 1.5}, "ValidationException", "less than or equal to 1"),
    ],
)
async def test_calls_that_cannot_be_shared_out_are_refused(
    echo: Client, version: str, weights: dict[str, float], name: str, text: str
) -> None:
    await echo.publish_version(FunctionName="echo")
    refusal = await echo.refuse("create_alias", **HERE, FunctionVersion=version, **share(**weights))
    assert refusal[1] == name
    assert text in refusal[2]


async def test_aliases_are_listed_by_their_version(echo: Client) -> None:
    version = (await echo.publish_version(FunctionName="echo"))["Version"]
    await echo.create_alias(**HERE, FunctionVersion=version)
    await echo.create_alias(FunctionName="echo", Name="next", FunctionVersion="$LATEST")
    found = await echo.list_aliases(FunctionName="echo", FunctionVersion=version)
    assert [one["Name"] for one in found["Aliases"]] == ["live"]
