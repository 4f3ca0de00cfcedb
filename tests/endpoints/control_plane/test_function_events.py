"""What becomes of asynchronous calls, said through AWS's SDK."""

from typing import Any

import pytest

from endpoints.control_plane.functions_laboratory import minimum
from endpoints.control_plane.laboratory import Client, told
from routekey.testing.apis import ACCOUNT_ID, REGION

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:echo"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:dead"
HERE = {"FunctionName": "echo"}


@pytest.fixture
async def echo(functions: Client) -> Client:
    await functions.create_function(**minimum())
    return functions


@pytest.mark.rule("LAM-INV-08", "CP-TF-01")
async def test_a_configuration_tells_what_was_said_and_nothing_else(echo: Client) -> None:
    made = told(await echo.put_function_event_invoke_config(**HERE, MaximumRetryAttempts=1))
    assert made == {
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
        "FunctionArn": f"{ARN}:$LATEST",
        "LastModified": made["LastModified"],
        "MaximumRetryAttempts": 1,
    }
    assert told(await echo.get_function_event_invoke_config(**HERE)) == made


@pytest.mark.rule("LAM-INV-08")
async def test_an_update_keeps_what_it_does_not_mention_and_a_put_does_not(echo: Client) -> None:
    destinations = {"OnFailure": {"Destination": QUEUE}, "OnSuccess": {}}
    await echo.put_function_event_invoke_config(**HERE, MaximumEventAgeInSeconds=60)
    changed = await echo.update_function_event_invoke_config(**HERE, DestinationConfig=destinations)
    assert changed["MaximumEventAgeInSeconds"] == 60
    assert changed["DestinationConfig"] == destinations
    without = await echo.update_function_event_invoke_config(
        **HERE, DestinationConfig={"OnFailure": {"Destination": ""}}
    )
    assert without["DestinationConfig"] == {"OnFailure": {}, "OnSuccess": {}}
    put = await echo.put_function_event_invoke_config(**HERE, MaximumRetryAttempts=0)
    assert "MaximumEventAgeInSeconds" not in put


@pytest.mark.rule("LAM-INV-08")
async def test_each_alias_has_its_own(echo: Client) -> None:
    await echo.create_alias(**HERE, Name="live", FunctionVersion="$LATEST")
    await echo.put_function_event_invoke_config(**HERE, MaximumRetryAttempts=1)
    await echo.put_function_event_invoke_config(**HERE, Qualifier="live", MaximumRetryAttempts=0)
    first = await echo.list_function_event_invoke_configs(**HERE, MaxItems=1)
    rest = await echo.list_function_event_invoke_configs(**HERE, Marker=first["NextMarker"])
    told_of = [*first["FunctionEventInvokeConfigs"], *rest["FunctionEventInvokeConfigs"]]
    assert [(one["FunctionArn"], one["MaximumRetryAttempts"]) for one in told_of] == [
        (f"{ARN}:$LATEST", 1),
        (f"{ARN}:live", 0),
    ]
    assert "NextMarker" not in rest
    gone = await echo.delete_function_event_invoke_config(**HERE)
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    refusal = await echo.refuse("get_function_event_invoke_config", **HERE)
    assert refusal == (
        404,
        "ResourceNotFoundException",
        f"The function {ARN}:$LATEST doesn't have an EventInvokeConfig",
    )


@pytest.mark.parametrize(
    ("members", "name", "text"),
    [
        ({}, "InvalidParameterValueException", "at least one of error handling or destination"),
        (
            {"DestinationConfig": {"OnSuccess": {"Destination": ARN}}},
            "InvalidParameterValueException",
            "You can't specify the function as a destination for itself.",
        ),
        ({"MaximumRetryAttempts": 3}, "ValidationException", "less than or equal to 2"),
        (
            {"MaximumEventAgeInSeconds": 59},
            "ValidationException",
            "Value '59' at 'maximumEventAgeInSeconds'",
        ),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": "x"}}},
            "ValidationException",
            "Value 'x' at 'destinationConfig.onFailure.destination'",
        ),
    ],
)
async def test_what_it_cannot_be_is_refused(
    echo: Client, members: dict[str, Any], name: str, text: str
) -> None:
    refusal = await echo.refuse("put_function_event_invoke_config", **HERE, **members)
    assert refusal[:2] == (400, name)
    assert text in refusal[2]
