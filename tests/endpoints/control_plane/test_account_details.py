"""All that IAM knows of an account at once, through AWS's SDK."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, serve_iam
from routekey.testing.apis import ACCOUNT_ID

STATEMENT = {"Effect": "Allow", "Action": "apigateway:GET", "Resource": "*"}
ALLOW_GET = {"Version": "2012-10-17", "Statement": [STATEMENT]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
OWN = f"arn:aws:iam::{ACCOUNT_ID}:policy/read"
LISTS = {"UserDetailList", "RoleDetailList", "GroupDetailList", "Policies"}


@pytest.fixture
async def iam() -> AsyncIterator[Client]:
    async with Laboratory(more_routes=serve_iam) as laboratory:
        client = laboratory.client("iam")
        text = json.dumps(ALLOW_GET)
        await client.create_policy(PolicyName="read", PolicyDocument=text)
        await client.create_policy_version(PolicyArn=OWN, PolicyDocument=text)
        await client.create_user(UserName="ada", Tags=[{"Key": "team", "Value": "chat"}])
        await client.create_group(GroupName="team")
        await client.add_user_to_group(UserName="ada", GroupName="team")
        await client.put_user_policy(UserName="ada", PolicyName="mine", PolicyDocument=text)
        await client.attach_group_policy(GroupName="team", PolicyArn=ADMINISTRATOR)
        await client.create_role(
            RoleName="runs", AssumeRolePolicyDocument=json.dumps(TRUST), PermissionsBoundary=OWN
        )
        yield client


async def test_everybody_is_told_with_his_policies(iam: Client) -> None:
    told = await iam.get_account_authorization_details()
    (user,), (role,), (group,) = (told[f"{word}DetailList"] for word in ("User", "Role", "Group"))
    assert user["UserPolicyList"] == [{"PolicyName": "mine", "PolicyDocument": ALLOW_GET}]
    assert (user["GroupList"], user["AttachedManagedPolicies"]) == (["team"], [])
    assert user["Tags"] == [{"Key": "team", "Value": "chat"}]
    assert group["AttachedManagedPolicies"] == [
        {"PolicyArn": ADMINISTRATOR, "PolicyName": "AdministratorAccess"}
    ]
    assert role["AssumeRolePolicyDocument"] == TRUST
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == OWN
    assert (role["RolePolicyList"], role["InstanceProfileList"]) == ([], [])
    policies = {policy["Arn"]: policy for policy in told["Policies"]}
    assert policies[ADMINISTRATOR]["AttachmentCount"] == 1
    assert policies[OWN]["PermissionsBoundaryUsageCount"] == 1
    versions = policies[OWN]["PolicyVersionList"]
    assert [version["VersionId"] for version in versions] == ["v2", "v1"]
    assert versions[1]["Document"] == ALLOW_GET


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("User", "UserDetailList"),
        ("Role", "RoleDetailList"),
        ("Group", "GroupDetailList"),
        ("LocalManagedPolicy", "Policies"),
    ],
)
async def test_only_the_kinds_that_are_asked_for_are_told(
    iam: Client, kind: str, name: str
) -> None:
    told: dict[str, Any] = await iam.get_account_authorization_details(Filter=[kind])
    assert len(told[name]) == 1
    assert all(told[other] == [] for other in LISTS - {name})


async def test_pages_tell_everything_once(iam: Client) -> None:
    whole = await iam.get_account_authorization_details()
    found: dict[str, list[Any]] = {name: [] for name in LISTS}
    marker: dict[str, str] = {}
    while True:
        page = await iam.get_account_authorization_details(MaxItems=2, **marker)
        assert sum(len(page[name]) for name in LISTS) <= 2
        for name in LISTS:
            found[name] += page[name]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert {name: len(whole[name]) for name in LISTS} == {name: len(found[name]) for name in LISTS}
