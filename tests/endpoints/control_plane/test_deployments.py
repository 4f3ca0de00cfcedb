"""Deployments, through AWS's SDK: what is live, and when."""

import re
from typing import Any

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, told
from routekey.ids import ApiId, StageName
from routekey.resources.api import CONNECT
from routekey.testing.apis import REGION

DEV = StageName("dev")


def served(laboratory: Laboratory, api_id: str) -> list[str] | None:
    """Name the routes that messages reach; None where the stage is not served."""
    snapshot = laboratory.directory.find_snapshot(ApiId(api_id), DEV)
    return None if snapshot is None else sorted(snapshot.routes)


@pytest.fixture
async def here(client: Client, api_id: str) -> dict[str, str]:
    """Make an API with a route and a stage."""
    await client.create_route(ApiId=api_id, RouteKey="one")
    await client.create_stage(ApiId=api_id, StageName="dev")
    return {"ApiId": api_id, "StageName": "dev"}


@pytest.mark.rule("CP-DEPLOY-04", "CP-RESP-03", "CP-ID-04")
async def test_a_deployment_is_deployed_at_once(client: Client, here: dict[str, str]) -> None:
    answer = told(await client.create_deployment(ApiId=here["ApiId"], Description="first"))
    assert re.fullmatch("[a-z0-9]{6}", answer["DeploymentId"])
    assert answer == {
        "AutoDeployed": False,
        "CreatedDate": answer["CreatedDate"],
        "DeploymentId": answer["DeploymentId"],
        "DeploymentStatus": "DEPLOYED",
        "Description": "first",
    }
    place = {"ApiId": here["ApiId"], "DeploymentId": answer["DeploymentId"]}
    assert told(await client.get_deployment(**place)) == answer
    assert (await client.get_deployments(ApiId=here["ApiId"]))["Items"] == [answer]


@pytest.mark.rule("CP-DEPLOY-01", "CP-DEPLOY-03", "CP-STAGE-04")
async def test_nothing_is_live_before_it_is_deployed(
    laboratory: Laboratory, client: Client, here: dict[str, str]
) -> None:
    api_id = here["ApiId"]
    assert laboratory.directory.snapshots == {}
    await client.create_deployment(ApiId=api_id)
    assert laboratory.directory.snapshots == {}
    made = await client.create_deployment(**here)
    assert served(laboratory, api_id) == ["one"]
    assert (await client.get_stage(**here))["DeploymentId"] == made["DeploymentId"]
    await client.create_route(ApiId=api_id, RouteKey="two")
    assert served(laboratory, api_id) == ["one"]
    await client.create_deployment(**here)
    assert served(laboratory, api_id) == ["one", "two"]


@pytest.mark.rule("CP-DEPLOY-01", "CP-DEPLOY-10")
async def test_a_stage_is_rolled_back_to_an_older_deployment(
    laboratory: Laboratory, client: Client, here: dict[str, str]
) -> None:
    first = await client.create_deployment(**here)
    await client.create_route(ApiId=here["ApiId"], RouteKey="two")
    await client.create_deployment(**here)
    await client.update_stage(**here, DeploymentId=first["DeploymentId"])
    assert served(laboratory, here["ApiId"]) == ["one"]


@pytest.mark.rule("CP-DEPLOY-02")
async def test_stage_settings_apply_without_a_deployment(
    laboratory: Laboratory, client: Client, here: dict[str, str]
) -> None:
    await client.create_deployment(**here)
    await client.update_stage(**here, StageVariables={"table": "messages"})
    snapshot = laboratory.directory.find_snapshot(ApiId(here["ApiId"]), DEV)
    assert snapshot is not None
    assert snapshot.stage_variables_json == b'"stageVariables":{"table":"messages"},'


@pytest.mark.rule("CP-API-04")
async def test_switching_the_default_host_off_needs_a_deployment(
    laboratory: Laboratory, client: Client, here: dict[str, str]
) -> None:
    api_id = here["ApiId"]
    host = f"{api_id}.execute-api.{REGION}.amazonaws.com"
    assert (await client.get_api(ApiId=api_id))["DisableExecuteApiEndpoint"] is False
    await client.create_deployment(**here)
    await client.update_api(ApiId=api_id, DisableExecuteApiEndpoint=True)
    assert laboratory.directory.resolve(host, "/dev") is not None
    await client.create_deployment(**here)
    assert laboratory.directory.resolve(host, "/dev") is None


@pytest.mark.rule("SEC-CONN-02")
async def test_iam_on_connect_needs_a_deployment(
    laboratory: Laboratory, client: Client, here: dict[str, str]
) -> None:
    def find_authorization() -> str:
        snapshot = laboratory.directory.find_snapshot(ApiId(here["ApiId"]), DEV)
        assert snapshot is not None
        assert snapshot.connect is not None
        return str(snapshot.connect.route.authorization_type)

    connect = await client.create_route(ApiId=here["ApiId"], RouteKey=CONNECT)
    await client.create_deployment(**here)
    place = {"ApiId": here["ApiId"], "RouteId": connect["RouteId"]}
    await client.update_route(**place, AuthorizationType="AWS_IAM")
    assert find_authorization() == "NONE"
    await client.create_deployment(**here)
    assert find_authorization() == "AWS_IAM"


@pytest.mark.rule("CP-DEPLOY-05")
async def test_an_api_without_routes_is_not_deployed(client: Client, api_id: str) -> None:
    refusal = await client.refuse("create_deployment", ApiId=api_id)
    text = "At least one route is required before deploying the Api"
    assert refusal == (400, "BadRequestException", text)


