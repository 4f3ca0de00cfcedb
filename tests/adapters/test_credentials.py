"""The keys that we give out."""

import itertools
from dataclasses import replace

import pytest

from routekey.adapters.credentials import (
    DELETED_ROLES_MAX,
    PROCESS_KEYS_MAX,
    RETIRED_KEYS_MAX,
    SESSION_KEYS_MAX,
    IssuedCredentials,
)
from routekey.clock import format_iso
from routekey.errors import AccessDeniedException
from routekey.gateway.identity import Circumstances, authorize
from routekey.gateway.trust import SESSION_SECONDS, SessionWish
from routekey.ids import AccountId
from routekey.languages.iam import Policy, parse_policy, parse_resource_policy
from routekey.resources.identity import Credential, Principal, Role, User
from routekey.testing.fakes import FakeClock

ACCOUNT = AccountId("123456789012")
ECHO = f"arn:aws:iam::{ACCOUNT}:role/team/Echo"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
FUNCTION = f"arn:aws:lambda:eu-west-2:{ACCOUNT}:function:echo"


def policy(action: str, resource: str = "*") -> Policy:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return parse_policy({"Version": "2012-10-17", "Statement": statement})


PUSH, INVOKE = policy("execute-api:ManageConnections"), policy("lambda:InvokeFunction", FUNCTION)


def role(*policies: Policy, boundary: Policy | None = None) -> Role:
    return Role(arn=ECHO, role_id="AROAECHO", policies=policies, boundary=boundary)


KEY = "AKIAANN"


def user(*policies: Policy, secret: str | None = "secret") -> User:
    return User(arn=ANN, user_id="AIDAANN", policies=policies, access_keys={KEY: secret})


class Keys:
    """A store with a clock, and entropy that counts."""

    def __init__(self, *roles: Role, trusts_foreign_roles: bool = False) -> None:
        counter = itertools.count(1)
        self.clock = FakeClock()
        self.store = IssuedCredentials(
            clock=self.clock,
            entropy=lambda size: next(counter).to_bytes(size, "big"),
            account_id=ACCOUNT,
            roles=roles,
            users=[user(PUSH)],
            trusts_foreign_roles=trusts_foreign_roles,
        )

    def principal(self, credential: Credential) -> Principal:
        return self.find(credential.access_key_id).principal

    def find(self, access_key_id: str) -> Credential:
        found = self.store.find(access_key_id)
        assert found is not None
        return found


def test_a_role_gets_keys_that_run_out() -> None:
    keys = Keys(role(PUSH))
    credential = keys.store.issue_for_role(ECHO, "echo")
    assert keys.store.find(credential.access_key_id) is credential
    assert len(credential.access_key_id) == 20
    assert credential.access_key_id.startswith("ASIA")
    assert len(credential.secret_access_key) == 40
    assert credential.session_token
    assert credential.expires_ms == keys.clock.now_ms() + SESSION_SECONDS * 1000
    assert credential.principal == Principal(
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/Echo/echo",
        account=ACCOUNT,
        user_id="AROAECHO:echo",
        policies=(PUSH,),
        role_arn=ECHO,
        issued_ms=keys.clock.now_ms(),
    )


@pytest.mark.rule("SEC-EVAL-09")
def test_sessions_that_began_before_a_moment_can_be_denied() -> None:
    """As the console's "Revoke active sessions" does it."""
    keys = Keys(role(PUSH))
    old = keys.store.issue_for_role(ECHO, "echo")
    keys.clock.advance(10)
    moment = format_iso(keys.clock.now_ms())
    condition = {"DateLessThan": {"aws:TokenIssueTime": moment}}
    denial = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    keys.store.replace([role(PUSH, parse_policy({"Statement": denial}))], [])
    new = keys.store.issue_for_role(ECHO, "echo")
    authorize(keys.principal(new), "execute-api:ManageConnections", "arn:x", HERE)
    with pytest.raises(AccessDeniedException, match="explicit deny"):
        authorize(keys.principal(old), "execute-api:ManageConnections", "arn:x", HERE)


def test_each_session_has_keys_of_its_own() -> None:
    keys = Keys(role())
    first, second = (keys.store.issue_for_role(ECHO, "echo", seconds=60) for _ in range(2))
    assert first.access_key_id != second.access_key_id
    assert first.secret_access_key != second.secret_access_key
    assert first.session_token != second.session_token


