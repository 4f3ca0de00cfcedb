"""Who asks, and whether he may."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from routekey.errors import (
    AccessDeniedException,
    AwsException,
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)
from routekey.gateway import identity
from routekey.gateway.identity import (
    INVOKE,
    MANAGE_CONNECTIONS,
    Circumstances,
    account_root,
    authorize,
    identify,
    request_context,
    suggest_statement,
)
from routekey.ids import AccountId
from routekey.languages.iam import Policy, evaluate, parse_policy
from routekey.languages.iam.evaluation import AccessRequest, Decision
from routekey.languages.sigv4 import SignedRequest
from routekey.resources.identity import Credential, Principal
from routekey.testing.fakes import RecordingTelemetry

REGION, ACCOUNT = "eu-west-2", AccountId("123456789012")
HOST = "127.0.0.1:8080"
API = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:abc"
PUSH = f"{API}/dev/POST/@connections/{{connectionId}}"
CONNECT = f"{API}/dev/$connect"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Echo/echo"
ROOT = account_root(ACCOUNT)


def policy(
    action: str = "execute-api:*",
    resource: str = "*",
    *,
    effect: str = "Allow",
    condition: Mapping[str, object] | None = None,
) -> Policy:
    statement = {
        "Effect": effect,
        "Action": action,
        "Resource": resource,
        "Condition": condition or {},
    }
    return parse_policy({"Version": "2012-10-17", "Statement": statement})


ALLOW, DENY = policy(), policy(effect="Deny")
NOTHING = Policy()
ROLE = Principal(arn=SESSION, account=ACCOUNT, user_id="AROAEXAMPLE:echo", policies=(ALLOW,))
KEY = Credential(
    access_key_id="ASIAIOSFODNN7EXAMPLE",
    secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    session_token="token",
    principal=ROLE,
)
FOREIGN = replace(KEY, access_key_id="AKIAFOREIGN", session_token=None)


class OneKey:
    """The port `Credentials`, with one key in it."""

    def find(self, access_key_id: str) -> Credential | None:
        return KEY if access_key_id == KEY.access_key_id else None


def sign(
    credential: Credential = KEY,
    *,
    region: str = REGION,
    service: str = "execute-api",
    is_presigned: bool = False,
    **headers: str,
) -> tuple[SignedRequest, Circumstances]:
    """Make a signed request from this machine, at the moment of its signature."""
    request = AWSRequest("GET", f"http://{HOST}/dev", headers={"Host": HOST})
    signer = SigV4QueryAuth if is_presigned else SigV4Auth
    keys = BotocoreCredentials(
        credential.access_key_id, credential.secret_access_key, credential.session_token
    )
    signer(keys, service, region).add_auth(request)
    query = str(request.url).partition("?")[2]
    fields = [(name, str(value)) for name, value in request.headers.items()]
    fields += [(name.replace("_", "-"), value) for name, value in headers.items()]
    stamp = datetime.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    circumstances = Circumstances(
        source_ip="127.0.0.1",
        now_ms=int(stamp.timestamp()) * 1000,
        region=REGION,
        is_secure=False,
    )
    return SignedRequest("GET", "/dev", query, tuple(fields), b""), circumstances


HERE = Circumstances(
    source_ip="203.0.113.7",
    now_ms=1_790_000_000_000,
    region=REGION,
    is_secure=True,
    headers=[("User-Agent", "ua"), ("REFERER", "https://example.com/"), ("Cookie", "a")],
)


@pytest.mark.rule("DP-AUT-13", "DP-MGM-04")
@pytest.mark.parametrize("is_presigned", [False, True])
def test_a_signature_tells_the_principal(is_presigned: bool) -> None:
    assert identify(*sign(is_presigned=is_presigned), OneKey()) is ROLE


def test_the_region_and_the_service_have_to_be_ours() -> None:
    with pytest.raises(InvalidSignatureException, match="valid region, not 'mars'"):
        identify(*sign(region="mars"), OneKey())
    with pytest.raises(InvalidSignatureException, match="correct service: 'execute-api'"):
        identify(*sign(service="lambda"), OneKey())
    assert identify(*sign(region="mars"), OneKey(), is_any_region=True) is ROLE
    assert identify(*sign(service="lambda"), OneKey(), service="lambda") is ROLE


@pytest.mark.rule("SEC-ERR-03")
@pytest.mark.parametrize("is_presigned", [False, True])
def test_an_unknown_key_is_refused_where_nobody_stands_for_it(is_presigned: bool) -> None:
    with pytest.raises(UnrecognizedClientException):
        identify(*sign(FOREIGN, is_presigned=is_presigned), OneKey())


LOCAL = [
    {},
    {"Origin": "http://localhost:3000"},
    {"origin": "http://app.localhost"},
    {"Origin": "https://127.0.0.1:8443"},
    {"Origin": "http://[::1]:3000"},
]


@pytest.mark.parametrize("headers", LOCAL)
@pytest.mark.parametrize("source_ip", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_an_unknown_key_on_this_machine_is_the_developer(
    headers: dict[str, str], source_ip: str
) -> None:
    request, circumstances = sign(FOREIGN, region="mars", is_presigned=True, **headers)
    circumstances = msgspec.structs.replace(circumstances, source_ip=source_ip)
    assert identify(request, circumstances, OneKey(), stranger=ROOT) is ROOT


ELSEWHERE = [
    ("203.0.113.7", {}),
    ("10.0.0.1", {}),
    ("", {}),
    ("127.0.0.1", {"X_Forwarded_For": "203.0.113.7"}),
    ("127.0.0.1", {"X_Forwarded_For": "127.0.0.1"}),
    ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}),
    ("127.0.0.1", {"Via": "1.1 proxy"}),
    ("127.0.0.1", {"X_Real_IP": "127.0.0.1"}),
    ("127.0.0.1", {"Origin": "https://evil.example"}),
    ("127.0.0.1", {"Origin": "https://localhost.evil.example"}),
    ("127.0.0.1", {"Origin": "null"}),
    ("127.0.0.1", {"Origin": "http://[::1"}),
    ("127.0.0.1", {"Origin": ""}),
    ("127.0.0.1", {"Sec_Fetch_Site": "cross-site"}),
]


@pytest.mark.parametrize(("source_ip", "headers"), ELSEWHERE)
def test_an_unknown_key_from_anywhere_else_is_nobody(
    source_ip: str, headers: dict[str, str]
) -> None:
    """Neither another machine, nor what a proxy forwards, nor the page of a foreign site."""
    request, circumstances = sign(FOREIGN, is_presigned=True, **headers)
    circumstances = msgspec.structs.replace(circumstances, source_ip=source_ip)
    with pytest.raises(UnrecognizedClientException):
        identify(request, circumstances, OneKey(), stranger=ROOT)


def test_a_key_that_we_gave_out_is_checked_on_this_machine_too() -> None:
    """The trust in strangers gives nobody the identity of a key that we know."""
    request, circumstances = sign(replace(KEY, secret_access_key="guessed"))
    with pytest.raises(InvalidSignatureException):
        identify(request, circumstances, OneKey(), stranger=ROOT)


@pytest.mark.rule("SEC-ERR-01")
@pytest.mark.parametrize(
    ("authorization", "kind"),
    [
        ("", MissingAuthenticationTokenException),
        ("Bearer x", IncompleteSignatureException),
    ],
)
def test_whoever_does_not_sign_is_nobody_anywhere(
    authorization: str, kind: type[AwsException]
) -> None:
    request = SignedRequest("GET", "/dev", "", (("Authorization", authorization),), b"")
    circumstances = msgspec.structs.replace(HERE, source_ip="127.0.0.1")
    with pytest.raises(kind):
        identify(request, circumstances, OneKey(), stranger=ROOT)


def refusal(principal: Principal, action: str = MANAGE_CONNECTIONS, resource: str = PUSH) -> str:
    with pytest.raises(AccessDeniedException) as caught:
        authorize(principal, action, resource, HERE)
    assert (caught.value.status, caught.value.message_key) == (403, "Message")
    return str(caught.value.message)


BEGINNING = (
    f"User: {SESSION} is not authorized to perform: execute-api:ManageConnections on resource: "
    f"arn:aws:execute-api:{REGION}:********9012:abc/dev/POST/@connections/{{connectionId}} "
)


@pytest.mark.rule("SEC-ERR-20", "SEC-ERR-09", "DP-MGM-09", "DP-MGM-22", "SEC-EVAL-01")
@pytest.mark.parametrize(
    ("policies", "boundary", "session", "end"),
    [
        ((), None, (), "because no identity-based policy allows the {} action"),
        ((ALLOW, DENY), None, (), "with an explicit deny in an identity-based policy"),
        ((ALLOW,), NOTHING, (), "because no permissions boundary allows the {} action"),
        ((ALLOW,), DENY, (), "with an explicit deny in a permissions boundary"),
        ((ALLOW,), None, (NOTHING,), "because no session policy allows the {} action"),
        ((ALLOW,), None, (ALLOW, DENY), "with an explicit deny in a session policy"),
        ((), NOTHING, (NOTHING,), "because no identity-based policy allows the {} action"),
        ((), None, (DENY,), "with an explicit deny in a session policy"),
        ((), ALLOW, (ALLOW,), "because no identity-based policy allows the {} action"),
    ],
)
def test_a_refusal_names_the_kind_of_policy(
    policies: tuple[Policy, ...],
    boundary: Policy | None,
    session: tuple[Policy, ...],
    end: str,
) -> None:
    principal = replace(ROLE, policies=policies, boundary=boundary, session_policies=session)
    assert refusal(principal) == BEGINNING + end.format(MANAGE_CONNECTIONS)


@pytest.mark.rule("SEC-CONN-04")
def test_a_refused_handshake_names_the_route() -> None:
    message = refusal(replace(ROLE, policies=()), INVOKE, CONNECT)
    assert f"execute-api:Invoke on resource: arn:aws:execute-api:{REGION}:********9012:" in message
    assert "abc/dev/$connect because no identity-based policy" in message


@pytest.mark.rule("SEC-IAM-05")
def test_all_kinds_together_let_pass() -> None:
    authorize(
        replace(ROLE, boundary=ALLOW, session_policies=(NOTHING, ALLOW)),
        MANAGE_CONNECTIONS,
        PUSH,
        HERE,
    )


def test_the_account_itself_may_do_everything() -> None:
    authorize(ROOT, "anything:AtAll", "arn:x", HERE)
    assert (ROOT.arn, ROOT.account) == (f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)


def test_a_session_of_an_administrator_can_be_narrower() -> None:
    narrow = replace(ROOT, session_policies=(policy(INVOKE),))
    authorize(narrow, INVOKE, CONNECT, HERE)
    with pytest.raises(AccessDeniedException, match="because no session policy allows"):
        authorize(narrow, MANAGE_CONNECTIONS, PUSH, HERE)


def test_changed_policies_are_asked_at_once() -> None:
    authorize(ROLE, MANAGE_CONNECTIONS, PUSH, HERE)
    refusal(replace(ROLE, policies=(policy("execute-api:Invoke"),)))
    authorize(ROLE, MANAGE_CONNECTIONS, PUSH, HERE)


@pytest.mark.rule("SEC-EVAL-09")
@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
        ("Bool", "aws:SecureTransport", "true"),
        ("DateLessThan", "aws:CurrentTime", "2026-09-22T00:00:00Z"),
        ("NumericLessThan", "aws:EpochTime", "1790000001"),
        ("StringEquals", "aws:RequestedRegion", REGION),
        ("StringEquals", "aws:UserAgent", "ua"),
        ("StringLike", "aws:Referer", "https://example.com/*"),
        ("StringEquals", "aws:PrincipalAccount", ACCOUNT),
        ("StringEquals", "aws:PrincipalType", "AssumedRole"),
        ("ArnEquals", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/Echo"),
        ("StringLike", "aws:userid", "AROA*:echo"),
        ("Null", "aws:username", "true"),
        ("Null", "aws:TokenIssueTime", "true"),
        ("Bool", "aws:PrincipalIsAWSService", "false"),
        ("StringEquals", "aws:ResourceAccount", ACCOUNT),
    ],
)
def test_conditions_see_how_the_request_came(operator: str, key: str, value: str) -> None:
    allowing = policy(condition={operator: {key: value}})
    authorize(replace(ROLE, policies=(allowing,)), MANAGE_CONNECTIONS, PUSH, HERE)


@pytest.mark.rule("SEC-EVAL-09")
def test_a_session_tells_when_it_began() -> None:
    condition = {"DateEquals": {"aws:TokenIssueTime": "2026-09-21T14:13:20Z"}}
    session = replace(ROLE, policies=(policy(condition=condition),), issued_ms=HERE.now_ms)
    authorize(session, MANAGE_CONNECTIONS, PUSH, HERE)
    with pytest.raises(AccessDeniedException):
        authorize(replace(session, issued_ms=0), MANAGE_CONNECTIONS, PUSH, HERE)


def test_a_decision_on_a_name_that_is_longer_than_any_is_not_remembered() -> None:
    """Thousands of them would be hundreds of megabytes."""
    remembered = identity._lasting_refusal.cache_info
    for resource, more in ((f"{API}/{'a' * 2000}", 1), (f"{API}/{'a' * 2048}", 0)):
        before = remembered().currsize
        assert "no identity-based policy" in refusal(ROLE, "apigateway:GET", resource)
        assert remembered().currsize - before == more


def test_a_decision_with_a_condition_is_made_anew_for_each_request() -> None:
    principal = replace(
        ROLE, policies=(policy(condition={"IpAddress": {"aws:SourceIp": "203.0.113.7"}}),)
    )
    authorize(principal, MANAGE_CONNECTIONS, PUSH, HERE)
    with pytest.raises(AccessDeniedException):
        authorize(
            principal,
            MANAGE_CONNECTIONS,
            PUSH,
            msgspec.structs.replace(HERE, source_ip="203.0.113.8"),
        )


@pytest.mark.rule("SEC-EVAL-06")
def test_a_user_has_a_name() -> None:
    allowing = policy(resource=f"{API}/${{aws:username}}/*")
    user = Principal(
        arn=f"arn:aws:iam::{ACCOUNT}:user/team/dev",
        account=ACCOUNT,
        user_id="A",
        policies=(allowing,),
    )
    authorize(user, MANAGE_CONNECTIONS, PUSH, HERE)
    refusal_of_role = refusal(replace(ROLE, policies=(allowing,)))
    assert "no identity-based policy" in refusal_of_role


def test_a_principal_with_a_strange_name_has_no_type() -> None:
    allowing = policy(condition={"Null": {"aws:PrincipalType": "true"}})
    for arn in ("anonymous", f"arn:aws:iam::{ACCOUNT}:root"):
        authorize(replace(ROLE, arn=arn, policies=(allowing,)), MANAGE_CONNECTIONS, PUSH, HERE)


def test_what_a_client_did_not_send_is_no_key() -> None:
    context = request_context(msgspec.structs.replace(HERE, headers=(), is_secure=False))
    assert not {"aws:UserAgent", "aws:Referer"} & context.keys()
    assert context["aws:SecureTransport"] == "false"


@pytest.mark.rule("SEC-IAM-04", "DP-MGM-05")
@pytest.mark.parametrize("resource", [PUSH, CONNECT])
def test_the_suggested_statement_is_what_was_missing(resource: str) -> None:
    statement = json.loads(suggest_statement(MANAGE_CONNECTIONS, resource))
    suggested = parse_policy({"Version": "2012-10-17", "Statement": statement})
    request = AccessRequest(action=MANAGE_CONNECTIONS, resource=resource)
    assert evaluate([suggested], request) is Decision.ALLOWED
    assert "{" not in statement["Resource"]


@pytest.mark.rule("SEC-MGD-01")
def test_the_operator_is_told_which_policies_are_not_known() -> None:
    unknown = Policy(name="AmazonMacieFullAccess", is_unknown=True)
    telemetry = RecordingTelemetry()
    with pytest.raises(AccessDeniedException):
        authorize(replace(ROLE, policies=(unknown,)), INVOKE, CONNECT, HERE, telemetry=telemetry)
    (complaint,) = telemetry.complaints
    assert "Add to its identity-based policy: " in complaint
    assert "does not know its policies AmazonMacieFullAccess of AWS" in complaint
