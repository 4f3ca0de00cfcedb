"""IAM users and roles, through AWS's SDK."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, serve_iam, told
from routekey.testing.apis import ACCOUNT_ID, REGION

MANAGED = "arn:aws:iam::aws:policy/AmazonAPIGatewayAdministrator"
ALLOW_GET = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "apigateway:GET",
                "Resource": f"arn:aws:apigateway:{REGION}::/*",
            }
        ],
    }
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
KINDS = ["user", "role"]


@pytest.fixture
async def laboratory() -> AsyncIterator[Laboratory]:
    async with Laboratory(more_routes=serve_iam) as laboratory:
        yield laboratory


@pytest.fixture
def iam(laboratory: Laboratory) -> Client:
    return laboratory.client("iam")


async def make(iam: Client, kind: str, **more: Any) -> dict[str, Any]:
    """Make Ada, as a user or a role; give what is said of her."""
    if kind == "user":
        made = await iam.create_user(UserName="ada", **more)
    else:
        made = await iam.create_role(RoleName="ada", AssumeRolePolicyDocument=TRUST, **more)
    said: dict[str, Any] = made[kind.capitalize()]
    return said


def name_of(kind: str) -> dict[str, str]:
    return {f"{kind.capitalize()}Name": "ada"}


async def test_a_user_is_made_told_and_deleted(iam: Client) -> None:
    made = await make(
        iam,
        "user",
        Path="/team/",
        PermissionsBoundary=MANAGED,
        Tags=[{"Key": "team", "Value": "chat"}],
    )
    assert re.fullmatch("AIDA[A-Z2-7]{16}", made["UserId"])
    assert made == {
        "Arn": f"arn:aws:iam::{ACCOUNT_ID}:user/team/ada",
        "CreateDate": made["CreateDate"],
        "Path": "/team/",
        "PermissionsBoundary": {
            "PermissionsBoundaryArn": MANAGED,
            "PermissionsBoundaryType": "Policy",
        },
        "Tags": [{"Key": "team", "Value": "chat"}],
        "UserId": made["UserId"],
        "UserName": "ada",
    }
    assert made["CreateDate"].isoformat() == "2026-09-25T01:25:15+00:00"
    assert (await iam.get_user(UserName="ada"))["User"] == made
    listed = {name: made[name] for name in made.keys() - {"PermissionsBoundary", "Tags"}}
    assert (await iam.list_users())["Users"] == [listed]
    assert (await iam.list_users(PathPrefix="/other/"))["Users"] == []
    await iam.delete_user(UserName="ada")
    text = "The user with name ada cannot be found."
    assert await iam.refuse("get_user", UserName="ada") == (404, "NoSuchEntity", text)


async def test_a_role_is_made_told_and_deleted(laboratory: Laboratory, iam: Client) -> None:
    made = await make(iam, "role", Description="runs", MaxSessionDuration=7200)
    assert made["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert (made["Description"], made["MaxSessionDuration"]) == ("runs", 7200)
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/ada"
    assert (await iam.list_roles())["Roles"] == [made]
    (role,) = laboratory.identities.roles
    assert (role.arn, role.max_session_duration) == (made["Arn"], 7200)
    assert role.trust is not None
    other = json.loads(TRUST)
    other["Statement"][0]["Principal"] = {"Service": "apigateway.amazonaws.com"}
    await iam.update_assume_role_policy(RoleName="ada", PolicyDocument=json.dumps(other))
    assert (await iam.get_role(RoleName="ada"))["Role"]["AssumeRolePolicyDocument"] == other
    await iam.delete_role(RoleName="ada")
    assert laboratory.identities.roles == ()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_policy_is_put_told_and_deleted(iam: Client, kind: str) -> None:
    await make(iam, kind)
    here = {**name_of(kind), "PolicyName": "read"}
    await getattr(iam, f"put_{kind}_policy")(**here, PolicyDocument=ALLOW_GET)
    answer = told(await getattr(iam, f"get_{kind}_policy")(**here))
    assert answer == {**here, "PolicyDocument": json.loads(ALLOW_GET)}
    listed = await getattr(iam, f"list_{kind}_policies")(**name_of(kind))
    assert listed["PolicyNames"] == ["read"]
    status, name, _ = await iam.refuse(f"delete_{kind}", **name_of(kind))
    assert (status, name) == (409, "DeleteConflict")
    await getattr(iam, f"delete_{kind}_policy")(**here)
    text = f"The {kind} policy with name read cannot be found."
    assert await iam.refuse(f"get_{kind}_policy", **here) == (404, "NoSuchEntity", text)
    await getattr(iam, f"delete_{kind}")(**name_of(kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.rule("SEC-MGD-01")
async def test_a_managed_policy_is_attached_and_detached(iam: Client, kind: str) -> None:
    await make(iam, kind)
    here = {**name_of(kind), "PolicyArn": MANAGED}
    for _ in range(2):
        await getattr(iam, f"attach_{kind}_policy")(**here)
    answer = await getattr(iam, f"list_attached_{kind}_policies")(**name_of(kind))
    assert answer["AttachedPolicies"] == [
        {"PolicyArn": MANAGED, "PolicyName": "AmazonAPIGatewayAdministrator"}
    ]
    status, name, _ = await iam.refuse(f"delete_{kind}", **name_of(kind))
    assert (status, name) == (409, "DeleteConflict")
    await getattr(iam, f"detach_{kind}_policy")(**here)
    status, name, _ = await iam.refuse(f"detach_{kind}_policy", **here)
    assert (status, name) == (404, "NoSuchEntity")
    mine = f"arn:aws:iam::{ACCOUNT_ID}:policy/mine"
    status, name, _ = await iam.refuse(f"attach_{kind}_policy", **name_of(kind), PolicyArn=mine)
    assert (status, name) == (404, "NoSuchEntity")
    for number in range(10):
        arn = f"arn:aws:iam::aws:policy/Some{number}"
        await getattr(iam, f"attach_{kind}_policy")(**name_of(kind), PolicyArn=arn)
    status, name, _ = await iam.refuse(f"attach_{kind}_policy", **here)
    assert (status, name) == (409, "LimitExceeded")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_name_is_there_once_in_any_case(iam: Client, kind: str) -> None:
    await make(iam, kind)
    members: dict[str, Any] = {f"{kind.capitalize()}Name": "ADA"}
    if kind == "role":
        members["AssumeRolePolicyDocument"] = TRUST
    status, name, _ = await iam.refuse(f"create_{kind}", **members)
    assert (status, name) == (409, "EntityAlreadyExists")


@pytest.mark.rule("SEC-EVAL-11")
async def test_a_malformed_policy_is_refused(iam: Client) -> None:
    await make(iam, "user")
    for document in ("{", '{"Statement": 7}', '{"Statement": []}'):
        refused = (400, "MalformedPolicyDocument", "Syntax errors in policy.")
        put = await iam.refuse(
            "put_user_policy", UserName="ada", PolicyName="x", PolicyDocument=document
        )
        assert put == refused
        made = await iam.refuse("create_role", RoleName="x", AssumeRolePolicyDocument=document)
        assert made == refused


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"Resource": "*"}, "Has prohibited field Resource"),
        ({"NotResource": "arn:a"}, "Has prohibited field Resource"),
        ({"Action": "s3:*"}, "AssumeRole policy may only specify STS AssumeRole actions."),
        (
            {"Action": ["sts:AssumeRole", "sts:TagSessions"]},
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
    ],
)
async def test_a_trust_policy_is_about_assuming_the_role(
    iam: Client, members: dict[str, object], text: str
) -> None:
    await make(iam, "role")
    (statement,) = json.loads(TRUST)["Statement"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **members}]})
    refused = (400, "MalformedPolicyDocument", text)
    made = await iam.refuse("create_role", RoleName="x", AssumeRolePolicyDocument=document)
    assert made == refused
    changed = await iam.refuse(
        "update_assume_role_policy", **name_of("role"), PolicyDocument=document
    )
    assert changed == refused


async def test_a_session_may_bring_tags_and_its_source(iam: Client) -> None:
    await make(iam, "role")
    document = TRUST.replace(
        '"sts:AssumeRole"', '["sts:Assume*", "sts:TagSession", "sts:SetSourceIdentity"]'
    )
    await iam.update_assume_role_policy(**name_of("role"), PolicyDocument=document)
    told = (await iam.get_role(**name_of("role")))["Role"]["AssumeRolePolicyDocument"]
    assert told == json.loads(document)


async def test_policies_have_10_kb_together(iam: Client) -> None:
    await make(iam, "user")
    long = json.loads(ALLOW_GET)
    long["Statement"][0]["Sid"] = "x" * 9000
    here = {"UserName": "ada", "PolicyDocument": json.dumps(long)}
    await iam.put_user_policy(**here, PolicyName="one")
    await iam.put_user_policy(**here, PolicyName="one")
    status, name, _ = await iam.refuse("put_user_policy", **here, PolicyName="two")
    assert (status, name) == (409, "LimitExceeded")


@pytest.mark.parametrize(
    "members",
    [{"UserName": "no spaces"}, {"UserName": "x", "Path": "/x"}, {"UserName": "x" * 65}, {}],
)
async def test_what_a_user_cannot_be_is_refused(iam: Client, members: dict[str, str]) -> None:
    status, name, _ = await iam.refuse("create_user", **members)
    assert (status, name) == (400, "ValidationError")
