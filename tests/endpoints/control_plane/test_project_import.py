"""Projects in the control plane: visible, editable, and replaced without harm to the rest."""

from dataclasses import replace

import pytest

from endpoints.control_plane.laboratory import Client, Laboratory, told
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.functions import create_function
from routekey.endpoints.control_plane.packages import Package
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import ProjectError
from routekey.ids import RouteKey, StageName
from routekey.resources.api import (
    Api,
    Integration,
    IntegrationResponse,
    IntegrationType,
    Origin,
    Route,
    RouteResponse,
    Stage,
)
from routekey.resources.domain import ApiMapping, DomainName
from routekey.resources.function import Code, Function, PackageType
from routekey.resources.project import Project
from routekey.resources.usage import ApiKey, PlannedStage, UsagePlan
from routekey.testing.apis import ACCOUNT_ID, REGION, make_api

HERE = Origin(file="template.yaml", line=7)
DEV = StageName("dev")


def describe(*keys: str, name: str = "chat") -> Api:
    """Write an API as a loader does: every part has its place in a file."""
    mock = Integration(
        integration_id="mock",
        integration_type=IntegrationType.MOCK,
        responses=(IntegrationResponse(integration_response_key="$default"),),
        origin=HERE,
    )
    routes = tuple(
        Route(
            route_id=f"r-{key}",
            route_key=RouteKey(key),
            target="integrations/mock",
            responses=(RouteResponse(),),
            origin=HERE,
        )
        for key in keys
    )
    api = replace(make_api({}), name=name, origin=HERE, routes=routes, integrations=(mock,))
    return replace(api, stages=(Stage(stage_name=DEV, origin=HERE),))


def project(*apis: Api) -> Project:
    return Project(region=REGION, account_id=ACCOUNT_ID, apis=apis)


def served(laboratory: Laboratory, api: Api) -> list[str]:
    snapshot = laboratory.directory.find_snapshot(api.api_id, DEV)
    assert snapshot is not None
    return sorted(snapshot.routes)


async def test_a_project_is_served_and_seen(laboratory: Laboratory, client: Client) -> None:
    api = describe("join", "leave")
    await laboratory.plane.load_project(project(api))
    assert served(laboratory, api) == ["join", "leave"]
    assert (await client.get_api(ApiId=api.api_id))["Name"] == "chat"
    routes = (await client.get_routes(ApiId=api.api_id))["Items"]
    assert {route["RouteKey"] for route in routes} == {"join", "leave"}
    stage = await client.get_stage(ApiId=api.api_id, StageName="dev")
    (deployment,) = (await client.get_deployments(ApiId=api.api_id))["Items"]
    assert stage["DeploymentId"] == deployment["DeploymentId"]


async def test_its_responses_have_ids_that_a_reload_keeps(
    laboratory: Laboratory, client: Client
) -> None:
    api = describe("join")
    place = {"ApiId": api.api_id, "IntegrationId": "mock"}
    await laboratory.plane.load_project(project(api))
    before = (await client.get_integration_responses(**place))["Items"]
    (route_response,) = (await client.get_route_responses(ApiId=api.api_id, RouteId="r-join"))[
        "Items"
    ]
    assert len(route_response["RouteResponseId"]) == 6
    await laboratory.plane.load_project(project(replace(api, name="other")))
    assert (await client.get_integration_responses(**place))["Items"] == before


async def test_a_reload_without_a_change_changes_nothing(
    laboratory: Laboratory, client: Client
) -> None:
    api = describe("join")
    await laboratory.plane.load_project(project(api))
    published = len(laboratory.published)
    before = told(await client.get_stage(ApiId=api.api_id, StageName="dev"))
    laboratory.clock.advance(60)
    await laboratory.plane.load_project(project(api))
    assert told(await client.get_stage(ApiId=api.api_id, StageName="dev")) == before
    assert len(laboratory.published) == published


async def test_a_reload_replaces_what_the_project_made(
    laboratory: Laboratory, client: Client
) -> None:
    await laboratory.plane.load_project(project(describe("join", "leave")))
    api = describe("join", "say")
    laboratory.clock.advance(60)
    await laboratory.plane.load_project(project(api))
    assert served(laboratory, api) == ["join", "say"]
    assert len((await client.get_deployments(ApiId=api.api_id))["Items"]) == 1
    stage = await client.get_stage(ApiId=api.api_id, StageName="dev")
    assert stage["LastUpdatedDate"] > stage["CreatedDate"]


async def test_a_reload_leaves_what_the_api_made(laboratory: Laboratory, client: Client) -> None:
    api = describe("join")
    here = {"ApiId": api.api_id}
    other = await client.create_api(
        Name="other", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.x"
    )
    await laboratory.plane.load_project(project(api))
    await client.create_route(**here, RouteKey="mine", Target="integrations/mock")
    await client.create_stage(**here, StageName="test")
    await client.create_deployment(**here, StageName="test")
    await laboratory.plane.load_project(project(describe("say")))
    assert served(laboratory, api) == ["mine", "say"]
    snapshot = laboratory.directory.find_snapshot(api.api_id, StageName("test"))
    assert snapshot is not None
    assert sorted(snapshot.routes) == ["join", "mine"]
    assert (await client.get_api(ApiId=other["ApiId"]))["Name"] == "other"


