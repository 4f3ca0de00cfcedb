"""IAM policies of the account's own, through AWS's SDK."""

import json
import re
from collections.abc import AsyncIterator

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, serve_iam
from routekey.resources.managed_identity import ManagedIdentities, ManagedPolicy
from routekey.resources.project import Project
from routekey.testing.apis import ACCOUNT_ID, REGION

ARN = f"arn:aws:iam::{ACCOUNT_ID}:policy/shared/read"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
ADA, HERE = {"UserName": "ada"}, {"PolicyArn": ARN}


def allow(action: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


READ, NOTHING = allow("apigateway:GET"), allow("a:b")


@pytest.fixture
async def laboratory() -> AsyncIterator[Laboratory]:
    async with Laboratory(more_routes=serve_iam) as laboratory:
        client = laboratory.client("iam")
        await client.create_user(**ADA)
        await client.create_policy(PolicyName="read", Path="/shared/", PolicyDocument=READ)
        yield laboratory


@pytest.fixture
def iam(laboratory: Laboratory) -> Client:
    return laboratory.client("iam")


async def sign_as_ada(laboratory: Laboratory, service: str = "apigatewayv2") -> Client:
    key = (await laboratory.client("iam").create_access_key(**ADA))["AccessKey"]
    return laboratory.client(
        service,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


async def test_a_policy_is_made_told_and_deleted(iam: Client) -> None:
    policy = (await iam.get_policy(**HERE))["Policy"]
    assert (policy["Arn"], policy["PolicyName"], policy["Path"]) == (ARN, "read", "/shared/")
    assert policy["PolicyId"].startswith("ANPA")
    assert (policy["DefaultVersionId"], policy["IsAttachable"]) == ("v1", True)
    assert "Tags" not in policy
    assert (await iam.list_policies(Scope="Local"))["Policies"] == [policy]
    assert (await iam.list_policies(PathPrefix="/other/"))["Policies"] == []
    assert (await iam.list_policies(OnlyAttached=True))["Policies"] == []
    await iam.delete_policy(**HERE)
    text = f"Policy {ARN} was not found."
    assert await iam.refuse("get_policy", **HERE) == (404, "NoSuchEntity", text)


async def test_what_cannot_be_made_is_refused(iam: Client) -> None:
    text = "A policy called READ already exists. Duplicate names are not allowed."
    refused = await iam.refuse("create_policy", PolicyName="READ", PolicyDocument=READ)
    assert refused == (409, "EntityAlreadyExists", text)
    refused = await iam.refuse("create_policy", PolicyName="a", PolicyDocument="{}")
    assert refused[:2] == (400, "MalformedPolicyDocument")
    refused = await iam.refuse("create_policy", PolicyName="a", Path="a", PolicyDocument=READ)
    assert refused[:2] == (400, "ValidationError")
    long = allow("a:b", "arn:aws:s3:::" + 6144 * "x")
    refused = await iam.refuse("create_policy", PolicyName="a", PolicyDocument=long)
    assert refused == (409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")


async def test_its_default_version_counts_at_once(laboratory: Laboratory, iam: Client) -> None:
    ada = await sign_as_ada(laboratory)
    assert (await ada.refuse("get_apis"))[1] == "AccessDeniedException"
    await iam.attach_user_policy(**ADA, **HERE)
    assert (await ada.get_apis())["Items"] == []
    made = await iam.create_policy_version(**HERE, PolicyDocument=NOTHING)
    assert (made["PolicyVersion"]["VersionId"], made["PolicyVersion"]["IsDefaultVersion"]) == (
        "v2",
        False,
    )
    assert (await ada.get_apis())["Items"] == []
    await iam.set_default_policy_version(**HERE, VersionId="v2")
    assert (await ada.refuse("get_apis"))[1] == "AccessDeniedException"
    await iam.create_policy_version(**HERE, PolicyDocument=READ, SetAsDefault=True)
    assert (await ada.get_apis())["Items"] == []


async def test_versions_are_told_and_deleted_but_the_default_one(iam: Client) -> None:
    await iam.create_policy_version(**HERE, PolicyDocument=NOTHING, SetAsDefault=True)
    listed = (await iam.list_policy_versions(**HERE))["Versions"]
    assert [(one["VersionId"], one["IsDefaultVersion"]) for one in listed] == [
        ("v2", True),
        ("v1", False),
    ]
    for version, document in (("v1", READ), ("v2", NOTHING)):
        told = (await iam.get_policy_version(**HERE, VersionId=version))["PolicyVersion"]
        assert told["Document"] == json.loads(document)
    text = "Cannot delete the default version of a policy."
    refused = await iam.refuse("delete_policy_version", **HERE, VersionId="v2")
    assert refused == (409, "DeleteConflict", text)
    await iam.delete_policy_version(**HERE, VersionId="v1")
    refused = await iam.refuse("get_policy_version", **HERE, VersionId="v1")
    text = f"Policy {ARN} version v1 does not exist or is not attachable."
    assert refused == (404, "NoSuchEntity", text)
    made = await iam.create_policy_version(**HERE, PolicyDocument=READ)
    assert made["PolicyVersion"]["VersionId"] == "v3"


async def test_a_policy_has_five_versions_at_most(iam: Client) -> None:
    for _ in range(4):
        await iam.create_policy_version(**HERE, PolicyDocument=NOTHING)
    refused = await iam.refuse("create_policy_version", **HERE, PolicyDocument=NOTHING)
    assert refused[:2] == (409, "LimitExceeded")
    assert "up to 5 versions" in refused[2]


async def test_a_policy_that_somebody_has_stays(iam: Client) -> None:
    await iam.attach_user_policy(**ADA, **HERE)
    await iam.create_user(UserName="bob", PermissionsBoundary=ARN)
    policy = (await iam.get_policy(**HERE))["Policy"]
    assert (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]) == (1, 1)
    text = "Cannot delete a policy attached to entities."
    await iam.detach_user_policy(**ADA, **HERE)
    assert await iam.refuse("delete_policy", **HERE) == (409, "DeleteConflict", text)
    await iam.delete_user(UserName="bob")
    await iam.create_policy_version(**HERE, PolicyDocument=NOTHING)
    refused = await iam.refuse("delete_policy", **HERE)
    assert refused[:2] == (409, "DeleteConflict")
    assert "more than one version" in refused[2]


async def test_lists_are_of_those_that_are_asked_for(iam: Client) -> None:
    await iam.tag_policy(**HERE, Tags=[{"Key": "a", "Value": "1"}])
    await iam.attach_user_policy(**ADA, PolicyArn=ADMINISTRATOR)
    await iam.put_user_permissions_boundary(**ADA, PermissionsBoundary=ARN)

    async def tell(**members: object) -> list[str]:
        return [one["Arn"] for one in (await iam.list_policies(**members))["Policies"]]

    assert await tell(Scope="Local") == [ARN]
    assert ARN not in await tell(Scope="AWS")
    assert {ARN, ADMINISTRATOR} < set(await tell())
    assert await tell(OnlyAttached=True) == [ADMINISTRATOR]
    assert await tell(PolicyUsageFilter="PermissionsPolicy") == [ADMINISTRATOR]
    assert await tell(PolicyUsageFilter="PermissionsBoundary") == [ARN]
    (listed,) = (await iam.list_policies(Scope="Local"))["Policies"]
    assert "Tags" not in listed


@pytest.mark.rule("SEC-MGD-01")
async def test_the_policies_of_aws_are_told_and_stay_as_they_are(iam: Client) -> None:
    told = (await iam.get_policy(PolicyArn=BASIC_EXECUTION))["Policy"]
    assert (
        told["PolicyName"],
        told["Path"],
        told["DefaultVersionId"],
        told["AttachmentCount"],
    ) == (
        "AWSLambdaBasicExecutionRole",
        "/service-role/",
        "v1",
        0,
    )
    assert re.fullmatch("ANPA[A-Z2-7]{17}", told["PolicyId"])
    version = await iam.get_policy_version(PolicyArn=BASIC_EXECUTION, VersionId="v1")
    (statement,) = version["PolicyVersion"]["Document"]["Statement"]
    assert "logs:PutLogEvents" in statement["Action"]
    versions = (await iam.list_policy_versions(PolicyArn=BASIC_EXECUTION))["Versions"]
    assert [one["VersionId"] for one in versions] == ["v1"]
    assert (await iam.list_policy_tags(PolicyArn=BASIC_EXECUTION))["Tags"] == []
    for name, members in (
        ("create_policy_version", {"PolicyDocument": READ}),
        ("delete_policy", {}),
        ("tag_policy", {"Tags": [{"Key": "a", "Value": "b"}]}),
    ):
        refused = await iam.refuse(name, PolicyArn=BASIC_EXECUTION, **members)
        assert refused[:2] == (404, "NoSuchEntity")


async def test_tags_are_added_told_and_removed(iam: Client) -> None:
    one, two = {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}
    await iam.tag_policy(**HERE, Tags=[one, two])
    assert (await iam.list_policy_tags(**HERE))["Tags"] == [one, two]
    await iam.untag_policy(**HERE, TagKeys=["a"])
    assert (await iam.get_policy(**HERE))["Policy"]["Tags"] == [two]


async def test_who_changes_a_policy_has_to_be_allowed_to_change_that_one(
    laboratory: Laboratory, iam: Client
) -> None:
    own = allow("iam:*", f"arn:aws:iam::{ACCOUNT_ID}:policy/ada/*")
    await iam.put_user_policy(**ADA, PolicyName="own", PolicyDocument=own)
    ada = await sign_as_ada(laboratory, "iam")
    await ada.create_policy(PolicyName="hers", Path="/ada/", PolicyDocument=READ)
    for name, members in (
        ("create_policy", {"PolicyName": "more", "PolicyDocument": READ}),
        ("create_policy_version", {**HERE, "PolicyDocument": READ}),
        ("list_policies", {}),
    ):
        assert (await ada.refuse(name, **members))[:2] == (403, "AccessDenied")


async def test_an_account_has_so_many_policies_at_most(laboratory: Laboratory, iam: Client) -> None:
    count = 1500
    many = (
        ManagedPolicy(name=f"p{number}", id="ANPA", document=NOTHING) for number in range(count)
    )
    identities = ManagedIdentities(policies=tuple(many))
    await laboratory.plane.load_project(
        Project(region=REGION, account_id=ACCOUNT_ID, identities=identities)
    )
    refused = await iam.refuse("create_policy", PolicyName="a", PolicyDocument=READ)
    assert refused == (409, "LimitExceeded", f"Cannot exceed quota for Policies: {count}")
