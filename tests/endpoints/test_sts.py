"""STS, as boto3 asks it: over the wire and at the admin listener."""

import os
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config as BotoConfig
from botocore.credentials import Credentials as BotoCredentials
from botocore.exceptions import ClientError
from starlette.applications import Starlette

from routekey.adapters.credentials import IssuedCredentials
from routekey.adapters.system import SystemClock, SystemIds
from routekey.endpoints.admin import AdminListener
from routekey.endpoints.sts import TokenService, is_sts_host, make_sts_routes
from routekey.endpoints.wire import Listener
from routekey.gateway.identity import account_root
from routekey.ids import AccountId
from routekey.languages.iam import parse_resource_policy
from routekey.languages.sigv4 import SignedRequest
from routekey.resources.identity import Credential, Principal, Role, User
from routekey.testing.world import FakeWorld

ACCOUNT = AccountId("123456789012")
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
ECHO = f"arn:aws:iam::{ACCOUNT}:role/team/Echo"
_TRUST = {
    "Effect": "Allow",
    "Principal": {"AWS": [ANN, ECHO]},
    "Action": ["sts:AssumeRole", "sts:TagSession"],
}
ROLE = Role(
    arn=ECHO,
    role_id="AROAECHO",
    trust=parse_resource_policy({"Version": "2012-10-17", "Statement": _TRUST}),
    max_session_duration=7200,
)

Ask = Callable[..., Any]


@pytest.fixture
def store() -> IssuedCredentials:
    return IssuedCredentials(
        clock=SystemClock(),
        entropy=os.urandom,
        account_id=ACCOUNT,
        roles=[ROLE],
        users=[User(arn=ANN, user_id="AIDAANN", access_keys={"AKIAANN": "secret"})],
    )


@pytest.fixture
def ann(store: IssuedCredentials) -> Credential:
    found = store.find("AKIAANN")
    assert found is not None
    return found


@pytest.fixture(params=[False, True], ids=["strict", "trusting"])
def stranger(request: pytest.FixtureRequest) -> Principal | None:
    return account_root(ACCOUNT) if request.param else None


def make_service(store: IssuedCredentials, stranger: Principal | None) -> TokenService:
    world = FakeWorld().world
    world.clock, world.ids = SystemClock(), SystemIds()  # boto3 signs with the real time
    world.credentials, world.stranger = store, stranger
    return TokenService(world, store, "eu-west-2")


@pytest.fixture(params=["wire", "admin"])
async def endpoint(
    request: pytest.FixtureRequest, store: IssuedCredentials, stranger: Principal | None
) -> AsyncIterator[str]:
    service = make_service(store, stranger)
    if request.param == "wire":
        listener = await Listener.start(service, "127.0.0.1", 0, clock=SystemClock())
        yield f"http://127.0.0.1:{listener.port}"
        listener.close()
        await listener.wait_closed()
    else:
        admin = AdminListener(Starlette(routes=make_sts_routes(service)))
        admin.start("127.0.0.1", 0)
        yield f"http://127.0.0.1:{admin.port}"
        await admin.close()


def ask(endpoint: str, credential: Credential, operation: str, **arguments: object) -> Any:
    client = boto3.client(
        "sts",
        region_name="eu-west-2",
        endpoint_url=endpoint,
        aws_access_key_id=credential.access_key_id,
        aws_secret_access_key=credential.secret_access_key,
        aws_session_token=credential.session_token,
        config=BotoConfig(retries={"max_attempts": 0}),
    )
    return getattr(client, operation)(**arguments)


async def test_it_tells_who_asks(endpoint: str, store: IssuedCredentials, ann: Credential) -> None:
    for credential, arn, user_id in (
        (ann, ANN, "AIDAANN"),
        (
            store.issue_for_role(ECHO, "echo"),
            f"arn:aws:sts::{ACCOUNT}:assumed-role/Echo/echo",
            "AROAECHO:echo",
        ),
    ):
        told = await to_thread(ask, endpoint, credential, "get_caller_identity")
        assert (told["Arn"], told["UserId"], told["Account"]) == (arn, user_id, ACCOUNT)


