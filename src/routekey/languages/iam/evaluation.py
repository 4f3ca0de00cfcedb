"""What policies say to a request. Source: SEC-EVAL-01, SEC-EVAL-02."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from routekey.languages.iam.patterns import Context
from routekey.languages.iam.policy import Effect, Policy, RequestPrincipal, Statement


class Decision(Enum):
    """What policies say."""

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitDeny"
    EXPLICIT_DENY = "explicitDeny"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """Somebody wants to do something."""

    action: str
    """`service:Action`."""
    resource: str
    """An ARN."""
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """The condition keys, in any case."""
    principal: RequestPrincipal | None = None
    """Only policies on resources and roles ask for it."""


def evaluate(policies: Iterable[Policy], request: AccessRequest) -> Decision:
    """Tell what policies say together: a denial wins, and silence is none."""
    action = request.action.lower()
    context = {key.lower(): value for key, value in request.context.items()}
    decision = Decision.IMPLICIT_DENY
    for policy in policies:
        for statement in policy.statements:
            if not _applies(statement, action, request, context):
                continue
            if statement.effect is Effect.DENY:
                return Decision.EXPLICIT_DENY
            decision = Decision.ALLOWED
    return decision


def _applies(statement: Statement, action: str, request: AccessRequest, context: Context) -> bool:
    return (
        statement.actions.covers(action, {})
        and (statement.resources is None or statement.resources.covers(request.resource, context))
        and (statement.principals is None or statement.principals.covers(request.principal))
        and all(condition.holds(context) for condition in statement.conditions)
    )