def test_a_session_may_be_narrower_than_its_role() -> None:
    keys = Keys(replace(role(PUSH, boundary=INVOKE), trust=trust_in({"AWS": ANN})))
    wish = SessionWish(role_arn=ECHO, session_name="echo", policies=(INVOKE,))
    principal = keys.store.assume(CALLER, wish, HERE).principal
    assert (principal.boundary, principal.session_policies) == (INVOKE, (INVOKE,))


def test_a_user_has_keys_that_last() -> None:
    assert Keys().find(KEY) == Credential(
        access_key_id=KEY,
        secret_access_key="secret",
        principal=Principal(arn=ANN, account=ACCOUNT, user_id="AIDAANN", policies=(PUSH,)),
    )


def test_a_key_that_is_switched_off_is_known_and_signs_nothing() -> None:
    """Under `run` an unknown key is the administrator's."""
    keys = Keys()
    keys.store.replace([], [user(PUSH, secret=None)])
    assert keys.find(KEY).find_signing_key("20261123", "eu-west-2", "execute-api") is None


def test_nobody_has_an_unknown_key() -> None:
    assert Keys().store.find("AKIAIOSFODNN7EXAMPLE") is None


def test_keys_of_others_are_looked_for_beside_our_own() -> None:
    theirs = Keys()
    store = IssuedCredentials(
        clock=theirs.clock,
        entropy=lambda size: b"\xff" * size,
        account_id=ACCOUNT,
        users=[User(arn=ANN, user_id="AIDAANN", access_keys={"AKIAOWN": "secret"})],
        beside=theirs.store,
    )
    assert store.find(KEY) is theirs.find(KEY)
    assert store.find("AKIAOWN") not in {None, theirs.store.find("AKIAOWN")}
    assert store.find("AKIANONE") is None


def test_after_a_reload_the_keys_that_are_out_have_the_new_policies() -> None:
    keys = Keys(replace(role(PUSH), trust=trust_in({"AWS": ANN})))
    wish = SessionWish(role_arn=ECHO, session_name="echo", policies=(PUSH,))
    of_role = keys.store.assume(CALLER, wish, HERE)
    of_user = keys.find(KEY)
    assert of_user.principal.policies == (PUSH,)
    keys.store.replace([role(INVOKE)], [user()])
    assert keys.principal(of_role).policies == (INVOKE,)
    assert keys.principal(of_role).session_policies == (PUSH,)
    assert keys.principal(of_user).policies == ()
    found = keys.store.find(of_role.access_key_id)
    assert found is not None
    assert found.secret_access_key == of_role.secret_access_key


@pytest.mark.parametrize("trusts", [False, True])
def test_after_a_reload_without_the_role_its_keys_may_do_nothing(trusts: bool) -> None:
    keys = Keys(role(PUSH), trusts_foreign_roles=trusts)
    of_role = keys.store.issue_for_role(ECHO, "echo")
    keys.store.replace([], [])
    assert keys.principal(of_role).policies == ()
    assert not keys.principal(of_role).is_administrator
    assert keys.principal(of_role).arn.endswith("assumed-role/Echo/echo")
    assert keys.store.find(KEY) is None


@pytest.mark.parametrize("trusts", [False, True])
def test_a_role_from_elsewhere_may_do_everything_or_nothing(trusts: bool) -> None:
    keys = Keys(trusts_foreign_roles=trusts)
    principal = keys.store.issue_for_role("arn:aws:iam::999988887777:role/Other", "f").principal
    assert principal.is_administrator is trusts
    assert principal.arn == "arn:aws:sts::999988887777:assumed-role/Other/f"


def test_a_role_that_the_project_comes_to_describe_is_trusted_no_more() -> None:
    keys = Keys(trusts_foreign_roles=True)
    credential = keys.store.issue_for_role(ECHO, "echo")
    assert keys.principal(credential).is_administrator
    keys.store.replace([role(PUSH)], [])
    assert not keys.principal(credential).is_administrator
    assert keys.principal(credential).policies == (PUSH,)


def test_a_role_of_the_project_is_never_an_administrator() -> None:
    keys = Keys(role(), trusts_foreign_roles=True)
    assert not keys.store.issue_for_role(ECHO, "echo").principal.is_administrator


