"""Who has a managed policy, through AWS's SDK."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, serve_iam
from routekey.testing.apis import ACCOUNT_ID

OWN = f"arn:aws:iam::{ACCOUNT_ID}:policy/own"
OF_AWS = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
STATEMENT = {"Effect": "Allow", "Action": "a:b", "Resource": "*"}
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


def policy(statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
async def iam() -> AsyncIterator[Client]:
    """Ada, runners and a group have a policy; it is the boundary of Bob and of Ada."""
    async with Laboratory(more_routes=serve_iam) as laboratory:
        client = laboratory.client("iam")
        await client.create_policy(PolicyName="own", PolicyDocument=policy(STATEMENT))
        await client.create_user(UserName="ada", Path="/team/", PermissionsBoundary=OWN)
        await client.create_user(UserName="bob", PermissionsBoundary=OWN)
        await client.create_role(RoleName="runner", AssumeRolePolicyDocument=policy(TRUST))
        await client.create_group(GroupName="all")
        for arn in (OWN, OF_AWS):
            await client.attach_user_policy(UserName="ada", PolicyArn=arn)
            await client.attach_role_policy(RoleName="runner", PolicyArn=arn)
            await client.attach_group_policy(GroupName="all", PolicyArn=arn)
        yield client


async def tell(iam: Client, **members: Any) -> list[str]:
    """Give the names of who is told."""
    answer = await iam.list_entities_for_policy(**members)
    assert answer["IsTruncated"] is False
    return [
        one[f"{kind}Name"] for kind in ("Group", "Role", "User") for one in answer[f"Policy{kind}s"]
    ]


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({}, ["all", "runner", "ada", "bob"]),
        ({"PolicyUsageFilter": "PermissionsPolicy"}, ["all", "runner", "ada"]),
        ({"PolicyUsageFilter": "PermissionsBoundary"}, ["ada", "bob"]),
        ({"EntityFilter": "User"}, ["ada", "bob"]),
        ({"EntityFilter": "Role"}, ["runner"]),
        ({"EntityFilter": "LocalManagedPolicy"}, ["all", "runner", "ada", "bob"]),
        ({"EntityFilter": "AWSManagedPolicy"}, []),
        ({"PathPrefix": "/team/"}, ["ada"]),
    ],
)
async def test_those_are_told_that_are_asked_for(
    iam: Client, members: dict[str, str], names: list[str]
) -> None:
    assert await tell(iam, PolicyArn=OWN, **members) == names


async def test_a_policy_of_aws_has_entities_too(iam: Client) -> None:
    for members in ({}, {"EntityFilter": "AWSManagedPolicy"}):
        assert await tell(iam, PolicyArn=OF_AWS, **members) == ["all", "runner", "ada"]
    ada = (await iam.get_user(UserName="ada"))["User"]
    (told,) = (await iam.list_entities_for_policy(PolicyArn=OF_AWS))["PolicyUsers"]
    assert told == {"UserName": "ada", "UserId": ada["UserId"]}


async def test_a_policy_that_is_not_there_has_none(iam: Client) -> None:
    arn = f"{OWN}er"
    text = f"Policy {arn} does not exist or is not attachable."
    refused = await iam.refuse("list_entities_for_policy", PolicyArn=arn)
    assert refused == (404, "NoSuchEntity", text)
