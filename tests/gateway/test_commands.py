import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from routekey.errors import (
    AccessDeniedException,
    AwsException,
    BadRequestException,
    ForbiddenException,
    GoneException,
    LimitExceededException,
    MissingAuthenticationTokenException,
    PayloadTooLargeException,
)
from routekey.gateway.commands import Command, CommandAnswer, handle_command, render_status
from routekey.gateway.lifecycle import Connection, ConnectionStatus
from routekey.ids import ConnectionId, NodeId, encode_connection_id
from routekey.languages.iam import parse_policy
from routekey.languages.sigv4 import SignedRequest
from routekey.quotas import MESSAGE_BYTES_MAX, Limits
from routekey.resources.identity import Credential, Principal
from routekey.testing.apis import ACCOUNT_ID, REGION, make_api
from routekey.testing.fakes import RecordingChannel
from routekey.testing.world import FakeWorld

API = make_api({"$default": "a"})
ARN = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:6behyoa40f"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ROLE = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/echo/session"


def world_with(
    *resources: str,
    limits: Limits | None = None,
    effect: str = "Allow",
    condition: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> FakeWorld:
    """Make a world with one key, whose policy says something of these resources."""
    world = FakeWorld(API, limits=limits, now_ms=time.time_ns() // 1_000_000)
    statement = {
        "Effect": effect,
        "Action": "execute-api:ManageConnections",
        "Resource": list(resources),
        "Condition": dict(condition),
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.credentials["AKIDEXAMPLE"] = Credential(
        access_key_id="AKIDEXAMPLE",
        secret_access_key=SECRET,
        principal=Principal(
            arn=ROLE,
            account=ACCOUNT_ID,
            user_id="AROAEXAMPLE:session",
            policies=(parse_policy(document),),
        ),
    )
    return world


def signed(method: str, path: str, body: bytes = b"") -> SignedRequest:
    """Sign as boto3 does."""
    request = AWSRequest(
        method, f"http://127.0.0.1{path}", data=body, headers={"host": "127.0.0.1"}
    )
    signer = SigV4Auth(BotoCredentials("AKIDEXAMPLE", SECRET), "execute-api", REGION)
    signer.add_auth(request)
    headers = tuple((name, str(value)) for name, value in request.headers.items())
    return SignedRequest(method, path, "", headers, body)


async def run(
    world: FakeWorld,
    method: str,
    connection_id: str,
    body: bytes = b"",
    *,
    rest: str | None = None,
    headers: Iterable[tuple[str, str]] | None = None,
) -> CommandAnswer:
    (snapshot,) = world.world.directory.snapshots[API.api_id].values()
    rest = f"@connections/{connection_id.replace('=', '%3D')}" if rest is None else rest
    request = signed(method, f"/dev/{rest}", body)
    if headers is not None:
        request = request._replace(headers=tuple(headers))
    command = Command(
        snapshot=snapshot, rest=rest, signed=request, source_ip="203.0.113.7", is_secure=True
    )
    return await handle_command(world.world, command)


def opened(world: FakeWorld, channel: RecordingChannel | None = None) -> Connection:
    return world.open(API, channel)


@pytest.mark.rule("DP-MGM-01", "DP-MGM-07", "DP-MGM-13", "DP-UNK-21")
@pytest.mark.parametrize("body", [b"hello", b"", b"\xff", b"x" * MESSAGE_BYTES_MAX])
async def test_a_post_sends_its_body(body: bytes) -> None:
    world, channel = world_with("*"), RecordingChannel()
    answer = await run(world, "POST", opened(world, channel).id, body)
    assert answer == CommandAnswer(status=200)
    assert channel.frames == [body]


@pytest.mark.rule("DP-MGM-02")
@pytest.mark.parametrize("prefix", ["@connections", "%40connections", "%40%63onnections"])
async def test_the_path_may_be_encoded(prefix: str) -> None:
    world, channel = world_with("*"), RecordingChannel()
    connection = opened(world, channel)
    await run(world, "POST", "", b"x", rest=f"{prefix}/{connection.id}")
    assert channel.frames == [b"x"]


@pytest.mark.rule("DP-MGM-08", "DP-MGM-18")
def test_a_status_is_written_exactly_like_this() -> None:
    status = ConnectionStatus(
        connected_at_ms=1_790_295_749_887,
        last_active_at_ms=1_790_295_770_968,
        source_ip="203.0.113.7",
        user_agent='a "quoted" one',
    )
    assert render_status(status).decode() == (
        '{\n  "identity" : {\n    "sourceIp" : "203.0.113.7",\n'
        '    "userAgent" : "a \\"quoted\\" one"\n  },\n'
        '  "connectedAt" : "2026-09-25T00:22:29.887Z",\n'
        '  "lastActiveAt" : "2026-09-25T00:22:50.968Z"\n}'
    )


@pytest.mark.rule("DP-MGM-08")
async def test_a_get_tells_of_a_client_without_user_agent() -> None:
    world = world_with("*")
    answer = await run(world, "GET", opened(world).id)
    assert json.loads(answer.body)["identity"] == {"sourceIp": "127.0.0.1", "userAgent": None}


@pytest.mark.rule("DP-MGM-07", "DP-MGM-17", "DP-DIS-04")
async def test_a_delete_closes_and_a_second_one_finds_nothing() -> None:
    world, channel = world_with("*"), RecordingChannel()
    connection = opened(world, channel)
    assert await run(world, "DELETE", connection.id) == CommandAnswer(status=204)
    assert channel.closed == (1000, "Connection Closed Normally")
    with pytest.raises(GoneException):
        await run(world, "DELETE", connection.id)


@pytest.mark.rule("DP-MGM-09", "DP-UNK-24")
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_a_connection_that_is_not_open_is_gone(method: str) -> None:
    with pytest.raises(GoneException):
        await run(world_with("*"), method, encode_connection_id(b"never..", NodeId(0)))


@pytest.mark.rule("DP-MGM-09", "DP-MGM-10", "SEC-IAM-06")
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize("mangled", ["nonsense", "", "a/b", "é", "x" * 5000])
async def test_a_mangled_id_is_bad_even_for_who_may_nothing(method: str, mangled: str) -> None:
    with pytest.raises(BadRequestException) as caught:
        await run(
            world_with(f"{ARN}/nothing"), method, "", rest=f"@connections/{quote(mangled, safe='')}"
        )
    assert caught.value.message == f"Invalid connectionId: {mangled}"


@pytest.mark.rule("DP-MGM-09")
async def test_data_larger_than_a_message_is_refused() -> None:
    world = world_with("*")
    with pytest.raises(PayloadTooLargeException):
        await run(world, "POST", opened(world).id, b"x" * (MESSAGE_BYTES_MAX + 1))


@pytest.mark.rule("DP-MGM-09", "SEC-ERR-01")
async def test_an_unsigned_request_is_refused() -> None:
    world = world_with("*")
    with pytest.raises(MissingAuthenticationTokenException):
        await run(world, "POST", opened(world).id, headers=[("host", "127.0.0.1")])


@pytest.mark.rule("DP-MGM-04", "SEC-ERR-02")
async def test_a_signature_over_another_host_is_refused() -> None:
    world = world_with("*")
    connection = opened(world)
    request = signed("POST", f"/dev/@connections/{connection.id}")
    headers = [(name, "other" if name == "host" else value) for name, value in request.headers]
    with pytest.raises(AwsException) as caught:
        await run(world, "POST", connection.id, headers=headers)
    assert caught.value.code == "InvalidSignatureException"


@pytest.mark.rule("DP-MGM-05", "SEC-IAM-02", "SEC-IAM-04", "DP-SUR-29")
@pytest.mark.parametrize(
    ("resource", "is_allowed"),
    [
        ("*", True),
        (f"{ARN}/*", True),
        (f"{ARN}/dev/*", True),
        (f"{ARN}/dev/POST/*", True),
        (f"{ARN}/dev/POST/@connections/*", True),
        (f"{ARN}/*/*/@connections/*", True),
        (f"{ARN}/dev/POST/@connections/{{connectionId}}", True),
        (f"{ARN}/dev/POST/@connections/THE_ID", False),
        (f"{ARN}/dev/GET/@connections/*", False),
        (f"{ARN}/prod/*", False),
        ("arn:aws:execute-api:us-east-1:*:*", False),
    ],
)
async def test_policies_name_the_literal_template(resource: str, *, is_allowed: bool) -> None:
    channel = RecordingChannel()
    world = world_with(f"{ARN}/nothing")
    connection = opened(world, channel)
    allowed = world_with(resource.replace("THE_ID", connection.id))
    world.credentials.update(allowed.credentials)
    if is_allowed:
        await run(world, "POST", connection.id, b"x")
        assert channel.frames == [b"x"]
        return
    with pytest.raises(AccessDeniedException) as caught:
        await run(world, "POST", connection.id, b"x")
    assert caught.value.message == (
        f"User: {ROLE} is not authorized to perform: execute-api:ManageConnections on resource: "
        f"arn:aws:execute-api:{REGION}:********9012:6behyoa40f/dev/POST/@connections/"
        "{connectionId} because no identity-based policy allows the "
        "execute-api:ManageConnections action"
    )
    assert channel.frames == []
    (complaint,) = world.telemetry.complaints
    assert complaint.startswith(f"{ROLE} may not execute-api:ManageConnections on {ARN}/dev/POST/")
    assert complaint.endswith(
        'Add to its identity-based policy: {"Effect": "Allow", "Action": '
        f'"execute-api:ManageConnections", "Resource": "{ARN}/dev/POST/@connections/*"}}'
    )


@pytest.mark.rule("SEC-EVAL-09")
async def test_a_condition_sees_the_headers_of_a_push() -> None:
    world = world_with("*", condition={"StringLike": {"aws:UserAgent": "Boto3/*"}})
    connection = opened(world, RecordingChannel())
    headers = signed("POST", f"/dev/@connections/{quote(connection.id)}", b"x").headers
    for agent, is_allowed in (("Boto3/1.43", True), ("curl/8", False)):
        pushed = run(world, "POST", connection.id, b"x", headers=[*headers, ("user-agent", agent)])
        if is_allowed:
            assert (await pushed).status == 200
        else:
            with pytest.raises(AccessDeniedException):
                await pushed


@pytest.mark.rule("DP-MGM-09", "SEC-ERR-20")
async def test_an_explicit_deny_says_so() -> None:
    world = world_with("*", effect="Deny")
    with pytest.raises(AccessDeniedException, match="with an explicit deny in an identity-based"):
        await run(world, "POST", opened(world).id)
    (complaint,) = world.telemetry.complaints
    assert complaint.endswith(
        "A statement with the effect Deny in its identity-based policy says so."
    )


@pytest.mark.rule("DP-MGM-09", "SEC-ERR-10")
@pytest.mark.parametrize(
    ("method", "rest"),
    [("POST", "other"), ("PUT", "@connections/x"), ("POST", "@connections"), ("POST", "")],
)
async def test_other_paths_and_methods_are_forbidden(method: str, rest: str) -> None:
    with pytest.raises(ForbiddenException):
        await run(world_with("*"), method, "", rest=rest)


@pytest.mark.rule("SEC-ERR-11")
async def test_another_path_behind_a_custom_domain_is_named() -> None:
    world = world_with("*")
    (snapshot,) = world.world.directory.snapshots[API.api_id].values()
    rest = "dev/@connections/x"  # the mapping stands for the stage already
    command = Command(
        snapshot=replace(snapshot, domain_name="ws.example.com"),
        rest=rest,
        signed=signed("POST", f"/{rest}"),
        source_ip="203.0.113.7",
        is_secure=True,
    )
    with pytest.raises(ForbiddenException) as caught:
        await handle_command(world.world, command)
    text = "No method found matching route dev/@connections/x for http method POST."
    assert caught.value.message == text


@pytest.mark.rule("DP-MGM-09", "DP-MGM-19")
async def test_too_many_calls_and_clients_that_do_not_read_are_told_apart_by_nobody() -> None:
    world = world_with("*", limits=Limits(account_rate=1, account_burst=1))
    connection = opened(world)
    await run(world, "POST", connection.id)
    with pytest.raises(LimitExceededException):
        await run(world, "POST", connection.id)
    slow = world_with("*")
    with pytest.raises(LimitExceededException):
        await run(slow, "POST", opened(slow, RecordingChannel(is_full=True)).id)


@pytest.mark.rule("DP-MGM-06")
async def test_a_connection_of_another_api_is_gone() -> None:
    world = world_with("*")
    foreign = make_api({"$default": "a"}, api_id="other00000")
    connection = opened(world)
    world.connections.remove(connection)
    connection.api_id = foreign.api_id
    world.connections.add(connection)
    with pytest.raises(GoneException):
        await run(world, "POST", ConnectionId(connection.id))