async def test_what_does_not_compile_is_refused_and_what_was_served_stays(
    laboratory: Laboratory, client: Client, here: dict[str, str]
) -> None:
    api_id = here["ApiId"]
    await client.create_deployment(**here)
    integration = await client.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri="arn:aws:sns:eu-west-2:1:topic"
    )
    target = f"integrations/{integration['IntegrationId']}"
    await client.create_route(ApiId=api_id, RouteKey="two", Target=target)
    before = told(await client.get_stage(**here))
    status, name, text = await client.refuse("create_deployment", **here)
    assert (status, name) == (400, "BadRequestException")
    assert "the integration URI" in text
    assert told(await client.get_stage(**here)) == before
    assert served(laboratory, api_id) == ["one"]


@pytest.mark.rule("CP-API-07")
async def test_an_api_may_pass_over_models_that_do_not_hold(
    laboratory: Laboratory, client: Client, here: dict[str, str]
) -> None:
    api_id = here["ApiId"]
    model = await client.create_model(ApiId=api_id, Name="Kept", Schema='{"type": "object"}')
    models = {"a": "Kept", "b": "Gone"}
    await client.create_route(ApiId=api_id, RouteKey="two", RequestModels=models)
    status, _, text = await client.refuse("create_deployment", **here)
    assert (status, "'Gone' does not exist" in text) == (400, True)
    await client.update_api(ApiId=api_id, DisableSchemaValidation=True)
    await client.create_deployment(**here)
    snapshot = laboratory.directory.find_snapshot(ApiId(api_id), DEV)
    assert snapshot is not None
    assert list(snapshot.routes["two"].models) == ["a"]
    assert model["Name"] == "Kept"


@pytest.mark.rule("CP-DEPLOY-09")
async def test_only_the_description_is_updated(client: Client, here: dict[str, str]) -> None:
    made = await client.create_deployment(ApiId=here["ApiId"])
    place = {"ApiId": here["ApiId"], "DeploymentId": made["DeploymentId"]}
    answer = await client.update_deployment(**place, Description="second")
    assert told(answer) == {**told(made), "Description": "second"}


@pytest.mark.rule("CP-DEPLOY-08")
async def test_a_deployment_in_use_is_not_deleted(client: Client, here: dict[str, str]) -> None:
    made = await client.create_deployment(**here)
    place = {"ApiId": here["ApiId"], "DeploymentId": made["DeploymentId"]}
    text = "Active stages pointing to this deployment must be moved or deleted"
    assert await client.refuse("delete_deployment", **place) == (400, "BadRequestException", text)
    await client.delete_stage(**here)
    await client.delete_deployment(**place)
    refusal = (404, "NotFoundException", "Invalid deployment identifier specified")
    assert await client.refuse("get_deployment", **place) == refusal


@pytest.mark.rule("CP-STAGE-03")
async def test_an_unknown_stage_is_not_deployed_to(client: Client, here: dict[str, str]) -> None:
    refusal = await client.refuse("create_deployment", ApiId=here["ApiId"], StageName="prod")
    assert refusal == (404, "NotFoundException", "Invalid stage identifier specified")


@pytest.mark.rule("CP-DEPLOY-06")
async def test_with_auto_deploy_every_edit_is_live(
    laboratory: Laboratory, client: Client, here: dict[str, str]
) -> None:
    api_id = here["ApiId"]
    await client.update_stage(**here, AutoDeploy=True)
    assert served(laboratory, api_id) == ["one"]
    await client.create_route(ApiId=api_id, RouteKey="two")
    assert served(laboratory, api_id) == ["one", "two"]
    stage = await client.get_stage(**here)
    assert stage["DeploymentId"] in stage["LastDeploymentStatusMessage"]
    (deployment,) = (await client.get_deployments(ApiId=api_id))["Items"]
    assert deployment["DeploymentId"] == stage["DeploymentId"]
    assert deployment["AutoDeployed"] is True


@pytest.mark.rule("CP-DEPLOY-05", "CP-DEPLOY-06")
async def test_an_automatic_deployment_that_fails_is_told_by_the_stage(
    laboratory: Laboratory, client: Client, api_id: str
) -> None:
    here = {"ApiId": api_id, "StageName": "dev"}
    await client.create_stage(**here, AutoDeploy=True)
    text = "Deployment attempt failed: At least one route is required before deploying the Api."
    assert (await client.get_stage(**here))["LastDeploymentStatusMessage"] == text
    assert served(laboratory, api_id) is None
    await client.create_route(ApiId=api_id, RouteKey="one")
    assert served(laboratory, api_id) == ["one"]
    bad = await client.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri="nowhere"
    )
    target = f"integrations/{bad['IntegrationId']}"
    await client.create_route(ApiId=api_id, RouteKey="two", Target=target)
    message = (await client.get_stage(**here))["LastDeploymentStatusMessage"]
    assert message.startswith("Deployment attempt failed: ")
    assert served(laboratory, api_id) == ["one"]


@pytest.mark.rule("CP-DEPLOY-07")
@pytest.mark.parametrize("operation", ["create_deployment", "update_stage", "create_stage"])
async def test_what_auto_deploy_sets_nobody_else_does(
    client: Client, here: dict[str, str], operation: str
) -> None:
    made = await client.create_deployment(ApiId=here["ApiId"])
    await client.update_stage(**here, AutoDeploy=True)
    more: dict[str, Any] = {
        "create_deployment": {},
        "create_stage": {
            "StageName": "prod", "AutoDeploy": True, "DeploymentId": made["DeploymentId"]
        },
        "update_stage": {"DeploymentId": made["DeploymentId"]},
    }[operation]  # fmt: skip
    given = {**here, **more}
    text = (
        f"Deployment ID cannot be set on this stage {given['StageName']} because AutoDeploy is "
        "enabled"
    )
    assert await client.refuse(operation, **given) == (400, "BadRequestException", text)
