"""Who may call a function."""

import pytest

from routekey.adapters.functions.permissions import check_permission
from routekey.errors import FunctionAccessDeniedError
from routekey.resources.function import Permission

ROUTE = "arn:aws:execute-api:us-east-1:123456789012:abcdefghij/prod/$default"
GATEWAY = "apigateway.amazonaws.com"


def is_allowed(*permissions: Permission, qualifier: str | None = None) -> bool:
    try:
        check_permission("f", permissions, source_arn=ROUTE, qualifier=qualifier)
    except FunctionAccessDeniedError:
        return False
    return True


@pytest.mark.rule("SEC-LPOL-02", "SEC-LPOL-03")
@pytest.mark.parametrize(
    "pattern",
    [
        None,
        ROUTE,
        "arn:aws:execute-api:us-east-1:123456789012:abcdefghij/*",
        "arn:aws:execute-api:us-east-1:123456789012:abcdefghij/*/$default",
        "arn:aws:execute-api:us-east-1:123456789012:abcdefghij/*/*",
        "arn:aws:execute-api:*:*:*",
        "arn:aws:execute-api:us-east-?:123456789012:abcdefghij/prod/?default",
    ],
)
def test_a_pattern_lets_its_routes_in(pattern: str | None) -> None:
    assert is_allowed(Permission(principal=GATEWAY, source_arn=pattern))


@pytest.mark.rule("SEC-LPOL-02")
@pytest.mark.parametrize(
    "pattern",
    [
        "arn:aws:execute-api:us-east-1:123456789012:abcdefghij/*/$connect",
        "arn:aws:execute-api:us-east-1:123456789012:other/*",
        "arn:aws:execute-api:*",
        "*",
        "",
        "arn:aws:execute-api:us-east-1:123456789012:abcdefghij/prod/[$]default",
    ],
)
def test_a_pattern_keeps_other_routes_out(pattern: str) -> None:
    assert not is_allowed(Permission(principal=GATEWAY, source_arn=pattern))


@pytest.mark.rule("SEC-LPOL-01")
def test_principal_and_action_have_to_be_the_gateway_s() -> None:
    assert not is_allowed()
    assert not is_allowed(Permission(principal="sns.amazonaws.com"))
    assert not is_allowed(Permission(principal=GATEWAY, action="lambda:GetFunction"))
    assert is_allowed(Permission(principal="*"), Permission(principal="sns.amazonaws.com"))
    assert is_allowed(Permission(principal=GATEWAY, action="lambda:*"))


@pytest.mark.rule("SEC-LPOL-01")
def test_the_gateway_has_a_name_in_its_own_region_too() -> None:
    assert is_allowed(Permission(principal="apigateway.us-east-1.amazonaws.com"))
    assert not is_allowed(Permission(principal="apigateway.eu-west-1.amazonaws.com"))


@pytest.mark.rule("SEC-LPOL-03")
def test_the_source_account_has_to_match() -> None:
    assert is_allowed(Permission(principal=GATEWAY, source_account="123456789012"))
    assert not is_allowed(Permission(principal=GATEWAY, source_account="999999999999"))


@pytest.mark.rule("SEC-LPOL-05")
def test_a_qualifier_needs_a_permission_of_its_own() -> None:
    bare, live = Permission(principal=GATEWAY), Permission(principal=GATEWAY, qualifier="live")
    assert not is_allowed(bare, qualifier="live")
    assert not is_allowed(live)
    assert is_allowed(live, qualifier="live")


@pytest.mark.rule("SEC-LPOL-01")
def test_the_refusal_names_the_permission_to_add() -> None:
    with pytest.raises(FunctionAccessDeniedError) as refused:
        check_permission("f", (), source_arn=ROUTE, qualifier="live")
    assert "FunctionName f:live" in refused.value.reason
    assert f"SourceArn {ROUTE}" in refused.value.reason


@pytest.mark.rule("SEC-LPOL-03")
@pytest.mark.parametrize(
    "condition",
    [
        {"principal_org_id": "o-0123456789"},
        {"event_source_token": "skill"},
        {"function_url_auth_type": "NONE"},
    ],
)
def test_a_condition_that_the_gateway_cannot_meet_keeps_it_out(condition: dict[str, str]) -> None:
    assert not is_allowed(Permission(principal="*", **condition))