async def test_an_api_that_a_project_no_longer_describes_goes(
    laboratory: Laboratory, client: Client
) -> None:
    await laboratory.plane.load_project(project(describe("join")))
    await laboratory.plane.load_project(project())
    assert (await client.get_apis())["Items"] == []
    assert laboratory.directory.snapshots == {}


async def test_what_the_api_made_of_it_does_not_go_with_it(
    laboratory: Laboratory, client: Client
) -> None:
    api = describe("join")
    await laboratory.plane.load_project(project(api))
    await client.create_route(ApiId=api.api_id, RouteKey="mine")
    await laboratory.plane.load_project(project())
    (route,) = (await client.get_routes(ApiId=api.api_id))["Items"]
    assert route["RouteKey"] == "mine"


async def test_an_edit_of_a_project_is_live_when_it_is_deployed(
    laboratory: Laboratory, client: Client
) -> None:
    api = describe("join")
    await laboratory.plane.load_project(project(api))
    await client.update_route(ApiId=api.api_id, RouteId="r-join", RouteKey="enter")
    assert served(laboratory, api) == ["join"]
    await client.create_deployment(ApiId=api.api_id, StageName="dev")
    assert served(laboratory, api) == ["enter"]


async def test_an_id_that_the_api_gave_out_is_not_taken_over(
    laboratory: Laboratory, client: Client
) -> None:
    made = await client.create_api(
        Name="other", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.x"
    )
    api = replace(describe("join"), api_id=made["ApiId"])
    with pytest.raises(ProjectError, match="exists already"):
        await laboratory.plane.load_project(project(api))
    assert (await client.get_api(ApiId=made["ApiId"]))["Name"] == "other"


async def test_a_project_that_does_not_compile_leaves_the_one_that_worked(
    laboratory: Laboratory,
) -> None:
    api = describe("join")
    await laboratory.plane.load_project(project(api))
    broken = replace(api, route_selection_expression="${request")
    with pytest.raises(Exception, match="expression"):
        await laboratory.plane.load_project(project(broken))
    assert served(laboratory, api) == ["join"]


async def test_keys_plans_and_domains_come_and_go_with_the_project(
    laboratory: Laboratory, client: Client
) -> None:
    api = describe("join")
    key = ApiKey(id="k", value="abcdefghijklmnopqrstuvwxyz", enabled=True)
    planned = PlannedStage(api_id=api.api_id, stage=DEV)
    plan = UsagePlan(id="p", name="gold", api_stages=(planned,), key_ids=("k",))
    mapping = ApiMapping(api_mapping_id="m", api_id=api.api_id, stage=DEV)
    domain = DomainName(domain_name="chat.example.com", mappings=(mapping,))
    await client.create_domain_name(DomainName="mine.example.com")
    whole = replace(project(api), api_keys=(key,), usage_plans=(plan,), domain_names=(domain,))
    await laboratory.plane.load_project(whole)
    published = len(laboratory.published)
    assert laboratory.directory.keys.find_subscription("k", api.api_id, DEV) is not None
    assert laboratory.directory.resolve("chat.example.com", "/") is not None
    await laboratory.plane.load_project(whole)
    assert len(laboratory.published) == published
    await laboratory.plane.load_project(project(api))
    assert laboratory.directory.keys.find_key(key.value) is None
    names = [one["DomainName"] for one in (await client.get_domain_names())["Items"]]
    assert names == ["mine.example.com"]


def write_function(name: str, origin: Origin | None = HERE) -> Function:
    code = Code(package_type=PackageType.INLINE, text="def handler(event, context): ...")
    return Function(
        function_name=name,
        code=code,
        handler="index.handler",
        runtime="python3.11",
        role=f"arn:aws:iam::{ACCOUNT_ID}:role/r",
        origin=origin,
    )


async def test_a_projects_functions_run_beside_those_of_the_api(laboratory: Laboratory) -> None:
    def make_one(edit: Edit, _: Members) -> Members:
        package = Package(path="/code.zip", sha256="", size=0)
        given = {"function_name": "mine", "handler": "a.b", "runtime": "python3.11",
                 "role": "r", "code": {}, "package": package}  # fmt: skip
        return create_function(edit, given)

    await laboratory.plane.run(make_one, {})
    await laboratory.plane.load_project(
        replace(project(), functions=(write_function("echo"), write_function("old")))
    )
    await laboratory.plane.load_project(replace(project(), functions=(write_function("echo"),)))
    present = sorted(function.function_name for function in laboratory.functions.present)
    assert present == ["echo", "mine"]
    with pytest.raises(ProjectError, match="exists already"):
        await laboratory.plane.load_project(replace(project(), functions=(write_function("mine"),)))


async def test_a_reload_starts_functions_anew_whose_description_is_the_same(
    laboratory: Laboratory,
) -> None:
    """Their code may have changed, which only those know who run them."""
    whole = replace(project(), functions=(write_function("echo"),))
    await laboratory.plane.load_project(whole)
    laboratory.functions.present = ()
    await laboratory.plane.load_project(whole)
    assert len(laboratory.functions.present) == 1


async def test_a_function_that_cannot_run_leaves_the_project_that_worked(
    laboratory: Laboratory,
) -> None:
    api = describe("join")
    await laboratory.plane.load_project(project(api))
    laboratory.functions.refused = "echo"
    broken = replace(project(describe("say")), functions=(write_function("echo"),))
    with pytest.raises(ProjectError, match="runtime"):
        await laboratory.plane.load_project(broken)
    assert served(laboratory, api) == ["join"]
    assert laboratory.functions.present == ()
