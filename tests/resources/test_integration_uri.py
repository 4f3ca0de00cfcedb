import pytest

from routekey.resources.integration_uri import (
    FunctionTarget,
    IntegrationTarget,
    ServiceTarget,
    UrlTarget,
    fill_stage_variables,
    parse_integration_uri,
)

FUNCTION = "arn:aws:lambda:eu-west-2:123456789012:function:echo"
PREFIX = "arn:aws:apigateway:eu-west-2"


@pytest.mark.rule("DP-INT-35")
@pytest.mark.parametrize(
    ("uri", "target"),
    [
        (FUNCTION, FunctionTarget(function_arn=FUNCTION)),
        (
            f"{PREFIX}:lambda:path/2015-03-31/functions/{FUNCTION}:live/invocations",
            FunctionTarget(function_arn=f"{FUNCTION}:live"),
        ),
        (
            f"{PREFIX}:dynamodb:action/PutItem",
            ServiceTarget(region="eu-west-2", service="dynamodb", action="PutItem"),
        ),
        (
            f"{PREFIX}:sqs:path/123456789012/tenant-{{queue}}.fifo",
            ServiceTarget(
                region="eu-west-2", service="sqs", path="123456789012/tenant-{queue}.fifo"
            ),
        ),
        (
            f"{PREFIX}:abc123.iot:path/topics/x",
            ServiceTarget(region="eu-west-2", service="iot", subdomain="abc123", path="topics/x"),
        ),
        ("https://example.com/{id}", UrlTarget(url="https://example.com/{id}")),
    ],
)
def test_a_uri_points_at_a_function_a_service_or_a_url(uri: str, target: IntegrationTarget) -> None:
    assert parse_integration_uri(uri) == target


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "ftp://example.com",
        "arn:aws:s3:::bucket",
        f"{PREFIX}:sqs:other/x",
        f"{PREFIX}:sqs:action",
        f"{PREFIX}::action/x",
    ],
)
def test_other_text_points_nowhere(uri: str) -> None:
    assert parse_integration_uri(uri) is None


@pytest.mark.rule("DP-INT-08")
def test_stage_variables_are_filled_in() -> None:
    filled = fill_stage_variables("a-${stageVariables.fn}-${stageVariables.no}", {"fn": "echo"})
    assert filled == "a-echo-"
