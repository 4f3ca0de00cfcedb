import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.endpoints.query_protocol import QueryError
from routekey.endpoints.session_wishes import read_wish
from routekey.gateway.trust import SessionWish
from routekey.languages.iam import managed_policy

ROLE = "arn:aws:iam::123456789012:role/Echo"
WHOLE = {"RoleArn": ROLE, "RoleSessionName": "ann"}
INVOKE = "arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess"


def test_the_least_that_can_be_asked_for() -> None:
    assert read_wish(WHOLE, (), ()) == SessionWish(role_arn=ROLE, session_name="ann", seconds=3600)


def test_everything_that_can_be_asked_for() -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    form = {**WHOLE, "DurationSeconds": "900", "Policy": document, "ExternalId": "secret"}
    wish = read_wish(form, (INVOKE,), ({"Key": "team", "Value": ""},))
    assert (wish.seconds, wish.external_id, wish.tags) == (900, "secret", {"team": ""})
    assert wish.policies[0] is managed_policy(INVOKE)
    assert wish.policies[1].name == "session policy"


def misfit(value: str, name: str, rule: str) -> str:
    return (
        f"1 validation error detected: Value {value} at '{name}' failed to satisfy constraint: "
        f"Member {rule}"
    )


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"RoleArn": None}, "ValidationError", misfit("null", "roleArn", "must not be null")),
        ({"RoleArn": "role"}, "ValidationError", "role is invalid"),
        ({"RoleArn": f"{ROLE[:-9]}user/ann"}, "ValidationError", f"{ROLE[:-9]}user/ann is invalid"),
        (
            {"RoleSessionName": None},
            "ValidationError",
            misfit("null", "roleSessionName", "must not be null"),
        ),
        (
            {"RoleSessionName": "a b"},
            "ValidationError",
            misfit(
                "'a b'",
                "roleSessionName",
                r"must satisfy regular expression pattern: [\w+=,.@-]*",
            ),
        ),
        (
            {"RoleSessionName": "a"},
            "ValidationError",
            misfit("'a'", "roleSessionName", "must have length greater than or equal to 2"),
        ),
        (
            {"RoleSessionName": "a" * 65},
            "ValidationError",
            misfit(f"'{'a' * 65}'", "roleSessionName", "must have length less than or equal to 64"),
        ),
        (
            {"DurationSeconds": "899"},
            "ValidationError",
            misfit("'899'", "durationSeconds", "must have value greater than or equal to 900"),
        ),
        (
            {"DurationSeconds": "43201"},
            "ValidationError",
            misfit("'43201'", "durationSeconds", "must have value less than or equal to 43200"),
        ),
        ({"DurationSeconds": "soon"}, "MalformedInput", "DurationSeconds is no whole number: soon"),
        ({"DurationSeconds": "9" * 9999}, "MalformedInput", None),
        ({"Policy": "{}"}, "MalformedPolicyDocument", None),
        ({"Policy": " " * 2049}, "ValidationError", None),
    ],
)
def test_what_does_not_fit_is_refused(
    change: dict[str, str | None], code: str, message: str | None
) -> None:
    form = {name: value for name, value in {**WHOLE, **change}.items() if value is not None}
    with pytest.raises(QueryError) as caught:
        read_wish(form, (), ())
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert message is None or caught.value.message == message


@pytest.mark.parametrize(
    ("arns", "tags", "code"),
    [
        ((INVOKE,) * 11, (), "PackedPolicyTooLarge"),
        (("arn:aws:iam::123456789012:policy/Mine",), (), "MalformedPolicyDocument"),
        ((), ({"Key": "a", "Value": "b"},) * 51, "ValidationError"),
        ((), ({"Key": "", "Value": "b"},), "ValidationError"),
        ((), ({"Key": "a" * 129, "Value": "b"},), "ValidationError"),
        ((), ({"Key": "a", "Value": "b" * 257},), "ValidationError"),
        ((), ({"Key": "a"},), "ValidationError"),
        ((), ({"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}), "InvalidParameterValue"),
    ],
)
def test_policies_and_tags_have_bounds(
    arns: tuple[str, ...], tags: tuple[dict[str, str], ...], code: str
) -> None:
    with pytest.raises(QueryError) as caught:
        read_wish(WHOLE, arns, tags)
    assert caught.value.code == code


_NAMES = ["RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "ExternalId"]


@given(st.dictionaries(st.sampled_from(_NAMES), st.text()), st.lists(st.text()))
def test_whatever_is_asked_for_is_read_or_refused(form: dict[str, str], arns: list[str]) -> None:
    with suppress(QueryError):
        read_wish(form, arns, ())
