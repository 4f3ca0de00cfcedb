"""Aliases of functions, through AWS's SDK."""

import pytest

from endpoints.control_plane.functions_laboratory import minimum
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
    status, name, _ = await echo.refuse(
        "update_alias", **HERE, RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}}
    )
    assert (status, name) == (400, "InvalidParameterValueException")
