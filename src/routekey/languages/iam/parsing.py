"""From a policy document to a `Policy`. Source: SEC-EVAL-02, SEC-EVAL-06, SEC-EVAL-11.

The document is JSON text, or what a YAML or JSON reader made of it: YAML turns `2012-10-17` into a
date, `true` into a truth value and account ids into numbers, and all of them are taken as text. IAM
refuses a document with a word that it does not know, and so do we: a misspelt `Resources` would
otherwise be a statement about something else.
"""

from collections.abc import Callable, Mapping
from typing import Final

import orjson

from routekey.errors import PolicyError
from routekey.languages.iam.conditions import Condition, parse_condition
from routekey.languages.iam.patterns import parse_pattern
from routekey.languages.iam.policy import Choice, Effect, Policy, PrincipalChoice, Statement

Document = str | bytes | Mapping[str, object]

_FIRST: Final = "2008-10-17"
"""The version of a document that names none; it has no policy variables."""
_CURRENT: Final = "2012-10-17"
DOCUMENT_ELEMENTS = frozenset({"Version", "Id", "Statement"})
STATEMENT_ELEMENTS = frozenset(
    {
        *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"),
        *("Principal", "NotPrincipal", "Condition"),
    }
)
_PRINCIPAL_KINDS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


def parse_policy(
    document: Document, *, name: str = "", file: str | None = None, resource: str | None = None
) -> Policy:
    """Parse a policy of an identity: it says what, and not who.

    Args:
        document: JSON text, or the mapping that it stands for.
        name: the policy's name, for messages.
        file: where it was written.
        resource: the resource in which it was written.

    Raises:
        PolicyError: it is malformed, with the statement and the reason.
    """
    return _parse(document, _parse_identity_statement, name=name, file=file, resource=resource)


def parse_resource_policy(
    document: Document, *, name: str = "", file: str | None = None, resource: str | None = None
) -> Policy:
    """Parse a policy that hangs on a resource, or a role's trust policy: it says who as well.

    Raises:
        PolicyError: it is malformed, with the statement and the reason.
    """
    return _parse(document, _parse_resource_statement, name=name, file=file, resource=resource)


def _parse(
    document: Document,
    parse_statement: Callable[[Mapping[str, object], bool], Statement],
    *,
    name: str,
    file: str | None,
    resource: str | None,
) -> Policy:
    try:
        statements = _parse_statements(_read_document(document), parse_statement)
    except PolicyError as error:
        problem = f"{name}: {error.problem}" if name else error.problem
        raise PolicyError(problem, remedy=error.remedy, file=file, resource=resource) from None
    return Policy(statements=statements, name=name)


def _parse_statements(
    members: Mapping[str, object],
    parse_statement: Callable[[Mapping[str, object], bool], Statement],
) -> tuple[Statement, ...]:
    version = str(members.get("Version", _FIRST))
    if version not in {_FIRST, _CURRENT}:
        raise PolicyError(f"the version '{version}' is neither {_CURRENT} nor {_FIRST}")
    if "Statement" not in members:
        raise PolicyError("the policy has no Statement")
    statements = []
    for number, statement in enumerate(_as_list(members["Statement"]), start=1):
        try:
            statements.append(parse_statement(_read_statement(statement), version == _CURRENT))
        except PolicyError as error:
            problem = f"statement {number}: {error.problem}"
            raise PolicyError(problem, remedy=error.remedy) from None
    return tuple(statements)


def _read_document(document: Document) -> Mapping[str, object]:
    value: object = document
    if isinstance(document, str | bytes):
        try:
            value = orjson.loads(document)
        except orjson.JSONDecodeError as error:
            raise PolicyError(f"the policy is not JSON: {error}") from None
    if not isinstance(value, Mapping):
        raise PolicyError("the policy is not an object with a Statement")
    _check_elements(value, DOCUMENT_ELEMENTS)
    return value