async def test_who_is_trusted_takes_a_role(
    endpoint: str, store: IssuedCredentials, ann: Credential
) -> None:
    given = await to_thread(
        ask,
        endpoint,
        ann,
        "assume_role",
        RoleArn=ECHO,
        RoleSessionName="ann",
        DurationSeconds=7200,
        Tags=[{"Key": "team", "Value": "a"}],
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AWSDenyAll"}],
    )
    user = given["AssumedRoleUser"]
    assert user["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Echo/ann"
    assert user["AssumedRoleId"] == "AROAECHO:ann"
    keys = given["Credentials"]
    seconds = (keys["Expiration"] - datetime.now(UTC)).total_seconds()  # noqa: TID251  # the gateway has the real clock here
    assert 7100 < seconds <= 7200
    found = store.find(keys["AccessKeyId"])
    assert found is not None
    assert found.principal.tags == {"team": "a"}
    assert [policy.name for policy in found.principal.session_policies] == ["AWSDenyAll"]
    told = await to_thread(ask, endpoint, found, "get_caller_identity")
    assert told["Arn"] == user["Arn"]


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"RoleArn": f"{ECHO}s"}, "AccessDenied", 403),
        ({"RoleSessionName": "a b"}, "ValidationError", 400),
        ({"DurationSeconds": 7201}, "ValidationError", 400),
        ({"Policy": "{}"}, "MalformedPolicyDocument", 400),
    ],
)
async def test_a_wish_that_cannot_be_granted_is_refused_in_sts_s_words(
    endpoint: str,
    ann: Credential,
    change: dict[str, object],
    code: str,
    status: int,
) -> None:
    wish = {"RoleArn": ECHO, "RoleSessionName": "ann", **change}
    with pytest.raises(ClientError) as caught:
        await to_thread(ask, endpoint, ann, "assume_role", **wish)
    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["ResponseMetadata"]["RequestId"]


async def test_a_role_that_a_role_took_lasts_an_hour_at_most(
    endpoint: str, store: IssuedCredentials
) -> None:
    session = store.issue_for_role(ECHO, "echo")
    wish = {"RoleArn": ECHO, "RoleSessionName": "again"}
    await to_thread(ask, endpoint, session, "assume_role", **wish, DurationSeconds=3600)
    with pytest.raises(ClientError, match="1 hour session limit"):
        await to_thread(ask, endpoint, session, "assume_role", **wish, DurationSeconds=3601)


async def test_a_bad_signature_is_refused_in_sts_s_words(endpoint: str, ann: Credential) -> None:
    forged = Credential(
        access_key_id=ann.access_key_id, secret_access_key="forged", principal=ann.principal
    )
    with pytest.raises(ClientError) as caught:
        await to_thread(ask, endpoint, forged, "get_caller_identity")
    assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


async def test_an_unknown_key_is_the_developer_or_nobody(
    endpoint: str, store: IssuedCredentials, stranger: Principal | None, ann: Credential
) -> None:
    store.replace([ROLE], [])
    unknown = ann
    if stranger is not None:
        told = await to_thread(ask, endpoint, unknown, "get_caller_identity")
        assert told["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
        return
    with pytest.raises(ClientError) as caught:
        await to_thread(ask, endpoint, unknown, "get_caller_identity")
    assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"


async def test_whoever_does_not_sign_is_told_so(endpoint: str) -> None:
    answer = await to_thread(
        urllib3.request, "POST", endpoint, body=b"Action=GetCallerIdentity", retries=False
    )
    assert answer.status == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in answer.data
    assert answer.headers["content-type"] == "text/xml"


async def test_other_operations_are_named_and_refused(endpoint: str, ann: Credential) -> None:
    with pytest.raises(ClientError, match="GetSessionToken") as caught:
        await to_thread(ask, endpoint, ann, "get_session_token")
    assert caught.value.response["Error"]["Code"] == "InvalidAction"


async def test_a_form_that_is_too_long_is_not_read(store: IssuedCredentials) -> None:
    admin = AdminListener(Starlette(routes=make_sts_routes(make_service(store, None))))
    admin.start("127.0.0.1", 0)
    url = f"http://127.0.0.1:{admin.port}/"
    answer = await to_thread(urllib3.request, "POST", url, body=b"a" * 70_000, retries=False)
    await admin.close()
    assert answer.status == 413


def test_a_request_without_an_action_is_told_so(store: IssuedCredentials, ann: Credential) -> None:
    body = b"Version=2011-06-15"
    request = AWSRequest("POST", "http://127.0.0.1/", data=body, headers={"host": "127.0.0.1"})
    keys = BotoCredentials(ann.access_key_id, ann.secret_access_key)
    SigV4Auth(keys, "sts", "us-east-1").add_auth(request)
    headers = tuple((name, str(value)) for name, value in request.headers.items())
    signed = SignedRequest("POST", "/", "", headers, body)
    answer = make_service(store, None).answer(signed, source_ip="127.0.0.1", is_secure=False)
    assert b"<Code>MissingAction</Code>" in answer.body


@pytest.mark.parametrize(
    ("host", "is_sts"),
    [
        ("sts.amazonaws.com", True),
        ("STS.eu-west-2.amazonaws.com:443", True),
        ("sts.cn-north-1.amazonaws.com.cn", True),
        ("sts.evil.com", False),
        ("xsts.amazonaws.com", False),
        ("sts.a.b.amazonaws.com", False),
        ("", False),
    ],
)
def test_sts_has_two_kinds_of_names(host: str, is_sts: bool) -> None:
    assert is_sts_host(host) is is_sts
