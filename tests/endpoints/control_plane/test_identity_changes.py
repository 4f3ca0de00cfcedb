"""Changes of IAM users and roles, through AWS's SDK."""

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
    await iam.update_role(RoleName="one", MaxSessionDuration=7200)
    role = (await iam.get_role(RoleName="one"))["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("runs", 7200)


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
        ("update_role", {"RoleName": "no"}),
        ("list_groups_for_user", {"UserName": "no"}),
        ("list_instance_profiles_for_role", {"RoleName": "no"}),
        ("list_user_tags", {"UserName": "no"}),
    ],
)
async def test_who_is_not_there_is_not_found(
    iam: Client, name: str, members: dict[str, str]
) -> None:
    assert (await iam.refuse(name, **members))[:2] == (404, "NoSuchEntity")
