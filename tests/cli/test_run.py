"""The flags of `routekey run`."""

import asyncio
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.processes import assert_is_one_error, routekey
from routekey.cli.run import AwsServices, choose_services
from scenarios.conftest import RoutekeyRun, routekey_run
from scenarios.projects import save

__all__ = ["routekey_run"]


def test_a_port_that_is_none_is_one_error(project: Path) -> None:
    done = routekey("run", str(project), "--port", "70000")
    assert_is_one_error(done, "gateway.port: 70000 does not fit")


def test_a_parameter_without_a_value_is_one_error(project: Path) -> None:
    done = routekey("run", str(project), "--parameter", "Name")
    assert_is_one_error(done, "'Name' is no parameter", "NAME=VALUE")


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("--aws", "real", "--aws-endpoint", "http://localhost:1"), "exclude each other"),
        (("--aws-endpoint", "localhost:4566"), "--aws-endpoint: 'localhost:4566' is no URL"),
    ],
)
def test_where_other_services_are_is_said_once(
    project: Path, flags: tuple[str, ...], text: str
) -> None:
    assert_is_one_error(routekey("run", str(project), *flags), text)


@pytest.mark.parametrize(
    ("aws", "endpoint", "setting"),
    [
        (None, None, None),
        (AwsServices.LOCAL, None, "local"),
        (AwsServices.REAL, None, "aws"),
        (None, "http://localhost:4566", "http://localhost:4566"),
    ],
)
def test_two_flags_make_one_setting(
    aws: AwsServices | None, endpoint: str | None, setting: str | None
) -> None:
    assert choose_services(aws, endpoint) == setting


async def test_the_region_is_the_one_of_the_flag(project: Path, routekey_run: RoutekeyRun) -> None:
    running = await routekey_run(project, "--region", "ap-south-1")
    assert ".execute-api.ap-south-1.amazonaws.com/" in running.addresses["apis"][0]["callbackUrl"]


async def test_a_setting_of_a_file_is_used(project: Path, routekey_run: RoutekeyRun) -> None:
    settings = project / "settings.toml"
    settings.write_text('[project]\nregion = "ap-south-1"\n')
    running = await routekey_run(project, "--config", str(settings))
    assert ".execute-api.ap-south-1.amazonaws.com/" in running.addresses["apis"][0]["callbackUrl"]


async def test_a_parameter_reaches_the_template(project: Path, routekey_run: RoutekeyRun) -> None:
    template = project / "template.yaml"
    text = template.read_text().replace("StageName: dev,", "StageName: !Ref Live,")
    template.write_text(f"Parameters:\n  Live: {{Type: String, Default: dev}}\n{text}")
    running = await routekey_run(project, "--parameter", "Live=test")
    assert running.addresses["apis"][0]["stage"] == "test"


@pytest.mark.parametrize(("flag", "is_followed"), [("--reload", True), ("--no-reload", False)])
async def test_saved_changes_are_followed_where_wanted(
    project: Path, routekey_run: RoutekeyRun, flag: str, is_followed: bool
) -> None:
    running = await routekey_run(project, flag)
    template = project / "template.yaml"
    save(template, template.read_text() + "\n")
    if is_followed:
        await running.wait_for_output("Reloaded: template.yaml")
    else:
        assert await running.stop() == 0
        assert "Reloaded" not in running.output


async def test_without_a_project_what_aws_apis_make_is_served_and_kept(
    routekey_run: RoutekeyRun, tmp_path: Path
) -> None:
    """And told at the next start, which nothing describes either."""
    data = str(tmp_path / "data")
    running = await routekey_run(None, "--no-project", "--data", data)
    await running.wait_for_output("nobody can connect")
    client = make_client(running.addresses["admin"])
    api_id = await asyncio.to_thread(make_api, client)
    running.process.kill()
    running.process.wait()
    again = await routekey_run(None, "--no-project", "--data", data)
    found = await asyncio.to_thread(make_client(again.addresses["admin"]).get_apis)
    assert [api["ApiId"] for api in found["Items"]] == [api_id]
    assert [api["apiId"] for api in again.addresses["apis"]] == [api_id]
    await again.wait_for_output(f"{api_id}, made through AWS's APIs")
    async with again.connect():
        pass


def make_client(endpoint: str) -> Any:
    session: Any = boto3.Session()
    keys = {"aws_access_key_id": "anybody", "aws_secret_access_key": "x"}
    return session.client("apigatewayv2", region_name="us-east-1", endpoint_url=endpoint, **keys)


def make_api(client: Any) -> str:
    made = client.create_api(
        Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )
    api_id: str = made["ApiId"]
    asked = client.create_integration(ApiId=api_id, IntegrationType="MOCK")["IntegrationId"]
    client.create_route(ApiId=api_id, RouteKey="$default", Target=f"integrations/{asked}")
    client.create_stage(ApiId=api_id, StageName="live", AutoDeploy=True)
    return api_id


def test_no_project_and_a_project_are_one_error(project: Path) -> None:
    done = routekey("run", str(project), "--no-project")
    assert_is_one_error(done, "--no-project and a project exclude each other")