def test_who_deletes_the_role_that_limits_him_gains_nothing() -> None:
    """Under trust a role that was never here may do everything; one that was here may not."""
    keys = Keys(role(PUSH), trusts_foreign_roles=True)
    keys.store.replace([], [])
    assert not keys.store.issue_for_role(ECHO, "echo").principal.is_administrator
    assert not keys.store.may_invoke(ECHO, FUNCTION)
    wish = SessionWish(role_arn=ECHO, session_name="ann")
    with pytest.raises(AccessDeniedException):
        keys.store.assume(CALLER, wish, HERE)


def test_only_so_many_deleted_roles_are_remembered() -> None:
    keys = Keys(role(), trusts_foreign_roles=True)
    many = [
        Role(arn=f"arn:aws:iam::{ACCOUNT}:role/r{number}", role_id="AROA")
        for number in range(DELETED_ROLES_MAX)
    ]
    keys.store.replace(many, [])
    keys.store.replace([], [])
    assert keys.store.issue_for_role(ECHO, "echo").principal.is_administrator
    assert not keys.store.issue_for_role(many[0].arn, "r").principal.is_administrator


def test_a_role_that_is_no_arn_belongs_to_the_account() -> None:
    assert Keys().store.issue_for_role("Echo", "f").principal.account == ACCOUNT


@pytest.mark.rule("SEC-ERR-04")
def test_a_key_that_has_run_out_is_remembered_for_an_hour() -> None:
    keys = Keys(role())
    credential = keys.store.issue_for_role(ECHO, "echo", seconds=60)
    keys.clock.advance(60 + 3600)
    keys.store.issue_for_role(ECHO, "echo")
    assert keys.store.find(credential.access_key_id) is credential
    keys.clock.advance(0.001)
    newer = keys.store.issue_for_role(ECHO, "echo")
    assert keys.store.find(credential.access_key_id) is None
    assert keys.store.find(newer.access_key_id) is newer


def test_sessions_that_somebody_asks_for_crowd_out_no_function() -> None:
    keys = Keys(trusting(trust_in({"AWS": ANN})))
    of_function = keys.store.issue_for_role(ECHO, "echo")
    wish = SessionWish(role_arn=ECHO, session_name="ann")
    first, second, *_ = [keys.store.assume(CALLER, wish, HERE) for _ in range(SESSION_KEYS_MAX + 1)]
    assert keys.store.find(of_function.access_key_id) is of_function
    assert keys.store.find(first.access_key_id) is None
    assert keys.store.find(second.access_key_id) is second


def test_the_store_is_bounded() -> None:
    keys = Keys(role())
    lasting = keys.find(KEY)
    first, second, *_, last = [
        keys.store.issue_for_role(ECHO, "echo") for _ in range(PROCESS_KEYS_MAX + 1)
    ]
    assert keys.store.find(first.access_key_id) is None
    for credential in (second, last, lasting):
        assert keys.store.find(credential.access_key_id) is credential


def test_the_keys_of_processes_that_are_gone_crowd_out_nobody() -> None:
    keys = Keys(role())
    living = keys.store.issue_for_role(ECHO, "echo")
    gone = [keys.store.issue_for_role(ECHO, "crash") for _ in range(RETIRED_KEYS_MAX + 1)]
    for credential in gone:
        keys.store.retire(credential.access_key_id)
    keys.store.retire(gone[0].access_key_id)  # forgotten by now
    first, second, *_ = gone
    assert keys.store.find(first.access_key_id) is None
    assert keys.store.find(second.access_key_id) is second
    keys.store.retire(living.access_key_id)
    assert keys.store.find(living.access_key_id) is living


@pytest.mark.rule("DP-INT-07")
def test_a_role_may_invoke_what_its_policies_allow() -> None:
    keys = Keys(role(INVOKE))
    assert keys.store.may_invoke(ECHO, FUNCTION)
    assert not keys.store.may_invoke(ECHO, f"{FUNCTION}-other")
    assert not keys.store.may_invoke(ECHO, "not an ARN")
    keys.store.replace([role(INVOKE, boundary=PUSH)], [])
    assert not keys.store.may_invoke(ECHO, FUNCTION)


@pytest.mark.rule("DP-INT-07")
@pytest.mark.parametrize("trusts", [False, True])
def test_a_role_that_is_not_there_invokes_nothing_but_under_trust(trusts: bool) -> None:
    assert Keys(trusts_foreign_roles=trusts).store.may_invoke(ECHO, FUNCTION) is trusts


