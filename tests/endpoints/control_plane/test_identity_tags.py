"""Tags of users, roles and policies, through AWS's SDK: what is a tag, and what is not."""

from collections.abc import AsyncIterator

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, serve_iam

ADA = {"UserName": "ada"}


@pytest.fixture
async def iam() -> AsyncIterator[Client]:
    async with Laboratory(more_routes=serve_iam) as laboratory:
        client = laboratory.client("iam")
        await client.create_user(**ADA, Tags=[{"Key": "Team", "Value": "chat"}])
        yield client


async def test_upper_and_lower_case_are_one_key(iam: Client) -> None:
    await iam.tag_user(**ADA, Tags=[{"Key": "team", "Value": "games"}])
    assert (await iam.list_user_tags(**ADA))["Tags"] == [{"Key": "team", "Value": "games"}]
    await iam.untag_user(**ADA, TagKeys=["TEAM"])
    assert (await iam.list_user_tags(**ADA))["Tags"] == []


@pytest.mark.parametrize("second", ["a", "A"])
async def test_a_key_that_is_given_twice_is_refused(iam: Client, second: str) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": second, "Value": "2"}]
    text = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    for name in ("tag_user", "create_user"):
        assert await iam.refuse(name, UserName="ada" if name == "tag_user" else "b", Tags=tags) == (
            400,
            "InvalidInput",
            text,
        )


@pytest.mark.parametrize(("key", "value"), [("no!", ""), ("yes", "a*b")])
async def test_what_no_tag_has_is_refused(iam: Client, key: str, value: str) -> None:
    status, code, text = await iam.refuse("tag_user", **ADA, Tags=[{"Key": key, "Value": value}])
    assert (status, code) == (400, "ValidationError")
    member, wrong = ("value", value) if value else ("key", key)
    assert text.startswith(
        f"1 validation error detected: Value '{wrong}' at 'tags.1.member.{member}'"
    )


async def test_letters_of_all_languages_are_taken(iam: Client) -> None:
    tag = {"Key": "équipe 1", "Value": "チャット/a:b=c+d-e@f._"}
    await iam.tag_user(**ADA, Tags=[tag])
    assert tag in (await iam.list_user_tags(**ADA))["Tags"]


async def test_there_are_fifty_at_most(iam: Client) -> None:
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    refused = await iam.refuse("tag_user", **ADA, Tags=many)
    assert refused[:2] == (409, "LimitExceeded")
    await iam.tag_user(**ADA, Tags=many[:49])
    more = [*many, {"Key": "k", "Value": ""}]
    for name, members in (
        ("tag_user", {**ADA, "Tags": more}),
        ("create_user", {"UserName": "b", "Tags": more}),
        ("untag_user", {**ADA, "TagKeys": [tag["Key"] for tag in more]}),
    ):
        status, code, text = await iam.refuse(name, **members)
        assert (status, code) == (400, "ValidationError")
        assert text.endswith("Member must have length less than or equal to 50")
