"""Resource policies of functions, through AWS's SDK."""

import json
from typing import Any

import pytest

from endpoints.control_plane.functions_laboratory import minimum
from endpoints.control_plane.laboratory import Client
from routekey.testing.apis import ACCOUNT_ID, REGION

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:echo"
ROUTE = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:abcdefghij/*"
HERE = {"FunctionName": "echo"}
GATEWAY = {
    "Action": "lambda:InvokeFunction",
    "Principal": "apigateway.amazonaws.com",
    "SourceArn": ROUTE,
    "StatementId": "gateway",
}
STATEMENT = {
    "Action": "lambda:InvokeFunction",
    "Condition": {"ArnLike": {"AWS:SourceArn": ROUTE}},
    "Effect": "Allow",
    "Principal": {"Service": "apigateway.amazonaws.com"},
    "Resource": ARN,
    "Sid": "gateway",
}


@pytest.fixture
async def echo(functions: Client) -> Client:
    await functions.create_function(**minimum())
    return functions


@pytest.mark.rule("SEC-LPOL-02", "SEC-LPOL-04", "LAM-CTL-01")
async def test_a_permission_is_a_statement_until_it_is_removed(echo: Client) -> None:
    answer = await echo.add_permission(**HERE, **GATEWAY)
    assert json.loads(answer["Statement"]) == STATEMENT
    policy = json.loads((await echo.get_policy(**HERE))["Policy"])
    assert policy == {"Version": "2012-10-17", "Id": "default", "Statement": [STATEMENT]}
    await echo.remove_permission(**HERE, StatementId="gateway")
    refusal = await echo.refuse("get_policy", **HERE)
    text = "The resource you requested does not exist."
    assert refusal == (404, "ResourceNotFoundException", text)
    refusal = await echo.refuse("remove_permission", **HERE, StatementId="gateway")
    text = "No policy is associated with the given resource."
    assert refusal == (404, "ResourceNotFoundException", text)
    await echo.add_permission(**HERE, **GATEWAY)
    refusal = await echo.refuse("remove_permission", **HERE, StatementId="other")
    text = "Statement other is not found in resource policy."
    assert refusal == (404, "ResourceNotFoundException", text)


@pytest.mark.parametrize(
    ("given", "principal"),
    [
        ("*", "*"),
        (ACCOUNT_ID, {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}),
        (f"arn:aws:iam::{ACCOUNT_ID}:user/ada", {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:user/ada"}),
        ("sns.amazonaws.com", {"Service": "sns.amazonaws.com"}),
    ],
)
async def test_a_principal_is_a_service_an_account_or_somebody(
    echo: Client, given: str, principal: Any
) -> None:
    members = {**GATEWAY, "Principal": given, "SourceAccount": ACCOUNT_ID}
    del members["SourceArn"]
    answer = await echo.add_permission(**HERE, **members)
    statement = json.loads(answer["Statement"])
    assert statement["Principal"] == principal
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceAccount": ACCOUNT_ID}}


@pytest.mark.rule("SEC-LPOL-05")
async def test_a_permission_for_an_alias_names_it(echo: Client) -> None:
    await echo.create_alias(**HERE, Name="live", FunctionVersion="$LATEST")
    answer = await echo.add_permission(**HERE, **GATEWAY, Qualifier="live")
    assert json.loads(answer["Statement"])["Resource"] == f"{ARN}:live"


@pytest.mark.rule("SEC-LPOL-05", "LAM-INV-09")
async def test_a_permission_for_a_version_names_it(echo: Client) -> None:
    await echo.publish_version(**HERE)
    answer = await echo.add_permission(**GATEWAY, FunctionName="echo:1")
    assert json.loads(answer["Statement"])["Resource"] == f"{ARN}:1"


@pytest.mark.rule("SEC-LPOL-04")
@pytest.mark.parametrize("principal", ["somebody", "example.com", "12345", "arn:aws:s3:::bucket"])
async def test_a_principal_that_cannot_be_is_refused(echo: Client, principal: str) -> None:
    refusal = await echo.refuse("add_permission", **HERE, **{**GATEWAY, "Principal": principal})
    text = "The provided principal was invalid. Please check the principal and try again."
    assert refusal == (400, "InvalidParameterValueException", text)


@pytest.mark.rule("SEC-LPOL-04")
async def test_the_latest_has_no_policy_of_its_own(echo: Client) -> None:
    refusal = await echo.refuse("add_permission", **HERE, **GATEWAY, Qualifier="$LATEST")
    text = "We currently do not support adding policies for $LATEST."
    assert refusal == (400, "InvalidParameterValueException", text)


@pytest.mark.rule("SEC-LPOL-04")
async def test_a_statement_id_is_there_once(echo: Client) -> None:
    await echo.add_permission(**HERE, **GATEWAY)
    status, name, text = await echo.refuse("add_permission", **HERE, **GATEWAY)
    assert (status, name) == (409, "ResourceConflictException")
    assert "The statement id (gateway) provided already exists" in text


async def test_a_policy_has_20_kb(echo: Client) -> None:
    long = {**GATEWAY, "SourceArn": f"{ROUTE}{'x' * 200}"}
    for number in range(100):
        try:
            await echo.add_permission(**HERE, **{**long, "StatementId": f"s{number}"})
        except echo.inner.exceptions.PolicyLengthExceededException:
            break
    assert 20 < number < 60


@pytest.mark.rule("SEC-LPOL-03")
async def test_every_condition_is_told_and_kept(echo: Client) -> None:
    given = {
        **GATEWAY,
        "Principal": "*",
        "EventSourceToken": "skill",
        "FunctionUrlAuthType": "NONE",
        "PrincipalOrgID": "o-0123456789",
    }
    answer = await echo.add_permission(**HERE, **given)
    assert json.loads(answer["Statement"])["Condition"] == {
        "ArnLike": {"AWS:SourceArn": ROUTE},
        "StringEquals": {
            "aws:PrincipalOrgID": "o-0123456789",
            "lambda:EventSourceToken": "skill",
            "lambda:FunctionUrlAuthType": "NONE",
        },
    }


@pytest.mark.rule("SEC-LPOL-05")
async def test_each_alias_has_a_policy_of_its_own(echo: Client) -> None:
    await echo.create_alias(**HERE, Name="live", FunctionVersion="$LATEST")
    await echo.add_permission(**HERE, **GATEWAY)
    await echo.add_permission(**HERE, **GATEWAY, Qualifier="live")
    for more, resource in (({}, ARN), ({"Qualifier": "live"}, f"{ARN}:live")):
        policy = json.loads((await echo.get_policy(**HERE, **more))["Policy"])
        assert [one["Resource"] for one in policy["Statement"]] == [resource]
    await echo.remove_permission(**HERE, StatementId="gateway", Qualifier="live")
    assert (await echo.get_policy(**HERE))["Policy"]
    assert (await echo.refuse("get_policy", **HERE, Qualifier="live"))[0] == 404