@pytest.mark.rule("DP-INT-07")
def test_a_caller_may_invoke_what_his_own_policies_allow() -> None:
    keys = Keys()
    assert not keys.store.may_caller_invoke(KEY, FUNCTION)
    keys.store.replace([], [user(INVOKE)])
    assert keys.store.may_caller_invoke(KEY, FUNCTION)
    assert not keys.store.may_caller_invoke(KEY, f"{FUNCTION}-other")
    found = keys.store.find_caller(KEY)
    assert found is not None
    assert found.principal.arn == ANN


@pytest.mark.rule("DP-INT-07")
@pytest.mark.parametrize("trusts", [False, True])
def test_a_caller_whom_nobody_knows_is_the_developer_or_nobody(trusts: bool) -> None:
    store = Keys(trusts_foreign_roles=trusts).store
    assert store.may_caller_invoke("AKIDUNKNOWN", FUNCTION) is trusts
    assert (store.find_caller("AKIDUNKNOWN") is not None) is trusts


def trusting(trust: Policy | None) -> Role:
    return replace(role(INVOKE), trust=trust)


def trust_in(principal: object, action: object = "sts:AssumeRole") -> Policy:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return parse_resource_policy({"Version": "2012-10-17", "Statement": statement})


@pytest.mark.rule("DP-INT-07", "SEC-LPOL-06")
@pytest.mark.parametrize(
    ("service", "is_trusted"),
    [("apigateway.amazonaws.com", True), ("lambda.amazonaws.com", False)],
)
def test_a_role_has_to_trust_the_gateway_that_uses_it(service: str, is_trusted: bool) -> None:
    keys = Keys(trusting(trust_in({"Service": service})))
    assert keys.store.trusts_gateway(ECHO) is is_trusted
    assert keys.store.may_invoke(ECHO, FUNCTION) is is_trusted


@pytest.mark.parametrize("trusts", [False, True])
def test_the_gateway_may_use_a_role_whose_trust_nobody_told(trusts: bool) -> None:
    store = Keys(trusting(None), trusts_foreign_roles=trusts).store
    assert store.trusts_gateway(ECHO)
    assert store.trusts_gateway(ELSEWHERE) is trusts


CALLER = Principal(arn=ANN, account=ACCOUNT, user_id="AIDAANN")
HERE = Circumstances(source_ip="127.0.0.1", now_ms=0, region="eu-west-2", is_secure=True)
ELSEWHERE = f"arn:aws:iam::{ACCOUNT}:role/Elsewhere"


def test_who_is_trusted_gets_a_session_with_its_tags_and_limits() -> None:
    tagged = trust_in({"AWS": ANN}, ["sts:AssumeRole", "sts:TagSession"])
    keys = Keys(replace(trusting(tagged), tags={"team": "a", "stage": "dev"}))
    wish = SessionWish(
        role_arn=ECHO, session_name="ann", seconds=900, policies=(PUSH,), tags={"team": "b"}
    )
    credential = keys.store.assume(CALLER, wish, HERE)
    principal = keys.principal(credential)
    assert principal.tags == {"team": "b", "stage": "dev"}
    assert principal.session_policies == (PUSH,)
    assert principal.role_arn == ECHO
    assert credential.expires_ms == keys.clock.now_ms() + 900_000


@pytest.mark.parametrize(
    ("wish", "trust", "action"),
    [
        (SessionWish(role_arn=ECHO, session_name="s"), {"Service": "x"}, "sts:AssumeRole"),
        (
            SessionWish(role_arn=ECHO, session_name="s", tags={"team": "b"}),
            {"AWS": ANN},
            "sts:TagSession",
        ),
        (SessionWish(role_arn=ELSEWHERE, session_name="s"), {"AWS": ANN}, "sts:AssumeRole"),
    ],
)
def test_who_is_not_trusted_gets_no_session(wish: SessionWish, trust: object, action: str) -> None:
    keys = Keys(trusting(trust_in(trust)))
    with pytest.raises(AccessDeniedException) as caught:
        keys.store.assume(CALLER, wish, HERE)
    assert caught.value.message == (
        f"User: {ANN} is not authorized to perform: {action} on resource: {wish.role_arn}"
    )


def test_a_role_from_elsewhere_is_everybody_s_under_trust() -> None:
    keys = Keys(trusts_foreign_roles=True)
    wish = SessionWish(role_arn=ELSEWHERE, session_name="s")
    assert keys.principal(keys.store.assume(CALLER, wish, HERE)).is_administrator
