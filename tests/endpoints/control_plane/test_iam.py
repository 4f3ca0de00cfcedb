"""IAM over HTTP: who may ask, and what is asked of others at the same place."""

import json
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from endpoints.control_plane.laboratory import Client, Laboratory, ask, serve_iam
from routekey.adapters.store import MemoryStore
from routekey.endpoints.control_plane.iam import read_request, write_result
from routekey.endpoints.control_plane.shapes import load_service
from routekey.endpoints.query_protocol import QueryError
from routekey.languages.iam import parse_policy
from routekey.resources.identity import Principal
from routekey.resources.store import StoreError
from routekey.testing.apis import ACCOUNT_ID, REGION


@pytest.fixture
async def laboratory() -> AsyncIterator[Laboratory]:
    async with Laboratory(more_routes=serve_iam) as laboratory:
        yield laboratory


@pytest.fixture
def iam(laboratory: Laboratory) -> Client:
    return laboratory.client("iam")


async def test_what_is_signed_for_another_service_is_its_own(laboratory: Laboratory) -> None:
    status, _, body = await ask(laboratory, "POST", "/")
    assert (status, body) == (200, b"another service")


@pytest.mark.rule("SEC-ERR-20")
async def test_policies_decide_who_may_ask(laboratory: Laboratory) -> None:
    user = f"arn:aws:iam::{ACCOUNT_ID}:user/ada"
    statement = {"Effect": "Allow", "Action": "iam:CreateUser", "Resource": user}
    policy = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
    maker = Principal(
        arn=f"arn:aws:iam::{ACCOUNT_ID}:user/maker",
        account=ACCOUNT_ID,
        user_id="AIDAEXAMPLE",
        policies=(policy,),
    )
    client = laboratory.client("iam", **laboratory.give_key(maker))
    await client.create_user(UserName="ada")
    for name, members in (("create_user", {"UserName": "bob"}), ("list_users", {})):
        status, code, text = await client.refuse(name, **members)
        assert (status, code) == (403, "AccessDenied")
        assert "not authorized to perform: iam:" in text


@pytest.mark.parametrize(
    "form",
    [
        {"Action": "DeleteUser", "UserName": "ada", "Path": "/team/"},
        {"Action": "DeleteRole", "RoleName": "ada", "UserName": "team/mate"},
    ],
)
async def test_nobody_is_named_by_what_an_operation_does_not_read(
    laboratory: Laboratory, iam: Client, form: dict[str, str]
) -> None:
    """Who may do everything with a team cannot call somebody else its member."""
    team = f"arn:aws:iam::{ACCOUNT_ID}:user/team/*"
    statement = {"Effect": "Allow", "Action": "iam:*", "Resource": team}
    policy = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
    leader = Principal(
        arn=f"arn:aws:iam::{ACCOUNT_ID}:user/leader",
        account=ACCOUNT_ID,
        user_id="AIDAEXAMPLE",
        policies=(policy,),
    )
    key = laboratory.give_key(leader)
    await iam.create_user(UserName="ada")
    body = urlencode({**form, "Version": "2010-05-08"}).encode()
    request = AWSRequest("POST", f"{laboratory.url}/", data=body)
    keys = ReadOnlyCredentials(key["aws_access_key_id"], key["aws_secret_access_key"], None)
    SigV4Auth(keys, "iam", REGION).add_auth(request)
    status, _, answer = await ask(laboratory, "POST", "/", body, dict(request.headers))
    assert status == 403
    assert b"/ada" in answer
    assert (await iam.get_user(UserName="ada"))["User"]


async def test_an_unknown_key_is_refused_in_iams_words() -> None:
    async with Laboratory(is_strict=True, more_routes=serve_iam) as laboratory:
        status, code, _ = await laboratory.client("iam").refuse("list_users")
        assert (status, code) == (403, "InvalidClientTokenId")


async def test_an_operation_that_is_not_here_says_so(iam: Client) -> None:
    status, code, text = await iam.refuse("list_instance_profiles")
    assert (status, code) == (400, "InvalidAction")
    assert "ListInstanceProfiles" in text


async def test_a_failure_of_our_own_is_500_and_logged(
    laboratory: Laboratory, iam: Client, caplog: pytest.LogCaptureFixture
) -> None:
    class FullDisk(MemoryStore):
        async def write(self, _: object) -> None:
            raise StoreError("the disk is full")

    laboratory.plane._store = FullDisk()
    status, code, _ = await iam.refuse("create_user", UserName="ada")
    assert (status, code) == (500, "ServiceFailure")
    assert "the disk is full" in caplog.text
    assert (await iam.list_users())["Users"] == []


def test_a_form_is_read_by_the_model() -> None:
    form = {
        "Action": "CreateUser",
        "Tags.member.1.Key": "a",
        "Tags.member.1.Value": "1",
        "Tags.member.2.Key": "b",
        "Tags.member.2.Value": "2",
        "Tags.member.9.Key": "never",
        "UserName": "ada",
    }
    service = load_service("iam", "2010-05-08")
    tags = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    assert read_request(service, "CreateUser", form) == {"tags": tags, "user_name": "ada"}
    assert read_request(service, "ListUsers", {}) == {}
    with pytest.raises(QueryError, match=r"null at 'userName' failed .* Member must not be null"):
        read_request(service, "CreateUser", {})
    untag = {"UserName": "ada", "TagKeys": ""}
    assert read_request(service, "UntagUser", untag) == {"tag_keys": [], "user_name": "ada"}


def test_an_answer_is_written_by_the_model() -> None:
    service = load_service("iam", "2010-05-08")
    policy = {"user_name": "a", "policy_name": "b", "policy_document": json.dumps({"a": 1})}
    assert write_result(service, "GetUserPolicy", policy) == (
        ("UserName", "a"),
        ("PolicyName", "b"),
        ("PolicyDocument", "%7B%22a%22%3A%201%7D"),
    )
    names = {"policy_names": ["a", "b"], "is_truncated": False}
    assert write_result(service, "ListUserPolicies", names) == (
        ("PolicyNames", (("member", "a"), ("member", "b"))),
        ("IsTruncated", "false"),
    )
    assert write_result(service, "DeleteUser", {}) == ()
