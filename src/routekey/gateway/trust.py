"""Who may take a role: its trust policy, and the caller's own policies beside it.

A service takes a role when the trust policy names it. A caller of the same account needs two
things: the trust policy names him, his role or his account, and where it names only the account,
his own policies allow `sts:AssumeRole` on the role. Where it names his role or everybody, what
narrows him has to allow it: a boundary, or the policies of his session. A denial on either side
wins.

Source: SEC-LPOL-06, SEC-EVAL-01; IAM User Guide, "Policy evaluation logic".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Protocol

from routekey.arn import Arn
from routekey.errors import AccessDeniedException
from routekey.gateway.identity import (
    NOTHING_ELSE,
    Circumstances,
    authorize,
    principal_context,
    request_context,
)
from routekey.languages.iam import (
    AccessRequest,
    Context,
    Decision,
    Policy,
    RequestPrincipal,
    evaluate,
)
from routekey.resources.identity import Credential, Principal, Role

ASSUME_ROLE: Final = "sts:AssumeRole"
TAG_SESSION: Final = "sts:TagSession"
"""Needed beside it by who brings tags: conditions on `aws:PrincipalTag` go by them."""
API_GATEWAY: Final = "apigateway.amazonaws.com"
"""The service as which we call with an integration's or authorizer's role."""


SESSION_SECONDS: Final = 3600
"""How long a session of a role lasts where nobody wishes otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWish:
    """What a caller of `sts:AssumeRole` asks for."""

    role_arn: str
    session_name: str
    seconds: int = SESSION_SECONDS
    policies: tuple[Policy, ...] = ()
    """They narrow what the role may do."""
    tags: Mapping[str, str] = field(default_factory=dict)
    external_id: str | None = None

    @property
    def context(self) -> Context:
        """What the conditions of a policy can ask of it; in no other request are these keys."""
        context: dict[str, str | tuple[str, ...]] = {"sts:RoleSessionName": self.session_name}
        if self.external_id is not None:
            context["sts:ExternalId"] = self.external_id
        if self.tags:
            context["aws:TagKeys"] = tuple(self.tags)
        for key, value in self.tags.items():
            context[f"aws:RequestTag/{key}"] = value
        return context


class RoleSessions(Protocol):
    """Who gives out sessions of roles."""

    def find_role(self, role_arn: str) -> Role | None:
        """Find a role that the project describes."""
        ...

    def assume(
        self, caller: Principal, wish: SessionWish, circumstances: Circumstances
    ) -> Credential:
        """Give a caller temporary keys of a role, as `sts:AssumeRole` does.

        Raises:
            AccessDeniedException: the role does not trust him, or his policies do not allow it.
        """
        ...


def trusts_service(
    trust: Policy, role_arn: str, service: str, circumstances: Circumstances
) -> bool:
    """Tell whether a service may take a role."""
    if trust.is_conditional:
        context = {**request_context(circumstances), "aws:PrincipalIsAWSService": "true"}
        return _evaluate_trust(trust, role_arn, service, context)
    return _lasting_trust(trust, role_arn, service)


def authorize_assumption(
    caller: Principal,
    role: Role,
    circumstances: Circumstances,
    action: str = ASSUME_ROLE,
    context: Context = NOTHING_ELSE,
) -> None:
    """Let a caller take a role of the project, or refuse him.

    Args:
        caller: whoever signed.
        role: its `trust` must not be None.
        circumstances: how the request came.
        action: `sts:AssumeRole`, or `sts:TagSession` for who brings tags.
        context: what his wish adds to the condition keys.

    Raises:
        AccessDeniedException: in the words of STS.
    """
    if role.trust is None:
        raise AssertionError("whoever asks has looked for the trust policy")
    whole = {**principal_context(caller, circumstances), **context}
    request = AccessRequest(action=action, resource=role.arn, context=whole)
    himself, his_role = frozenset({caller.arn}), _role_of(caller)
    account = frozenset({caller.account, f"arn:aws:iam::{caller.account}:root"})
    if not _is_trusted(himself | his_role | account, role.trust, request):
        raise refuse_assumption(caller, role.arn, action)
    asked = caller
    if not _is_denied(caller, request):
        is_anybody = _is_trusted(frozenset(), role.trust, request)
        if not is_anybody and _is_trusted(himself, role.trust, request):
            return
        if is_anybody or _is_trusted(his_role, role.trust, request):
            asked = replace(caller, is_administrator=True)  # his policies need not allow it too
    try:
        authorize(asked, action, role.arn, circumstances, context=context)
    except AccessDeniedException:
        raise refuse_assumption(caller, role.arn, action) from None


# Asked for each call of an integration with a role. The policy is part of the key, so a changed one
# is asked anew; an account has 1,000 roles unless AWS raises that.
@lru_cache(maxsize=1024)
def _lasting_trust(trust: Policy, role_arn: str, service: str) -> bool:
    return _evaluate_trust(trust, role_arn, service, {})


def _evaluate_trust(trust: Policy, role_arn: str, service: str, context: Mapping[str, str]) -> bool:
    request = AccessRequest(
        action=ASSUME_ROLE,
        resource=role_arn,
        context=context,
        principal=RequestPrincipal(kind="Service", names=frozenset({service})),
    )
    return evaluate((trust,), request) is Decision.ALLOWED


def refuse_assumption(caller: Principal, role_arn: str, action: str) -> AccessDeniedException:
    """Word a refusal as STS does; it gives no reason, and masks no account."""
    return AccessDeniedException(
        f"User: {caller.arn} is not authorized to perform: {action} on resource: {role_arn}"
    )


def _is_trusted(names: frozenset[str], trust: Policy, request: AccessRequest) -> bool:
    principal = RequestPrincipal(kind="AWS", names=names)
    return evaluate((trust,), replace(request, principal=principal)) is Decision.ALLOWED


def _role_of(caller: Principal) -> frozenset[str]:
    """Tell the name under which a trust policy may speak of the role of a session."""
    arn = Arn.parse(caller.arn)
    kind, _, rest = arn.resource.partition("/") if arn is not None else ("", "", "")
    if kind != "assumed-role":
        return frozenset()
    named = f"arn:aws:iam::{caller.account}:role/{rest.partition('/')[0]}"
    return frozenset({caller.role_arn or named})


def _is_denied(caller: Principal, request: AccessRequest) -> bool:
    """Tell whether the caller's own policies speak against it; being named outweighs silence."""
    boundary = () if caller.boundary is None else (caller.boundary,)
    policies = (*caller.policies, *boundary, *caller.session_policies)
    return evaluate(policies, request) is Decision.EXPLICIT_DENY
