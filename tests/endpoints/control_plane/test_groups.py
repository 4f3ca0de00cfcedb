"""IAM groups, through AWS's SDK."""

import json
from collections.abc import AsyncIterator

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, serve_iam
from routekey.testing.apis import ACCOUNT_ID

STATEMENT = {"Effect": "Allow", "Action": "apigateway:GET", "Resource": "*"}
ALLOW_GET = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
ADA, TEAM = {"UserName": "ada"}, {"GroupName": "team"}


@pytest.fixture
async def laboratory() -> AsyncIterator[Laboratory]:
    async with Laboratory(more_routes=serve_iam) as laboratory:
        client = laboratory.client("iam")
        await client.create_user(**ADA)
        await client.create_group(**TEAM, Path="/all/")
        yield laboratory


@pytest.fixture
def iam(laboratory: Laboratory) -> Client:
    return laboratory.client("iam")


async def test_a_group_is_made_told_and_deleted(iam: Client) -> None:
    told = await iam.get_group(**TEAM)
    group = told["Group"]
    assert group["Arn"] == f"arn:aws:iam::{ACCOUNT_ID}:group/all/team"
    assert group["GroupId"].startswith("AGPA")
    assert (told["Users"], told["IsTruncated"]) == ([], False)
    assert (await iam.list_groups(PathPrefix="/all/"))["Groups"] == [group]
    assert (await iam.refuse("create_group", GroupName="TEAM"))[:2] == (409, "EntityAlreadyExists")
    await iam.delete_group(**TEAM)
    text = "The group with name team cannot be found."
    assert await iam.refuse("get_group", **TEAM) == (404, "NoSuchEntity", text)


async def test_who_is_in_a_group_may_do_what_it_may(laboratory: Laboratory, iam: Client) -> None:
    await iam.put_group_policy(**TEAM, PolicyName="read", PolicyDocument=ALLOW_GET)
    key = (await iam.create_access_key(**ADA))["AccessKey"]
    ada = laboratory.client(
        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    assert (await ada.refuse("get_apis"))[1] == "AccessDeniedException"
    for _ in range(2):
        await iam.add_user_to_group(**ADA, **TEAM)
    assert (await ada.get_apis())["Items"] == []
    assert [one["UserName"] for one in (await iam.get_group(**TEAM))["Users"]] == ["ada"]
    assert [one["GroupName"] for one in (await iam.list_groups_for_user(**ADA))["Groups"]] == [
        "team"
    ]
    await iam.delete_group_policy(**TEAM, PolicyName="read")
    assert (await ada.refuse("get_apis"))[1] == "AccessDeniedException"


async def test_neither_goes_while_one_is_in_the_other(iam: Client) -> None:
    await iam.add_user_to_group(**ADA, **TEAM)
    text = "Cannot delete entity, must remove users from group first."
    assert await iam.refuse("delete_group", **TEAM) == (409, "DeleteConflict", text)
    assert await iam.refuse("delete_user", **ADA) == (409, "DeleteConflict", text)
    await iam.remove_user_from_group(**ADA, **TEAM)
    await iam.delete_user(**ADA)
    await iam.delete_group(**TEAM)


async def test_a_user_is_in_ten_groups_at_most(iam: Client) -> None:
    for number in range(11):
        await iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        await iam.add_user_to_group(**ADA, GroupName=f"g{number}")
    refusal = await iam.refuse("add_user_to_group", **ADA, GroupName="g10")
    assert refusal == (409, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10")


async def test_who_changes_a_group_has_to_be_allowed_to_change_that_one(
    laboratory: Laboratory, iam: Client
) -> None:
    """IAM's resource of both calls is the group, not the user."""
    own = {**STATEMENT, "Action": "iam:*", "Resource": f"arn:aws:iam::{ACCOUNT_ID}:group/all/team"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [own]})
    await iam.put_user_policy(**ADA, PolicyName="own", PolicyDocument=document)
    await iam.create_group(GroupName="admins")
    key = (await iam.create_access_key(**ADA))["AccessKey"]
    ada = laboratory.client(
        "iam", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    await ada.add_user_to_group(**ADA, **TEAM)
    refusal = await ada.refuse("add_user_to_group", **ADA, GroupName="admins")
    assert refusal[:2] == (403, "AccessDenied")