def _read_statement(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise PolicyError("it is not an object")
    _check_elements(value, STATEMENT_ELEMENTS)
    return value


def _check_elements(members: Mapping[str, object], known: frozenset[str]) -> None:
    for name in members:
        if name not in known:
            remedy = f"A policy knows {', '.join(sorted(known))}"
            raise PolicyError(f"the element '{name}' does not exist", remedy=remedy)


def _parse_identity_statement(members: Mapping[str, object], has_variables: bool) -> Statement:  # noqa: FBT001  # passed on, by `_parse` alone
    if "Principal" in members or "NotPrincipal" in members:
        raise PolicyError("a policy of a role or user has no Principal: it is whose policy it is")
    resources = _parse_choice(members, "Resource", has_variables=has_variables)
    if resources is None:
        raise PolicyError("it has neither Resource nor NotResource")
    return _parse_rest(members, resources, None, has_variables=has_variables)


def _parse_resource_statement(members: Mapping[str, object], has_variables: bool) -> Statement:  # noqa: FBT001  # as above
    if ("Principal" in members) is ("NotPrincipal" in members):
        raise PolicyError("it needs Principal or NotPrincipal, and not both")
    is_negated = "NotPrincipal" in members
    value = members["NotPrincipal" if is_negated else "Principal"]
    principals = PrincipalChoice(names=_parse_principals(value), is_negated=is_negated)
    resources = _parse_choice(members, "Resource", has_variables=has_variables)
    return _parse_rest(members, resources, principals, has_variables=has_variables)


def _parse_rest(
    members: Mapping[str, object],
    resources: Choice | None,
    principals: PrincipalChoice | None,
    *,
    has_variables: bool,
) -> Statement:
    effect = members.get("Effect")
    if not isinstance(effect, str) or effect not in {"Allow", "Deny"}:
        raise PolicyError(f"the Effect is {effect!r:.100}, which is neither Allow nor Deny")
    actions = _parse_choice(members, "Action", has_variables=False)
    if actions is None:
        raise PolicyError("it has neither Action nor NotAction")
    return Statement(
        effect=Effect(effect),
        actions=actions,
        resources=resources,
        principals=principals,
        conditions=_parse_conditions(members.get("Condition", {}), has_variables=has_variables),
        sid=str(members.get("Sid", "")),
    )


def _parse_choice(
    members: Mapping[str, object], element: str, *, has_variables: bool
) -> Choice | None:
    """Parse `X` or `NotX`; None where there is neither."""
    negated = f"Not{element}"
    if element in members and negated in members:
        raise PolicyError(f"it has both {element} and {negated}")
    if element not in members and negated not in members:
        return None
    name = element if element in members else negated
    texts = [_as_text(value, name) for value in _as_list(members[name]) if value is not None]
    if not texts:
        raise PolicyError(f"{name} is empty")
    if element == "Action":
        texts = [_check_action(text).lower() for text in texts]
    else:
        texts = [_check_resource(text) for text in texts]
    return Choice(
        patterns=tuple(parse_pattern(text, has_variables=has_variables) for text in texts),
        is_negated=name == negated,
    )


def _check_action(text: str) -> str:
    if ":" not in text and text != "*":
        raise PolicyError(
            f"the action '{text}' names no service", remedy=f"Write execute-api:{text}, for example"
        )
    return text


def _check_resource(text: str) -> str:
    if not text.startswith(("arn:", "*", "?", "${")):
        raise PolicyError(f"the resource '{text}' is neither an ARN nor *")
    return text


def _parse_principals(value: object) -> Mapping[str, frozenset[str]]:
    if value == "*":
        return {"AWS": frozenset({"*"})}
    if not isinstance(value, Mapping) or not value:
        raise PolicyError('a Principal is * or an object such as {"Service": …}')
    for kind in value:
        if kind not in _PRINCIPAL_KINDS:
            raise PolicyError(f"the Principal '{kind}' is none of {sorted(_PRINCIPAL_KINDS)}")
    return {
        kind: frozenset(_as_text(name, "Principal") for name in _as_list(names))
        for kind, names in value.items()
    }


def _parse_conditions(value: object, *, has_variables: bool) -> tuple[Condition, ...]:
    if not isinstance(value, Mapping):
        raise PolicyError("the Condition is not an object")
    conditions: list[Condition] = []
    for operator, keys in value.items():
        if not isinstance(keys, Mapping):
            raise PolicyError(f"the condition {operator} is not an object of keys and values")
        for key, values in keys.items():
            texts = [_as_text(text, str(key)) for text in _as_list(values)]
            conditions.append(
                parse_condition(str(operator), str(key), texts, has_variables=has_variables)
            )
    return tuple(conditions)


def _as_list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _as_text(value: object, element: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple) or value is None:
        raise PolicyError(f"a value of {element} is {value!r:.100}, which is no text")
    return str(value)
