"""What policies say together, held against an oracle that shares no line with the evaluator."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routekey.languages.iam import AccessRequest, Decision, evaluate, parse_policy

PUSH = "arn:aws:execute-api:eu-west-2:123456789012:abc/dev/POST/@connections/{connectionId}"


def policy_of(*statements: Mapping[str, object]) -> Mapping[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def decide(*documents: Mapping[str, object], **context: str) -> Decision:
    request = AccessRequest(
        action="execute-api:ManageConnections",
        resource=PUSH,
        context={f"aws:{key}": value for key, value in context.items()},
    )
    return evaluate([parse_policy(document) for document in documents], request)


def allow(action: str = "*", resource: str = "*", **more: object) -> Mapping[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


DENY = {"Effect": "Deny", "Action": "execute-api:Manage*", "Resource": "*"}


@pytest.mark.rule("SEC-EVAL-01")
def test_silence_is_a_denial_and_a_denial_wins() -> None:
    assert decide() is Decision.IMPLICIT_DENY
    assert decide(policy_of()) is Decision.IMPLICIT_DENY
    assert decide(policy_of(allow())) is Decision.ALLOWED
    assert decide(policy_of(allow(), DENY)) is Decision.EXPLICIT_DENY
    assert decide(policy_of(DENY, allow())) is Decision.EXPLICIT_DENY
    assert decide(policy_of(allow()), policy_of(DENY)) is Decision.EXPLICIT_DENY


@pytest.mark.rule("SEC-EVAL-03", "SEC-IAM-01")
@pytest.mark.parametrize(
    ("action", "is_allowed"),
    [
        ("execute-api:ManageConnections", True),
        ("EXECUTE-API:manageconnections", True),
        ("execute-api:*", True),
        ("execute-api:Manage*", True),
        ("execute-api:ManageConnection?", True),
        ("*", True),
        ("*:*", True),
        ("execute-api:Invoke", False),
        ("execute-api:ManageConnection", False),
    ],
)
def test_actions_have_no_case_and_know_wildcards(action: str, is_allowed: bool) -> None:
    expected = Decision.ALLOWED if is_allowed else Decision.IMPLICIT_DENY
    assert decide(policy_of(allow(action))) is expected


@pytest.mark.rule("SEC-EVAL-02", "SEC-EVAL-07")
def test_all_elements_and_all_conditions_have_to_agree() -> None:
    condition = {
        "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]},
        "Bool": {"aws:SecureTransport": "true"},
    }
    document = policy_of(allow("execute-api:*", f"{PUSH[:50]}*", Condition=condition))
    assert decide(document, SourceIp="192.168.1.1", SecureTransport="true") is Decision.ALLOWED
    for context in (
        {"SourceIp": "11.0.0.1", "SecureTransport": "true"},
        {"SourceIp": "10.0.0.1", "SecureTransport": "false"},
        {"SourceIp": "10.0.0.1"},
        {},
    ):
        assert decide(document, **context) is Decision.IMPLICIT_DENY


# The oracle: a second reading of the same rules, written down in another way. It understands the
# few words of `small_policies` and tries every alternative one by one.

ACTIONS = ["s:Get", "s:Put", "t:Get"]
RESOURCES = ["arn:a", "arn:ab", "arn:b/a"]
KEYS: list[dict[str, Any]] = [{}, {"k": "x"}, {"k": "y"}, {"k": ("x", "y")}, {"k": ("z",)}]
OPERATORS = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]


def oracle(
    document: Mapping[str, Any], action: str, resource: str, context: Mapping[str, Any]
) -> str:
    effects = {
        statement["Effect"]
        for statement in document["Statement"]
        if listed(statement, "Action", action.lower(), str.lower)
        and listed(statement, "Resource", resource, str)
        and all(
            condition_holds(operator, values, context.get(key))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    }
    return "Deny" if "Deny" in effects else "Allow" if effects else "Nothing"


def listed(statement: Mapping[str, Any], element: str, text: str, fold: Any) -> bool:
    if element in statement:
        return any(fnmatchcase(text, fold(glob)) for glob in statement[element])
    return not any(fnmatchcase(text, fold(glob)) for glob in statement[f"Not{element}"])


def condition_holds(name: str, wanted: list[str], found: Any) -> bool:
    quantifier, _, operator = name.rpartition(":")
    values = [found] if isinstance(found, str) else list(found or [])
    if operator.endswith("IfExists"):
        if not values:
            return True
        operator = operator.removesuffix("IfExists")
    is_negated = "Not" in operator
    matches = fnmatchcase if "Like" in operator else str.__eq__
    verdicts = [any(matches(value, text) for text in wanted) != is_negated for value in values]
    if quantifier == "ForAllValues":
        return False not in verdicts
    if quantifier == "ForAnyValue":
        return True in verdicts
    return False not in verdicts if is_negated else True in verdicts


globs = st.text("arn:b/*?", max_size=6).map(lambda text: f"arn:{text}") | st.just("*")
actions = st.sampled_from(["*", "s:*", "?:get", "S:Put", "t:g?t", "s:GetX"])
operators = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "ForAnyValue:", "ForAllValues:"]),
    st.sampled_from(OPERATORS),
    st.sampled_from(["", "IfExists"]),
)
conditions = st.dictionaries(
    operators,
    st.fixed_dictionaries({"k": st.lists(st.sampled_from(["x", "y", "?", "*", "q"]), min_size=1)}),
    max_size=2,
)


def an_element(name: str, texts: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    lists = st.lists(texts, min_size=1, max_size=2)
    return st.builds(lambda key, value: {key: value}, st.sampled_from([name, f"Not{name}"]), lists)


small_statements = st.builds(
    lambda effect, action, resource, condition: {
        "Effect": effect,
        **action,
        **resource,
        "Condition": condition,
    },
    st.sampled_from(["Allow", "Deny"]),
    an_element("Action", actions),
    an_element("Resource", globs),
    conditions,
)


@pytest.mark.rule("SEC-EVAL-01", "SEC-EVAL-02", "SEC-EVAL-05", "SEC-EVAL-07")
@given(st.lists(small_statements, max_size=3))
@settings(max_examples=300, deadline=None)  # 45 requests each; a busy machine may pause
def test_small_policies_decide_as_the_oracle_does(statements: list[dict[str, Any]]) -> None:
    """Every small policy on every small request: 45 of them."""
    document = {"Version": "2012-10-17", "Statement": statements}
    policy = parse_policy(document)
    words = {
        Decision.ALLOWED: "Allow",
        Decision.EXPLICIT_DENY: "Deny",
        Decision.IMPLICIT_DENY: "Nothing",
    }
    for action in ACTIONS:
        for resource in RESOURCES:
            for context in KEYS:
                request = AccessRequest(action=action, resource=resource, context=context)
                found = words[evaluate([policy], request)]
                assert found == oracle(document, action, resource, context)
