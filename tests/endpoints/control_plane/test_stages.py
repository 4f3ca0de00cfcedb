"""Stages, through AWS's SDK."""

from typing import Any

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, told
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.usage import AccountSettings

QUIET = {"DataTraceEnabled": False, "DetailedMetricsEnabled": False, "LoggingLevel": "OFF"}
LOG = {"DestinationArn": "arn:aws:logs:eu-west-2:123456789012:log-group:x",
       "Format": "$context.requestId"}  # fmt: skip


@pytest.fixture
async def with_log_role(laboratory: Laboratory) -> None:
    def set_role(edit: Edit, _: Members) -> Members:
        edit.put("", AccountSettings(cloudwatch_role_arn="arn:aws:iam::123456789012:role/logs"))
        return {}

    await laboratory.plane.run(set_role, {})


@pytest.mark.rule("CP-STAGE-05", "CP-RESP-03")
async def test_a_new_stage_has_awss_defaults(client: Client, api_id: str) -> None:
    answer = told(await client.create_stage(ApiId=api_id, StageName="dev"))
    assert answer == {
        "AutoDeploy": False,
        "CreatedDate": answer["CreatedDate"],
        "DefaultRouteSettings": QUIET,
        "LastUpdatedDate": answer["LastUpdatedDate"],
        "RouteSettings": {},
        "StageName": "dev",
        "StageVariables": {},
        "Tags": {},
    }


@pytest.mark.rule("CP-STAGE-06", "CP-STAGE-09", "CP-STAGE-12", "CP-DEPLOY-03")
@pytest.mark.usefixtures("with_log_role")
async def test_every_member_is_read_back(client: Client, api_id: str) -> None:
    await client.create_route(ApiId=api_id, RouteKey="join")
    deployment = await client.create_deployment(ApiId=api_id)
    settings = {
        "DataTraceEnabled": True,
        "DetailedMetricsEnabled": True,
        "LoggingLevel": "INFO",
        "ThrottlingBurstLimit": 7,
        "ThrottlingRateLimit": 2.5,
    }
    given = {
        "AccessLogSettings": LOG,
        "AutoDeploy": False,
        "ClientCertificateId": "abcdef",
        "DefaultRouteSettings": settings,
        "DeploymentId": deployment["DeploymentId"],
        "Description": "for us",
        "RouteSettings": {"join": settings, "$connect": settings},
        "StageName": "dev",
        "StageVariables": {"table": "messages"},
        "Tags": {"team": "chat"},
    }
    answer = told(await client.create_stage(ApiId=api_id, **given))
    assert answer.items() >= given.items()
    assert told(await client.get_stage(ApiId=api_id, StageName="dev")) == answer
    assert (await client.get_stages(ApiId=api_id))["Items"] == [answer]


