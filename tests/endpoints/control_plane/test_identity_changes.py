"""Changes of IAM users, roles and groups, through AWS's SDK."""

import json
from collections.abc import AsyncIterator

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, serve_iam

STATEMENT = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})


@pytest.fixture
async def iam() -> AsyncIterator[Client]:
    async with Laboratory(more_routes=serve_iam) as laboratory:
        client = laboratory.client("iam")
        await client.create_role(RoleName="one", AssumeRolePolicyDocument=TRUST)
        await client.create_user(UserName="one")
        yield client


@pytest.mark.rule("CP-TF-01")
async def test_a_role_is_described_anew(iam: Client) -> None:
    changed = await iam.update_role_description(RoleName="one", Description="runs")
    assert changed["Role"]["Description"] == "runs"
    for members, expected in (
        ({"MaxSessionDuration": 7200}, ("runs", 7200)),
        ({"Description": "walks"}, ("walks", 3600)),
    ):
        await iam.update_role(RoleName="one", **members)
        role = (await iam.get_role(RoleName="one"))["Role"]
        assert (role["Description"], role["MaxSessionDuration"]) == expected


async def test_a_user_gets_another_name_and_path(iam: Client) -> None:
    before = (await iam.get_user(UserName="one"))["User"]
    key = (await iam.create_access_key(UserName="one"))["AccessKey"]["AccessKeyId"]
    await iam.update_user(UserName="one", NewUserName="ONE", NewPath="/all/")
    after = (await iam.get_user(UserName="ONE"))["User"]
    assert after["Arn"] == before["Arn"].replace("user/one", "user/all/ONE")
    assert after["UserId"] == before["UserId"]
    (kept,) = (await iam.list_access_keys(UserName="ONE"))["AccessKeyMetadata"]
    assert kept["AccessKeyId"] == key
    assert (await iam.refuse("get_user", UserName="one"))[:2] == (404, "NoSuchEntity")


async def test_a_group_keeps_its_users_under_another_name(iam: Client) -> None:
    for name in ("team", "other"):
        await iam.create_group(GroupName=name)
    await iam.create_user(UserName="two")
    await iam.add_user_to_group(GroupName="other", UserName="one")
    await iam.add_user_to_group(GroupName="team", UserName="one")
    await iam.update_group(GroupName="team", NewPath="/all/")
    await iam.update_group(GroupName="team", NewGroupName="crew")
    groups = (await iam.list_groups_for_user(UserName="one"))["Groups"]
    assert [group["GroupName"] for group in groups] == ["crew", "other"]
    assert groups[0]["Arn"].endswith(":group/all/crew")


async def test_a_name_that_another_has_is_refused(iam: Client) -> None:
    await iam.create_user(UserName="two")
    refused = await iam.refuse("update_user", UserName="two", NewUserName="One")
    assert refused == (409, "EntityAlreadyExists", "User with name One already exists.")
    refused = await iam.refuse("update_user", UserName="two", NewPath="all")
    assert refused[:2] == (400, "ValidationError")


async def test_who_renames_a_user_may_do_so_under_both_names() -> None:
    async with Laboratory(more_routes=serve_iam) as laboratory:
        iam = laboratory.client("iam")
        await iam.create_user(UserName="ada", Path="/mine/")
        statement = {"Effect": "Allow", "Action": "iam:UpdateUser"}
        resource = "arn:aws:iam::*:user/mine/*"
        document = {"Version": "2012-10-17", "Statement": {**statement, "Resource": resource}}
        await iam.put_user_policy(
            UserName="ada", PolicyName="p", PolicyDocument=json.dumps(document)
        )
        key = (await iam.create_access_key(UserName="ada"))["AccessKey"]
        ada = laboratory.client(
            "iam",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )
        refused = await ada.refuse("update_user", UserName="ada", NewPath="/all/")
        assert refused[:2] == (403, "AccessDenied")
        assert "user/all/ada" in refused[2]
        refused = await ada.refuse("update_user", UserName="nobody", NewUserName="somebody")
        assert refused[:2] == (403, "AccessDenied")
        await ada.update_user(UserName="ada", NewUserName="eve")
        assert (await iam.get_user(UserName="eve"))["User"]["Path"] == "/mine/"


@pytest.mark.rule("CP-TF-01")
@pytest.mark.parametrize("kind", ["role", "user"])
async def test_tags_are_added_told_and_removed(iam: Client, kind: str) -> None:
    here = {f"{kind.capitalize()}Name": "one"}
    one, two = {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}
    await getattr(iam, f"tag_{kind}")(**here, Tags=[one])
    await getattr(iam, f"tag_{kind}")(**here, Tags=[two, {"Key": "a", "Value": "3"}])
    answer = await getattr(iam, f"list_{kind}_tags")(**here)
    assert answer["Tags"] == [{"Key": "a", "Value": "3"}, two]
    assert answer["IsTruncated"] is False
    await getattr(iam, f"untag_{kind}")(**here, TagKeys=["a", "c"])
    assert (await getattr(iam, f"get_{kind}")(**here))[kind.capitalize()]["Tags"] == [two]


@pytest.mark.rule("CP-TF-01")
@pytest.mark.parametrize("kind", ["role", "user"])
async def test_a_boundary_is_put_replaced_and_taken_away(iam: Client, kind: str) -> None:
    here = {f"{kind.capitalize()}Name": "one"}

    async def tell() -> str | None:
        told = (await getattr(iam, f"get_{kind}")(**here))[kind.capitalize()]
        boundary: dict[str, str] = told.get("PermissionsBoundary", {})
        return boundary.get("PermissionsBoundaryArn")

    put = getattr(iam, f"put_{kind}_permissions_boundary")
    for name in ("AdministratorAccess", "PowerUserAccess"):
        arn = f"arn:aws:iam::aws:policy/{name}"
        await put(**here, PermissionsBoundary=arn)
        assert await tell() == arn
    nobody = "arn:aws:iam::123456789012:policy/nobody"
    refused = await iam.refuse(
        f"put_{kind}_permissions_boundary", **here, PermissionsBoundary=nobody
    )
    text = f"Policy {nobody} does not exist or is not attachable."
    assert refused == (404, "NoSuchEntity", text)
    for _ in range(2):
        await getattr(iam, f"delete_{kind}_permissions_boundary")(**here)
        assert await tell() is None


@pytest.mark.rule("CP-TF-01")
async def test_nobody_is_in_a_group_or_an_instance_profile(iam: Client) -> None:
    """Terraform asks for both before it deletes a user or a role."""
    assert (await iam.list_groups_for_user(UserName="one"))["Groups"] == []
    assert (await iam.list_instance_profiles_for_role(RoleName="one"))["InstanceProfiles"] == []


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("update_group", {"GroupName": "no"}),
        ("update_role", {"RoleName": "no"}),
        ("update_user", {"UserName": "no"}),
        ("list_groups_for_user", {"UserName": "no"}),
        ("list_instance_profiles_for_role", {"RoleName": "no"}),
        ("list_user_tags", {"UserName": "no"}),
    ],
)
async def test_who_is_not_there_is_not_found(
    iam: Client, name: str, members: dict[str, str]
) -> None:
    assert (await iam.refuse(name, **members))[:2] == (404, "NoSuchEntity")
