"""Policies of layer versions, through AWS's SDK."""

import json
from typing import Any

import pytest

from endpoints.control_plane.functions_laboratory import ECHO, pack
from endpoints.control_plane.laboratory import Client
from routekey.testing.apis import ACCOUNT_ID, REGION

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:layer:lib:1"
HERE: dict[str, Any] = {"LayerName": "lib", "VersionNumber": 1}
ONE: dict[str, Any] = {
    **HERE,
    "Action": "lambda:GetLayerVersion",
    "Principal": "210987654321",
    "StatementId": "one",
}


@pytest.fixture
async def layer(functions: Client) -> Client:
    await functions.publish_layer_version(LayerName="lib", Content={"ZipFile": pack(ECHO)})
    return functions


@pytest.mark.rule("LAM-CTL-01")
async def test_statements_are_added_told_and_removed(layer: Client) -> None:
    added = await layer.add_layer_version_permission(**ONE)
    everybody = {**ONE, "Principal": "*", "StatementId": "two", "OrganizationId": "o-0123456789"}
    await layer.add_layer_version_permission(**everybody)
    one = {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
        "Action": "lambda:GetLayerVersion",
        "Resource": ARN,
    }
    assert json.loads(added["Statement"]) == one
    policy = await layer.get_layer_version_policy(**HERE)
    assert policy["RevisionId"] != added["RevisionId"]
    assert json.loads(policy["Policy"])["Statement"] == [
        one,
        {
            **one,
            "Sid": "two",
            "Principal": "*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-0123456789"}},
        },
    ]
    for name in ("one", "two"):
        gone = await layer.remove_layer_version_permission(**HERE, StatementId=name)
        assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    refusal = await layer.refuse("get_layer_version_policy", **HERE)
    assert refusal[2] == "No policy is associated with the given resource."


async def test_a_change_of_another_revision_is_refused(layer: Client) -> None:
    await layer.add_layer_version_permission(**ONE)
    other = {**ONE, "StatementId": "two", "RevisionId": "other"}
    refusal = await layer.refuse("add_layer_version_permission", **other)
    assert refusal[:2] == (412, "PreconditionFailedException")
    gone = {**HERE, "StatementId": "one", "RevisionId": "other"}
    refusal = await layer.refuse("remove_layer_version_permission", **gone)
    assert refusal[:2] == (412, "PreconditionFailedException")


async def test_what_does_not_fit_is_refused(layer: Client) -> None:
    refusal = await layer.refuse("remove_layer_version_permission", **HERE, StatementId="x")
    assert refusal[:2] == (404, "ResourceNotFoundException")
    await layer.add_layer_version_permission(**ONE)
    refusal = await layer.refuse("add_layer_version_permission", **ONE)
    assert refusal[:2] == (409, "ResourceConflictException")
    refusal = await layer.refuse("remove_layer_version_permission", **HERE, StatementId="x")
    assert refusal[2] == "Statement x is not found in resource policy."
    refusal = await layer.refuse("add_layer_version_permission", **{**ONE, "VersionNumber": 2})
    assert refusal[2] == f"Layer version {ARN[:-1]}2 does not exist."


@pytest.mark.rule("LAM-CTL-01")
async def test_a_version_is_found_by_its_arn(layer: Client) -> None:
    assert (await layer.get_layer_version_by_arn(Arn=ARN))["LayerVersionArn"] == ARN
    status, name, _ = await layer.refuse("get_layer_version_by_arn", Arn=f"{ARN}7")
    assert (status, name) == (404, "ResourceNotFoundException")
