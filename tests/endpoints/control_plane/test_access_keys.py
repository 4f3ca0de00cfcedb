"""Access keys, through AWS's SDK."""

import json
import re
from collections.abc import AsyncIterator

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, serve_iam
from routekey.testing.apis import ACCOUNT_ID, REGION

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


@pytest.fixture
async def laboratory() -> AsyncIterator[Laboratory]:
    async with Laboratory(more_routes=serve_iam) as laboratory:
        yield laboratory


@pytest.fixture
def iam(laboratory: Laboratory) -> Client:
    return laboratory.client("iam")


async def test_a_users_key_opens_what_his_policies_allow(
    laboratory: Laboratory, iam: Client, client: Client, api_id: str
) -> None:
    await iam.create_user(UserName="ada")
    await iam.put_user_policy(UserName="ada", PolicyName="read", PolicyDocument=ALLOW_GET)
    key = (await iam.create_access_key(UserName="ada"))["AccessKey"]
    assert re.fullmatch("AKIA[A-Z2-7]{16}", key["AccessKeyId"])
    ada = laboratory.client(
        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    assert (await ada.get_api(ApiId=api_id))["ApiId"] == api_id
    status, name, text = await ada.refuse("delete_api", ApiId=api_id)
    assert (status, name) == (403, "AccessDeniedException")
    assert f"arn:aws:iam::{ACCOUNT_ID}:user/ada" in text
    assert (await client.get_api(ApiId=api_id))["ApiId"] == api_id


async def test_keys_are_listed_switched_off_and_deleted(
    laboratory: Laboratory, iam: Client, api_id: str
) -> None:
    await iam.create_user(UserName="ada")
    here = {"UserName": "ada"}
    key = (await iam.create_access_key(**here))["AccessKey"]
    place = {**here, "AccessKeyId": key["AccessKeyId"]}
    (listed,) = (await iam.list_access_keys(**here))["AccessKeyMetadata"]
    assert listed == {**place, "CreateDate": key["CreateDate"], "Status": "Active"}
    await iam.put_user_policy(**here, PolicyName="read", PolicyDocument=ALLOW_GET)
    ada = laboratory.client(
        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    await iam.update_access_key(**place, Status="Inactive")
    status, name, _ = await ada.refuse("get_api", ApiId=api_id)
    assert (status, name) == (403, "UnrecognizedClientException")
    await iam.update_access_key(**place, Status="Active")
    assert (await ada.get_api(ApiId=api_id))["ApiId"] == api_id
    await iam.create_access_key(**here)
    status, name, _ = await iam.refuse("create_access_key", **here)
    assert (status, name) == (409, "LimitExceeded")
    await iam.delete_user_policy(**here, PolicyName="read")
    status, name, _ = await iam.refuse("delete_user", **here)
    assert (status, name) == (409, "DeleteConflict")
    await iam.delete_access_key(**place)
    status, name, _ = await iam.refuse("delete_access_key", **place)
    assert (status, name) == (404, "NoSuchEntity")


async def test_who_names_nobody_means_himself(laboratory: Laboratory, iam: Client) -> None:
    """A user changes his own keys, and needs to be allowed that for himself only."""
    user = f"arn:aws:iam::{ACCOUNT_ID}:user/team/ada"
    statement = {"Effect": "Allow", "Action": "iam:*", "Resource": user}
    own = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    await iam.create_user(UserName="ada", Path="/team/")
    await iam.put_user_policy(UserName="ada", PolicyName="own", PolicyDocument=own)
    key = (await iam.create_access_key(UserName="ada"))["AccessKey"]
    ada = laboratory.client(
        "iam", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    assert (await ada.get_user())["User"]["Arn"] == user
    second = (await ada.create_access_key())["AccessKey"]["AccessKeyId"]
    await ada.update_access_key(AccessKeyId=second, Status="Inactive")
    listed = (await ada.list_access_keys())["AccessKeyMetadata"]
    assert [(one["UserName"], one["Status"]) for one in listed] == [
        ("ada", "Active"),
        ("ada", "Inactive"),
    ]
    await ada.delete_access_key(AccessKeyId=second)
    thief = laboratory.client(
        "iam", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key="guessed"
    )
    assert (await thief.refuse("get_user"))[:2] == (403, "SignatureDoesNotMatch")
    text = "Must specify userName when calling with non-User credentials"
    assert await iam.refuse("get_user") == (400, "ValidationError", text)
