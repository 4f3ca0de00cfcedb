"""What a caller of `sts:AssumeRole` asks for, read from his form and checked as STS checks it."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from routekey.arn import Arn
from routekey.endpoints.query_protocol import QueryError
from routekey.errors import PolicyError
from routekey.gateway.trust import SESSION_SECONDS, SessionWish
from routekey.languages.iam import Policy, managed_policy, parse_policy

_NAME: Final = re.compile(r"[\w+=,.@-]*", re.ASCII)
_NAME_LENGTHS: Final = (2, 64)
_SECONDS: Final = (900, 43200)
_DIGITS_MAX: Final = 10
"""Of a duration; more are no number that anybody means, and cost time to read."""
_POLICY_CHARACTERS_MAX: Final = 2048
_POLICY_ARNS_MAX: Final = 10
_TAGS_MAX: Final = 50
_TAG_KEY_MAX, _TAG_VALUE_MAX = 128, 256


def read_wish(
    form: Mapping[str, str], policy_arns: Sequence[str], tags: Sequence[Mapping[str, str]]
) -> SessionWish:
    """Read what is asked for.

    Args:
        form: the request's fields.
        policy_arns: `PolicyArns`; of AWS's own policies, those of `managed_policy` are known.
        tags: `Tags`.

    Raises:
        QueryError: something is missing or does not fit.
    """
    role_arn = _require(form, "RoleArn", "roleArn")
    arn = Arn.parse(role_arn)
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        raise QueryError("ValidationError", f"{role_arn} is invalid")
    return SessionWish(
        role_arn=role_arn,
        session_name=_read_name(form),
        seconds=_read_seconds(form),
        policies=_read_policies(form.get("Policy"), policy_arns),
        tags=_read_tags(tags),
        external_id=form.get("ExternalId"),
    )


def _require(form: Mapping[str, str], name: str, shown: str) -> str:
    value = form.get(name)
    if not value:
        raise _misfit("null" if value is None else f"'{value}'", shown, "must not be null")
    return value


def _read_name(form: Mapping[str, str]) -> str:
    name = _require(form, "RoleSessionName", "roleSessionName")
    least, most = _NAME_LENGTHS
    if not _NAME.fullmatch(name):
        rule = "must satisfy regular expression pattern: [\\w+=,.@-]*"
    elif len(name) < least:
        rule = f"must have length greater than or equal to {least}"
    elif len(name) > most:
        rule = f"must have length less than or equal to {most}"
    else:
        return name
    raise _misfit(f"'{name}'", "roleSessionName", rule)


def _read_seconds(form: Mapping[str, str]) -> int:
    text = form.get("DurationSeconds")
    if text is None:
        return SESSION_SECONDS
    least, most = _SECONDS
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX):
        raise QueryError("MalformedInput", f"DurationSeconds is no whole number: {text:.20}")
    seconds = int(text)
    if seconds < least:
        rule = f"must have value greater than or equal to {least}"
        raise _misfit(f"'{seconds}'", "durationSeconds", rule)
    if seconds > most:
        rule = f"must have value less than or equal to {most}"
        raise _misfit(f"'{seconds}'", "durationSeconds", rule)
    return seconds


def _read_policies(document: str | None, arns: Sequence[str]) -> tuple[Policy, ...]:
    """Read session policies, which together say what the session may do at most."""
    if len(arns) > _POLICY_ARNS_MAX:
        raise QueryError("PackedPolicyTooLarge", f"More than {_POLICY_ARNS_MAX} policy ARNs")
    policies = []
    for arn in arns:
        policy = managed_policy(arn)
        if policy is None:
            raise QueryError("MalformedPolicyDocument", f"{arn} is no managed policy of AWS")
        policies.append(policy)
    if document is not None:
        if len(document) > _POLICY_CHARACTERS_MAX:
            rule = f"must have length less than or equal to {_POLICY_CHARACTERS_MAX}"
            raise _misfit("(too long)", "policy", rule)
        try:
            policies.append(parse_policy(document, name="session policy"))
        except PolicyError as error:
            raise QueryError("MalformedPolicyDocument", error.problem) from None
    return tuple(policies)


def _read_tags(tags: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    if len(tags) > _TAGS_MAX:
        raise _misfit("(too many)", "tags", f"must have length less than or equal to {_TAGS_MAX}")
    read: dict[str, str] = {}
    for tag in tags:
        key, value = tag.get("Key", ""), tag.get("Value")
        if not 0 < len(key) <= _TAG_KEY_MAX or value is None or len(value) > _TAG_VALUE_MAX:
            raise QueryError(
                "ValidationError", "A tag has a Key of 1 to 128 characters and a Value"
            )
        if key.lower() in {known.lower() for known in read}:
            raise QueryError("InvalidParameterValue", "Duplicate tag keys found")
        read[key] = value
    return read


def _misfit(value: str, name: str, rule: str) -> QueryError:
    return QueryError(
        "ValidationError",
        f"1 validation error detected: Value {value} at '{name}' failed to satisfy constraint: "
        f"Member {rule}",
    )
