"""Settings of the account, through AWS's SDK."""

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, told

ROLE = "arn:aws:iam::123456789012:role/logs"


@pytest.fixture
def v1(laboratory: Laboratory) -> Client:
    return laboratory.client("apigateway")


@pytest.mark.rule("CP-KEY-01")
async def test_the_account_has_awss_throttle_and_no_role(v1: Client) -> None:
    assert told(await v1.get_account()) == {
        "apiKeyVersion": "4",
        "features": ["UsagePlans"],
        "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
    }


@pytest.mark.rule("CP-STAGE-08")
async def test_with_a_role_stages_may_log(v1: Client, client: Client, api_id: str) -> None:
    patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": ROLE}
    answer = await v1.update_account(patchOperations=[patch])
    assert answer["cloudwatchRoleArn"] == ROLE
    await client.create_stage(
        ApiId=api_id, StageName="dev", DefaultRouteSettings={"LoggingLevel": "INFO"}
    )
    answer = await v1.update_account(patchOperations=[{**patch, "value": ""}])
    assert "cloudwatchRoleArn" not in answer


@pytest.mark.parametrize(
    "patch",
    [
        {"op": "replace", "path": "/cloudwatchRoleArn", "value": "logs"},
        {"op": "add", "path": "/cloudwatchRoleArn", "value": ROLE},
        {"op": "replace", "path": "/features", "value": "x"},
    ],
)
async def test_nothing_else_is_set(v1: Client, patch: dict[str, str]) -> None:
    status, name, _ = await v1.refuse("update_account", patchOperations=[patch])
    assert (status, name) == (400, "BadRequestException")