@pytest.mark.rule("CP-STAGE-07")
async def test_an_update_merges_variables_and_settings(
    laboratory: Laboratory, client: Client, api_id: str
) -> None:
    here = {"ApiId": api_id, "StageName": "dev"}
    made = await client.create_stage(
        **here,
        StageVariables={"one": "1", "two": "2"},
        DefaultRouteSettings={"ThrottlingBurstLimit": 5},
        RouteSettings={"$connect": {"ThrottlingRateLimit": 1.0}},
    )
    laboratory.clock.advance(60)
    answer = await client.update_stage(
        **here,
        StageVariables={"one": "", "three": "3"},
        DefaultRouteSettings={"ThrottlingRateLimit": 2.0},
        RouteSettings={"$default": {"DetailedMetricsEnabled": True}},
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["StageVariables"] == {"two": "2", "three": "3"}
    assert answer["DefaultRouteSettings"] == {
        **QUIET,
        "ThrottlingBurstLimit": 5,
        "ThrottlingRateLimit": 2.0,
    }
    assert answer["RouteSettings"] == {
        "$connect": {**QUIET, "ThrottlingRateLimit": 1.0},
        "$default": {**QUIET, "DetailedMetricsEnabled": True},
    }
    assert answer["CreatedDate"] == made["CreatedDate"]
    assert (answer["LastUpdatedDate"] - made["LastUpdatedDate"]).total_seconds() == 60


@pytest.mark.rule("CP-STAGE-06", "CP-STAGE-07")
async def test_route_settings_are_deleted_one_by_one(client: Client, api_id: str) -> None:
    here = {"ApiId": api_id, "StageName": "dev"}
    await client.create_stage(**here, RouteSettings={"$connect": {"ThrottlingBurstLimit": 1}})
    await client.delete_route_settings(**here, RouteKey="$connect")
    assert (await client.get_stage(**here))["RouteSettings"] == {}
    text = "Unable to find Route by key $connect within the provided RouteSettings"
    refusal = await client.refuse("delete_route_settings", **here, RouteKey="$connect")
    assert refusal == (404, "NotFoundException", text)


@pytest.mark.usefixtures("with_log_role")
async def test_access_log_settings_are_deleted(client: Client, api_id: str) -> None:
    here = {"ApiId": api_id, "StageName": "dev"}
    await client.create_stage(**here, AccessLogSettings=LOG)
    await client.delete_access_log_settings(**here)
    assert "AccessLogSettings" not in await client.get_stage(**here)


async def test_resetting_the_authorizers_cache_is_done_at_once(client: Client, api_id: str) -> None:
    here = {"ApiId": api_id, "StageName": "dev"}
    await client.create_stage(**here)
    answer = await client.reset_authorizers_cache(**here)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204


@pytest.mark.rule("CP-STAGE-08")
@pytest.mark.parametrize(
    "members",
    [
        {"AccessLogSettings": LOG},
        {"DefaultRouteSettings": {"LoggingLevel": "ERROR"}},
        {"DefaultRouteSettings": {"DataTraceEnabled": True}},
        {"RouteSettings": {"$connect": {"LoggingLevel": "INFO"}}},
    ],
)
async def test_logging_needs_a_role(client: Client, api_id: str, members: dict[str, Any]) -> None:
    refusal = await client.refuse("create_stage", ApiId=api_id, StageName="dev", **members)
    text = "CloudWatch Logs role ARN must be set in account settings to enable logging"
    assert refusal == (400, "BadRequestException", text)


@pytest.mark.rule("CP-STAGE-01", "CP-STAGE-06", "CP-STAGE-09", "CP-STAGE-10")
@pytest.mark.usefixtures("with_log_role")
@pytest.mark.parametrize(
    ("members", "status", "text"),
    [
        ({"StageName": None}, 400, "Stage name is required"),
        ({"StageName": "$default"}, 400, "Stages cannot be named $default for WebSocket APIs."),
        ({"StageName": "a.b"}, 400, "a-zA-Z0-9_-"),
        ({"RouteSettings": {"no": {}}}, 404, "Unable to find Route by key no within the provided"),
        ({"AccessLogSettings": {**LOG, "Format": "$context.status"}}, 400, "$context.requestId"),
        ({"AccessLogSettings": {**LOG, "Format": "$context.requestId\n"}}, 400, "single line"),
        ({"StageVariables": {"a-b": "x"}}, 400, "Invalid stage variable name"),
        ({"StageVariables": {"a": "x y"}}, 400, "Invalid stage variable value"),
        ({"StageVariables": {f"a{n}": "x" for n in range(101)}}, 400, "at most 100"),
        ({"StageVariables": {"a": "x" * 2049}}, 400, "less than or equal to 2048"),
        ({"DeploymentId": "abcdef"}, 400, "Invalid deployment identifier"),
        ({"DefaultRouteSettings": {"LoggingLevel": "LOUD"}}, 400, "[ERROR, INFO, OFF]"),
    ],
)
async def test_what_a_stage_cannot_be_is_refused(
    client: Client, api_id: str, members: dict[str, Any], status: int, text: str
) -> None:
    given = {"StageName": "dev", **members}
    given = {name: value for name, value in given.items() if value is not None}
    answer = await client.refuse("create_stage", ApiId=api_id, **given)
    assert answer[0] == status
    assert text in answer[2]


@pytest.mark.rule("CP-STAGE-02", "CP-STAGE-03", "CP-STAGE-13")
async def test_ten_stages_of_different_names(client: Client, api_id: str) -> None:
    await client.create_stage(ApiId=api_id, StageName="dev")
    refusal = await client.refuse("create_stage", ApiId=api_id, StageName="dev")
    assert refusal == (409, "ConflictException", "Stage already exists")
    for number in range(9):
        await client.create_stage(ApiId=api_id, StageName=f"stage{number}")
    status, name, _ = await client.refuse("create_stage", ApiId=api_id, StageName="more")
    assert (status, name) == (429, "TooManyRequestsException")
    await client.delete_stage(ApiId=api_id, StageName="dev")
    refusal = await client.refuse("get_stage", ApiId=api_id, StageName="dev")
    assert refusal == (404, "NotFoundException", "Invalid stage identifier specified")
