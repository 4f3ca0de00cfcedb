"""A policy document, parsed: immutable values that compare by what they say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from routekey.languages.iam.conditions import Condition
from routekey.languages.iam.patterns import Context, Pattern


class Effect(Enum):
    """What a statement that applies does."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`Action` or `NotAction`, `Resource` or `NotResource`."""

    patterns: tuple[Pattern, ...]
    is_negated: bool = False
    """Whether it is everything but what is listed (SEC-EVAL-05)."""

    def covers(self, text: str, context: Context) -> bool:
        """Tell whether a name is meant; not where a policy variable leaves that open."""
        verdicts = [pattern.matches(text, context) for pattern in self.patterns]
        if self.is_negated:
            return all(verdict is False for verdict in verdicts)
        return any(verdicts)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPrincipal:
    """Who asks, by all the names under which a policy may speak of him."""

    kind: str
    """`AWS`, `Service` or `Federated`."""
    names: frozenset[str]
    """For a session of a role: the session's ARN, the role's, the account and its root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalChoice:
    """`Principal` or `NotPrincipal` of a policy that hangs on a resource or a role."""

    names: Mapping[str, frozenset[str]] = field(hash=False)
    """By kind; `*` among them is everybody."""
    is_negated: bool = False

    def covers(self, principal: RequestPrincipal | None) -> bool:
        """Tell whether a principal is meant; nobody in particular is meant only by everybody."""
        listed = set[str]()
        if principal is not None:
            listed |= self.names.get(principal.kind, frozenset())
        is_listed = "*" in self.names.get("AWS", ()) or (
            principal is not None and ("*" in listed or not listed.isdisjoint(principal.names))
        )
        return is_listed is not self.is_negated


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement: all of its elements have to apply (SEC-EVAL-02)."""

    effect: Effect
    actions: Choice
    """In lower case: actions have no case (SEC-EVAL-03)."""
    resources: Choice | None = None
    """None in a trust policy, whose resource is the role that it hangs on."""
    principals: PrincipalChoice | None = None
    conditions: tuple[Condition, ...] = ()
    sid: str = ""

    @property
    def is_conditional(self) -> bool:
        """Whether more than principal, action and resource decides."""
        patterns = self.resources.patterns if self.resources is not None else ()
        return bool(self.conditions) or any(pattern.has_variables for pattern in patterns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy document."""

    statements: tuple[Statement, ...] = ()
    name: str = ""
    """For messages: a managed policy's name or an inline policy's."""
    is_unknown: bool = False
    """Whether it is one of AWS whose text we do not have, so that it allows nothing here."""
    is_conditional: bool = field(init=False)
    """Whether a decision depends on more than principal, action and resource."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out what never changes; the hash is asked for with each decision."""
        is_conditional = any(statement.is_conditional for statement in self.statements)
        object.__setattr__(self, "is_conditional", is_conditional)
        object.__setattr__(self, "_hash", hash((self.name, self.statements, self.is_unknown)))

    def __hash__(self) -> int:
        return self._hash
