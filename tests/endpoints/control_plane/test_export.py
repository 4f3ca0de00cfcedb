"""APIs as a CloudFormation template: exported, and loaded again as a project."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from endpoints.control_plane.laboratory import FUNCTION_URI, Client, Laboratory, ask
from routekey.endpoints.control_plane.apis import create_api
from routekey.endpoints.control_plane.export import create_export, export_template
from routekey.projects.loading import load
from routekey.resources.api import Api
from routekey.resources.project import Project
from routekey.testing.apis import ACCOUNT_ID

MINIMUM = {
    "name": "chat",
    "protocol_type": "WEBSOCKET",
    "route_selection_expression": "$request.body.action",
}


@pytest.fixture
async def laboratory() -> AsyncIterator[Laboratory]:
    async with Laboratory(
        more_routes=lambda self: create_export(self.plane, self.door, ACCOUNT_ID)
    ) as laboratory:
        yield laboratory


async def make_chat(client: Client, api_id: str) -> None:
    """Make one of everything that a template can hold."""
    here = {"ApiId": api_id}
    mock = await client.create_integration(
        **here,
        IntegrationType="MOCK",
        RequestTemplates={"$default": '{"statusCode":200}'},
        TemplateSelectionExpression="${request.body.kind}",
    )
    await client.create_integration_response(
        **here,
        IntegrationId=mock["IntegrationId"],
        IntegrationResponseKey="$default",
        ResponseTemplates={"$default": "ok"},
    )
    function = await client.create_integration(
        **here, IntegrationType="AWS_PROXY", IntegrationUri=FUNCTION_URI
    )
    authorizer = await client.create_authorizer(
        **here,
        AuthorizerType="REQUEST",
        AuthorizerUri=FUNCTION_URI,
        IdentitySource=["route.request.header.Auth"],
        Name="door",
    )
    await client.create_model(**here, Name="Message", Schema='{"type": "object"}')
    await client.create_route(
        **here,
        RouteKey="$connect",
        AuthorizationType="CUSTOM",
        AuthorizerId=authorizer["AuthorizerId"],
        RequestParameters={"route.request.header.Auth": {"Required": True}},
        Target=f"integrations/{function['IntegrationId']}",
    )
    say = await client.create_route(
        **here,
        RouteKey="say",
        ApiKeyRequired=True,
        ModelSelectionExpression="$request.body.kind",
        RequestModels={"message": "Message"},
        RouteResponseSelectionExpression="$default",
        Target=f"integrations/{mock['IntegrationId']}",
    )
    await client.create_route_response(**here, RouteId=say["RouteId"], RouteResponseKey="$default")
    await client.create_stage(
        **here,
        StageName="dev",
        DefaultRouteSettings={"ThrottlingRateLimit": 2.0, "ThrottlingBurstLimit": 7},
        RouteSettings={"say": {"ThrottlingRateLimit": 1.0}},
        StageVariables={"table": "messages"},
    )
    await client.create_deployment(**here, StageName="dev")
    await client.create_stage(**here, StageName="test", AutoDeploy=True)
    await client.create_domain_name(DomainName="chat.example.com", Tags={"team": "chat"})
    await client.create_api_mapping(
        **here, DomainName="chat.example.com", Stage="dev", ApiMappingKey="v1"
    )


def export_and_load(template: dict[str, Any], folder: Path) -> Project:
    (folder / "template.json").write_text(json.dumps(template))
    return load(folder)


async def test_what_is_exported_is_a_project_that_means_the_same(
    laboratory: Laboratory, client: Client, api_id: str, tmp_path: Path
) -> None:
    await make_chat(client, api_id)
    template = await laboratory.plane.run(export_template, {})
    (api,) = export_and_load(template, tmp_path).apis
    assert (api.name, api.route_selection_expression) == ("chat", "$request.body.action")
    routes = {str(route.route_key): route for route in api.routes}
    assert sorted(routes) == ["$connect", "say"]
    assert routes["$connect"].request_parameters == {"route.request.header.Auth": True}
    assert routes["$connect"].authorization_type == "CUSTOM"
    assert routes["$connect"].authorizer_id == api.authorizers[0].authorizer_id
    assert routes["say"].api_key_required
    assert routes["say"].request_models == {"message": "Message"}
    assert routes["say"].is_two_way
    assert behind(api, "$connect").integration_uri == FUNCTION_URI
    mock = behind(api, "say")
    assert mock.request_templates == {"$default": '{"statusCode":200}'}
    assert mock.responses[0].response_templates == {"$default": "ok"}
    assert api.authorizers[0].identity_source == ("route.request.header.Auth",)
    assert api.models[0].name == "Message"
    stages = {str(stage.stage_name): stage for stage in api.stages}
    assert sorted(stages) == ["dev", "test"]
    assert stages["dev"].stage_variables == {"table": "messages"}
    assert stages["dev"].default_route_settings.throttling_burst_limit == 7
    assert stages["dev"].route_settings["say"].throttling_rate_limit == 1.0
    assert stages["test"].auto_deploy


def behind(api: Api, key: str) -> Any:
    (route,) = (route for route in api.routes if route.route_key == key)
    (found,) = (one for one in api.integrations if one.integration_id == route.integration_id)
    return found


@pytest.mark.rule("CP-CFN-01", "CP-DEPLOY-05")
async def test_what_refers_to_something_does_so_by_its_logical_id(
    laboratory: Laboratory, client: Client, api_id: str
) -> None:
    await make_chat(client, api_id)
    resources = (await laboratory.plane.run(export_template, {}))["Resources"]
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for resource in resources.values():
        by_kind.setdefault(resource["Type"].rpartition("::")[2], []).append(resource)
    (mapping,) = by_kind["ApiMapping"]
    assert set(mapping["Properties"]) == {"ApiId", "ApiMappingKey", "DomainName", "Stage"}
    for name in ("ApiId", "DomainName", "Stage"):
        assert mapping["Properties"][name]["Ref"] in resources
    (deployment,) = by_kind["Deployment"]
    assert {resources[name]["Type"] for name in deployment["DependsOn"]} == {
        "AWS::ApiGatewayV2::Route"
    }
    assert all("ApiId" in one["Properties"] for one in by_kind["Route"])
    (domain,) = by_kind["DomainName"]
    (configuration,) = domain["Properties"]["DomainNameConfigurations"]
    assert "ApiGatewayDomainName" not in configuration
    assert domain["Properties"]["Tags"] == {"team": "chat"}


async def test_an_api_without_routes_has_no_deployment(
    laboratory: Laboratory, client: Client, api_id: str
) -> None:
    await client.create_stage(ApiId=api_id, StageName="dev")
    resources = (await laboratory.plane.run(export_template, {}))["Resources"]
    kinds = sorted(resource["Type"].rpartition("::")[2] for resource in resources.values())
    assert kinds == ["Api", "Stage"]


async def test_more_apis_than_a_page_has_are_all_exported(laboratory: Laboratory) -> None:
    for _ in range(501):
        await laboratory.plane.run(create_api, MINIMUM)
    resources = (await laboratory.plane.run(export_template, {}))["Resources"]
    assert len(resources) == 501


async def test_it_is_fetched_by_those_who_may_read_all_apis(
    laboratory: Laboratory, client: Client, api_id: str
) -> None:
    await make_chat(client, api_id)
    status, _, body = await ask(laboratory, "GET", "/export")
    assert status == 200
    assert json.loads(body) == await laboratory.plane.run(export_template, {})
    status, headers, _ = await ask(laboratory, "GET", "/export", headers={})
    assert (status, headers["x-amzn-errortype"]) == (403, "MissingAuthenticationTokenException")
