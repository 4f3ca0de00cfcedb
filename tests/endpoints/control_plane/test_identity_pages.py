"""Pages of IAM's lists, through AWS's SDK."""

import json
from collections.abc import AsyncIterator

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, serve_iam
from routekey.endpoints.control_plane.identity_pages import cut_page
from routekey.testing.apis import ACCOUNT_ID

ADA = {"UserName": "ada"}
ARN = f"arn:aws:iam::{ACCOUNT_ID}:policy/own"
NAMES = ["a", "b", "c", "d", "e"]
STATEMENT = {"Effect": "Allow", "Action": "a:b", "Resource": "*"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})


@pytest.fixture
async def iam() -> AsyncIterator[Client]:
    async with Laboratory(more_routes=serve_iam) as laboratory:
        client = laboratory.client("iam")
        await client.create_user(**ADA)
        await client.create_policy(PolicyName="own", PolicyDocument=DOCUMENT)
        yield client


async def test_a_list_comes_in_pages(iam: Client) -> None:
    for name in reversed(NAMES):
        await iam.put_user_policy(**ADA, PolicyName=name, PolicyDocument=DOCUMENT)
    told: list[str] = []
    marker: dict[str, str] = {}
    for size in (2, 2, 1):
        page = await iam.list_user_policies(**ADA, MaxItems=2, **marker)
        assert len(page["PolicyNames"]) == size
        told += page["PolicyNames"]
        marker = {"Marker": page["Marker"]} if page["IsTruncated"] else {}
    assert (told, marker) == (NAMES, {})


async def test_what_is_deleted_between_two_pages_hides_nothing(iam: Client) -> None:
    for name in NAMES:
        await iam.create_group(GroupName=name)
    page = await iam.list_groups(MaxItems=2)
    for group in page["Groups"]:
        await iam.delete_group(GroupName=group["GroupName"])
    page = await iam.list_groups(Marker=page["Marker"])
    assert [group["GroupName"] for group in page["Groups"]] == ["c", "d", "e"]


async def test_a_short_list_keeps_its_order(iam: Client) -> None:
    for _ in range(2):
        await iam.create_policy_version(PolicyArn=ARN, PolicyDocument=DOCUMENT)
    first = await iam.list_policy_versions(PolicyArn=ARN, MaxItems=1)
    rest = await iam.list_policy_versions(PolicyArn=ARN, Marker=first["Marker"])
    told = [one["VersionId"] for page in (first, rest) for one in page["Versions"]]
    assert told == ["v3", "v2", "v1"]


async def test_several_lists_of_an_answer_are_one(iam: Client) -> None:
    await iam.create_group(GroupName="all")
    await iam.attach_group_policy(GroupName="all", PolicyArn=ARN)
    await iam.attach_user_policy(**ADA, PolicyArn=ARN)
    first = await iam.list_entities_for_policy(PolicyArn=ARN, MaxItems=1)
    assert (len(first["PolicyGroups"]), len(first["PolicyUsers"])) == (1, 0)
    rest = await iam.list_entities_for_policy(PolicyArn=ARN, Marker=first["Marker"])
    assert (len(rest["PolicyGroups"]), len(rest["PolicyUsers"])) == (0, 1)
    assert rest["IsTruncated"] is False


def test_a_page_has_a_hundred_items() -> None:
    names = {"policy_names": [f"{number:03}" for number in range(101)], "is_truncated": False}
    page = cut_page(names, {})
    assert (len(page["policy_names"]), page["is_truncated"]) == (100, True)
    assert cut_page(names, {"marker": page["marker"]})["policy_names"] == ["100"]


async def test_policies_of_one_name_are_told_apart(iam: Client) -> None:
    await iam.create_policy(PolicyName="AdministratorAccess", PolicyDocument=DOCUMENT)
    told: list[str] = []
    page = await iam.list_policies(MaxItems=1)
    while page["IsTruncated"]:
        told += [one["Arn"] for one in page["Policies"]]
        page = await iam.list_policies(MaxItems=1, Marker=page["Marker"])
    assert {arn for arn in told if arn.endswith("/AdministratorAccess")} == {
        "arn:aws:iam::aws:policy/AdministratorAccess",
        f"arn:aws:iam::{ACCOUNT_ID}:policy/AdministratorAccess",
    }


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"Marker": "x"}, "Invalid Marker: x"),
        ({"Marker": "?"}, "Invalid Marker: ?"),
        ({"Marker": "é"}, "Invalid Marker: é"),
        ({"MaxItems": 0}, "maxItems"),
    ],
)
async def test_what_is_no_page_is_refused(
    iam: Client, members: dict[str, object], text: str
) -> None:
    status, code, said = await iam.refuse("list_users", **members)
    assert (status, code) == (400, "ValidationError")
    assert text in said
