"""Who asks, and whether he may: the callers of `@connections`, of the admin APIs and of `$connect`.

Two questions, asked in this order. `identify` turns a signed request into a principal; `authorize`
holds the principal's policies against an action on a resource. A Lambda authorizer is a third way,
for `$connect` alone, and has a file of its own.

Source: SEC-DOOR-01 to SEC-DOOR-03, SEC-IAM-01 to SEC-IAM-06, SEC-CONN-01.
"""

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import msgspec

from routekey.arn import Arn, mask_account
from routekey.clock import format_iso
from routekey.errors import AccessDeniedException
from routekey.gateway.ports import Credentials, Telemetry
from routekey.ids import AccountId
from routekey.languages.iam import AccessRequest, Context, Decision, Policy, evaluate
from routekey.languages.sigv4 import SignedRequest, read_signature, verify
from routekey.resources.identity import Principal

MANAGE_CONNECTIONS: Final = "execute-api:ManageConnections"
INVOKE: Final = "execute-api:Invoke"
EXECUTE_API: Final = "execute-api"

_ARN_CHARACTERS_MAX: Final = 2048
"""As IAM has it. The path of an admin request may be longer, and any caller chooses it: a decision
on such a name is not remembered."""
NOTHING_ELSE: Final[Context] = MappingProxyType({})
_ASKED_HEADERS: Final = {"referer": "aws:Referer", "user-agent": "aws:UserAgent"}
_FORWARDED = frozenset({"forwarded", "via", "x-forwarded-for", "x-real-ip"})


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """How a request came: what the conditions of a policy can ask about."""

    source_ip: str
    now_ms: int
    region: str
    is_secure: bool
    """Whether it came over TLS."""
    headers: Sequence[tuple[str, str]] = ()
    """In any spelling; read only where a condition may ask."""


def account_root(account: AccountId) -> Principal:
    """Make the account's own principal, who may do everything.

    It is who an unknown key stands for under `run`, where the one person that can reach the
    gateway owns the machine.
    """
    return Principal(
        arn=f"arn:aws:iam::{account}:root", account=account, user_id=account, is_administrator=True
    )


def identify(
    request: SignedRequest,
    circumstances: Circumstances,
    credentials: Credentials,
    *,
    service: str = EXECUTE_API,
    is_any_region: bool = False,
    stranger: Principal | None = None,
) -> Principal:
    """Tell who signed a request.

    Args:
        request: as it was on the wire.
        circumstances: how it came; its region is the one that must have been signed for.
        credentials: the keys that we know.
        service: the signing name.
        is_any_region: whether a signature for another region will do.
        stranger: who somebody on this machine is whose key we do not know. His signature cannot be
            checked, as we do not have his secret. None refuses him, which is the only choice
            where others can reach this machine.

    Raises:
        AwsException: the request is not signed, or its signature is refused (SEC-ERR-01 to 08).
    """
    signature = read_signature(request)
    if (
        stranger is not None
        and credentials.find(signature.access_key_id) is None
        and _is_from_this_machine(request, circumstances)
    ):
        return stranger
    region = None if is_any_region else circumstances.region
    return verify(
        signature,
        region=region,
        service=service,
        now_ms=circumstances.now_ms,
        find=credentials.find,
    ).principal


def authorize(
    principal: Principal,
    action: str,
    resource: str,
    circumstances: Circumstances,
    *,
    context: Context = NOTHING_ELSE,
    telemetry: Telemetry | None = None,
) -> None:
    """Let a principal do something, or refuse it in AWS's words.

    His policies have to allow it; a boundary and the policies of his session only narrow that.

    Args:
        principal: whoever `identify` found.
        action: `service:Action`.
        resource: the ARN that AWS evaluates: for a callback it ends in the literal template, never
            in a connection's id (DP-MGM-05, SEC-IAM-04).
        circumstances: how the request came.
        context: condition keys of this action alone.
        telemetry: tells the operator of a refusal what would have allowed it.

    Raises:
        AccessDeniedException: with the text of SEC-ERR-20. For connections and callbacks the
            account in it is masked; other services show it.
    """
    is_limited = principal.session_policies or principal.boundary is not None
    if principal.is_administrator and not is_limited:
        return
    limits, is_conditional = _limits_of(
        principal.is_administrator,
        principal.policies,
        principal.boundary,
        principal.session_policies,
    )
    if is_conditional or len(resource) > _ARN_CHARACTERS_MAX:
        arn = Arn.parse(resource)
        owner = arn.account if arn is not None and arn.account else principal.account
        more = {"aws:ResourceAccount": owner, **principal_context(principal, circumstances)}
        refusal = _refusal(limits, action, resource, {**more, **context})
    else:
        refusal = _lasting_refusal(limits, action, resource)
    if refusal is None:
        return
    if telemetry is not None:
        telemetry.complain(_advise(principal, action, resource, refusal))
    shown = mask_account(resource) if action.startswith(f"{EXECUTE_API}:") else resource
    raise AccessDeniedException(
        f"User: {principal.arn} is not authorized to perform: {action} on resource: "
        f"{shown} {refusal.describe(action)}"
    )


def suggest_statement(action: str, resource: str) -> str:
    """Write the statement that would have allowed something, for the operator of a denied role."""
    scope = resource.replace("{connectionId}", "*")
    return json.dumps({"Effect": "Allow", "Action": action, "Resource": scope})


