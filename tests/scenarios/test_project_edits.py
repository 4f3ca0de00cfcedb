"""One truth: a project's resources, edited through AWS's SDK, and the project read again.

Each test edits, saves the project's file (which loads it again) and reads back.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from endpoints.control_plane.functions_laboratory import ECHO, ROLE, open_laboratory, pack
from endpoints.control_plane.laboratory import Laboratory, told
from routekey.ids import RouteKey, StageName
from routekey.resources.api import Api, Integration, IntegrationType, Origin, Route, Stage
from routekey.resources.domain import DomainName
from routekey.resources.function import Code, Function, PackageType, Permission
from routekey.resources.project import Project
from routekey.resources.usage import ApiKey, UsagePlan
from routekey.testing.apis import ACCOUNT_ID, REGION, make_api

HERE = {"FunctionName": "echo"}
PLACE = Origin(file="template.yaml", line=3)


def describe_api() -> Api:
    mock = Integration(integration_id="mock", integration_type=IntegrationType.MOCK, origin=PLACE)
    routes = tuple(
        Route(
            route_id=f"r-{key}", route_key=RouteKey(key), target="integrations/mock", origin=PLACE
        )
        for key in ("join", "leave")
    )
    stage = Stage(stage_name=StageName("dev"), stage_variables={"a": "project"}, origin=PLACE)
    return replace(
        make_api({}), name="chat", origin=PLACE, routes=routes, integrations=(mock,),
        stages=(stage,), tags={"made": "by project"},
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "app.py").write_text(ECHO)
    function = Function(
        function_name="echo",
        code=Code(package_type=PackageType.DIRECTORY, path=str(folder)),
        handler="app.handler",
        runtime="python3.11",
        role=ROLE,
        aliases={"prod": "1"},
        permissions=(Permission(principal="apigateway.amazonaws.com"),),
        origin=PLACE,
    )
    return Project(
        region=REGION,
        account_id=ACCOUNT_ID,
        apis=(describe_api(),),
        functions=(function,),
        api_keys=(ApiKey(id="key", value="x" * 20, name="a"),),
        usage_plans=(UsagePlan(id="plan", name="a"),),
        domain_names=(DomainName(domain_name="chat.example.com"),),
    )


@pytest.fixture
async def laboratory(tmp_path: Path, project: Project) -> AsyncIterator[Laboratory]:
    async with open_laboratory(tmp_path) as laboratory:
        await laboratory.plane.load_project(project)
        yield laboratory


def save(project: Project) -> Project:
    """Say the same, a line further down: what a comment above does."""
    moved = Origin(file="template.yaml", line=4)
    api = project.apis[0]
    routes = tuple(replace(route, origin=moved) for route in api.routes)
    return replace(
        project,
        apis=(replace(api, routes=routes, origin=moved),),
        functions=tuple(replace(one, origin=moved) for one in project.functions),
    )


async def test_what_the_api_says_of_a_function_survives(
    laboratory: Laboratory, project: Project
) -> None:
    functions = laboratory.client("lambda")
    arn = (await functions.get_function_configuration(**HERE))["FunctionArn"]
    await functions.tag_resource(Resource=arn, Tags={"team": "chat"})
    await functions.put_function_concurrency(**HERE, ReservedConcurrentExecutions=3)
    await functions.create_alias(**HERE, Name="live", FunctionVersion="$LATEST", Description="d")
    await functions.add_permission(
        **HERE, StatementId="mine", Action="lambda:InvokeFunction", Principal=ACCOUNT_ID
    )
    await functions.update_function_configuration(**HERE, Timeout=20)
    before = told(await functions.get_function(**HERE))
    policy = told(await functions.get_policy(**HERE))
    for _ in range(2):
        await laboratory.plane.load_project(save(project))
        assert told(await functions.get_function(**HERE)) == before
        assert told(await functions.get_policy(**HERE)) == policy
    assert before["Tags"] == {"team": "chat"}
    assert before["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    assert len(json.loads(policy["Policy"])["Statement"]) == 2
    aliases = (await functions.list_aliases(**HERE))["Aliases"]
    assert [alias["Name"] for alias in aliases] == ["live", "prod"]


async def test_what_the_project_says_anew_counts_beside_it(
    laboratory: Laboratory, project: Project
) -> None:
    functions = laboratory.client("lambda")
    await functions.update_function_configuration(**HERE, Timeout=20, MemorySize=512)
    await functions.create_alias(**HERE, Name="live", FunctionVersion="$LATEST")
    changed = replace(project.functions[0], timeout=9, aliases={"test": "1"}, permissions=())
    await laboratory.plane.load_project(replace(project, functions=(changed,)))
    found = await functions.get_function_configuration(**HERE)
    assert (found["Timeout"], found["MemorySize"]) == (9, 512)
    aliases = (await functions.list_aliases(**HERE))["Aliases"]
    assert [alias["Name"] for alias in aliases] == ["live", "test"]
    assert (await functions.refuse("get_policy", **HERE))[0] == 404


async def test_code_and_versions_of_the_api_survive(
    laboratory: Laboratory, project: Project
) -> None:
    functions = laboratory.client("lambda")
    await functions.update_function_code(
        **HERE, ZipFile=pack("def handler(event, context): return 'new'"), Publish=True
    )
    await laboratory.plane.load_project(save(project))
    answer = await functions.invoke(**HERE)
    assert answer["Payload"].read() == b'"new"'
    versions = (await functions.list_versions_by_function(**HERE))["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1"]


async def test_another_folder_of_the_project_takes_the_place_of_the_apis_code(
    laboratory: Laboratory, project: Project, tmp_path: Path
) -> None:
    functions = laboratory.client("lambda")
    await functions.update_function_code(**HERE, ZipFile=pack(ECHO))
    other = tmp_path / "other"
    other.mkdir()
    (other / "app.py").write_text("def handler(event, context): return 'other'")
    code = Code(package_type=PackageType.DIRECTORY, path=str(other))
    moved = replace(project.functions[0], code=code)
    await laboratory.plane.load_project(replace(project, functions=(moved,)))
    answer = await functions.invoke(**HERE)
    assert answer["Payload"].read() == b'"other"'
    assert (await functions.get_function_configuration(**HERE))["CodeSize"] == 0


async def test_what_the_api_edited_of_an_api_survives(
    laboratory: Laboratory, project: Project
) -> None:
    client, api_id = laboratory.client(), project.apis[0].api_id
    here = {"ApiId": api_id}
    stage = {**here, "StageName": "dev"}
    await client.tag_resource(
        ResourceArn=f"arn:aws:apigateway:{REGION}::/apis/{api_id}", Tags={"mine": "too"}
    )
    await client.update_route(**here, RouteId="r-join", OperationName="edited")
    await client.delete_route(**here, RouteId="r-leave")
    await client.update_stage(**stage, StageVariables={"b": "api"})
    old = (await client.get_stage(**stage))["DeploymentId"]
    await client.create_deployment(**stage)
    await client.update_stage(**stage, DeploymentId=old)
    before = [told(await client.get_api(**here)), told(await client.get_stage(**stage))]
    routes = (await client.get_routes(**here))["Items"]
    await laboratory.plane.load_project(save(project))
    after = [told(await client.get_api(**here)), told(await client.get_stage(**stage))]
    assert after == before
    assert (await client.get_routes(**here))["Items"] == routes
    assert [route["OperationName"] for route in routes] == ["edited"]
    assert before[0]["Tags"] == {"made": "by project", "mine": "too"}
    assert before[1]["StageVariables"] == {"a": "project", "b": "api"}
    renamed = replace(project.apis[0], name="new")
    await laboratory.plane.load_project(replace(project, apis=(renamed,)))
    assert (await client.get_api(**here))["Name"] == "new"
    assert (await client.get_routes(**here))["Items"] == routes


async def test_what_the_api_edited_of_keys_plans_and_domains_survives(
    laboratory: Laboratory, project: Project
) -> None:
    v1, v2 = laboratory.client("apigateway"), laboratory.client()
    rename = [{"op": "replace", "path": "/name", "value": "b"}]
    await v1.update_api_key(apiKey="key", patchOperations=rename)
    await v1.update_usage_plan(usagePlanId="plan", patchOperations=rename)
    await v1.create_usage_plan_key(usagePlanId="plan", keyId="key", keyType="API_KEY")
    domain = f"arn:aws:apigateway:{REGION}::/domainnames/chat.example.com"
    await v2.tag_resource(ResourceArn=domain, Tags={"a": "b"})
    await laboratory.plane.load_project(save(project))
    assert (await v1.get_api_key(apiKey="key"))["name"] == "b"
    assert (await v1.get_usage_plan(usagePlanId="plan"))["name"] == "b"
    assert len((await v1.get_usage_plan_keys(usagePlanId="plan"))["items"]) == 1
    assert (await v2.get_domain_name(DomainName="chat.example.com"))["Tags"] == {"a": "b"}
    await v1.delete_api_key(apiKey="key")
    await laboratory.plane.load_project(project)
    assert (await v1.refuse("get_api_key", apiKey="key"))[0] == 404
    await laboratory.plane.load_project(replace(project, api_keys=()))
    again = replace(project.api_keys[0], name="again")
    await laboratory.plane.load_project(replace(project, api_keys=(again,)))
    assert (await v1.get_api_key(apiKey="key"))["name"] == "again"


async def test_what_processes_do_not_see_leaves_a_function_warm(laboratory: Laboratory) -> None:
    functions = laboratory.client("lambda")
    code = "count = 0\ndef handler(event, context):\n global count\n count += 1\n return count"
    await functions.update_function_code(**HERE, ZipFile=pack(code))
    arn = (await functions.get_function_configuration(**HERE))["FunctionArn"]
    assert (await functions.invoke(**HERE))["Payload"].read() == b"1"
    await functions.tag_resource(Resource=arn, Tags={"team": "chat"})
    await functions.create_alias(**HERE, Name="live", FunctionVersion="$LATEST")
    await functions.add_permission(
        **HERE, StatementId="mine", Action="lambda:InvokeFunction", Principal=ACCOUNT_ID
    )
    assert (await functions.invoke(**HERE, Qualifier="live"))["Payload"].read() == b"2"