def request_context(circumstances: Circumstances) -> dict[str, str]:
    """Tell what the conditions of any policy can ask of a request. Source: SEC-EVAL-09."""
    context = {
        "aws:SourceIp": circumstances.source_ip,
        "aws:SecureTransport": "true" if circumstances.is_secure else "false",
        "aws:CurrentTime": format_iso(circumstances.now_ms),
        "aws:EpochTime": str(circumstances.now_ms // 1000),
        "aws:RequestedRegion": circumstances.region,
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
    }
    for name, value in circumstances.headers:
        if (key := _ASKED_HEADERS.get(name.lower())) is not None:
            context[key] = value
    return context


def principal_context(principal: Principal, circumstances: Circumstances) -> dict[str, str]:
    """Add who asks to how he asks. Source: SEC-EVAL-06."""
    context = request_context(circumstances)
    context["aws:PrincipalAccount"] = principal.account
    context["aws:userid"] = principal.user_id
    context["aws:PrincipalArn"] = principal.arn
    arn = Arn.parse(principal.arn)
    kind, _, name = arn.resource.partition("/") if arn is not None else ("", "", "")
    if kind == "user":
        context |= {"aws:PrincipalType": "User", "aws:username": name.rpartition("/")[2]}
    elif kind == "assumed-role":
        role = f"arn:aws:iam::{principal.account}:role/{name.partition('/')[0]}"
        context["aws:PrincipalType"] = "AssumedRole"
        context["aws:PrincipalArn"] = principal.role_arn or role
    if principal.issued_ms is not None:
        context["aws:TokenIssueTime"] = format_iso(principal.issued_ms)
    for key, value in principal.tags.items():
        context[f"aws:PrincipalTag/{key}"] = value
    return context


@dataclass(frozen=True, slots=True, eq=False)
class _Limit:
    """One kind of policies, all of whose kinds have to agree; equal if it is the same object."""

    name: str
    policies: tuple[Policy, ...]


# Made once for all principals with the same policies. 1024 are more roles and sessions than work
# at once with policies of their own; a policy keeps its hash.
@lru_cache(maxsize=1024)
def _limits_of(
    is_administrator: bool,  # noqa: FBT001  # the cache knows positions faster than names
    policies: tuple[Policy, ...],
    boundary: Policy | None,
    session_policies: tuple[Policy, ...],
) -> tuple[tuple[_Limit, ...], bool]:
    """Give what has to agree, and whether that depends on a request's circumstances."""
    limits = []
    if not is_administrator:
        limits.append(_Limit("identity-based policy", policies))
    if boundary is not None:
        limits.append(_Limit("permissions boundary", (boundary,)))
    if session_policies:
        limits.append(_Limit("session policy", session_policies))
    is_conditional = any(policy.is_conditional for limit in limits for policy in limit.policies)
    return tuple(limits), is_conditional


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Which kind of policies refuses, and how."""

    limit: str
    is_explicit: bool

    def describe(self, action: str) -> str:
        """Write it in AWS's words."""
        if self.is_explicit:
            article = "an" if self.limit.startswith("i") else "a"
            return f"with an explicit deny in {article} {self.limit}"
        return f"because no {self.limit} allows the {action} action"


def _advise(principal: Principal, action: str, resource: str, refusal: _Refusal) -> str:
    """Tell the operator what to change, so that it works here and on AWS."""
    advice = f"{principal.arn} may not {action} on {resource}. "
    if refusal.is_explicit:
        return f"{advice}A statement with the effect Deny in its {refusal.limit} says so."
    advice += f"Add to its {refusal.limit}: {suggest_statement(action, resource)}"
    unknown = [policy.name for policy in principal.policies if policy.is_unknown]
    if unknown:
        advice += f". (Routekey does not know its policies {', '.join(unknown)} of AWS.)"
    return advice


def _refusal(
    limits: tuple[_Limit, ...], action: str, resource: str, context: Context
) -> _Refusal | None:
    """Tell why not; None where nothing speaks against it."""
    request = AccessRequest(action=action, resource=resource, context=context)
    silent = None
    for limit in limits:
        decision = evaluate(limit.policies, request)
        if decision is Decision.EXPLICIT_DENY:
            return _Refusal(limit.name, is_explicit=True)
        if decision is Decision.IMPLICIT_DENY and silent is None:
            silent = _Refusal(limit.name, is_explicit=False)
    return silent


# A decision that depends on nothing but its policies is made once. The policies are part of the
# key, so that changed ones are asked anew. 4096 are ten actions of 400 roles, and 8 MB at most.
@lru_cache(maxsize=4096)
def _lasting_refusal(limits: tuple[_Limit, ...], action: str, resource: str) -> _Refusal | None:
    return _refusal(limits, action, resource, {})


def _is_from_this_machine(request: SignedRequest, circumstances: Circumstances) -> bool:
    """Tell whether a request was made on this machine, by somebody who meant it.

    A proxy on this machine speaks for others: what it forwards does not count. A web page of
    another site may send requests from here too, which the browser's owner did not mean to: they
    bear the page's origin, or at least that they cross sites.
    """
    if not _is_loopback(circumstances.source_ip):
        return False
    for name, value in request.headers:
        key = name.lower()
        if key in _FORWARDED or (key == "sec-fetch-site" and value == "cross-site"):
            return False
        if key == "origin" and not _is_local_origin(value):
            return False
    return True


def _is_local_origin(origin: str) -> bool:
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return False
    return host == "localhost" or host.endswith(".localhost") or _is_loopback(host)


@lru_cache(maxsize=64)  # under `run` each push asks, and nearly all come from one address
def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
