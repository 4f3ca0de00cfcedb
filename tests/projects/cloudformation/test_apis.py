"""`AWS::ApiGatewayV2::*` resources as APIs."""

from pathlib import Path

import pytest

from projects.building import API, load_template
from routekey.errors import ProjectError
from routekey.resources.project import Project


def load(folder: Path, resources: str) -> Project:
    return load_template(folder, f"Resources:{API}{resources}")


def test_all_routes_are_taken_whatever_a_deployment_depends_on(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        """
  A: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: a}}
  B: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: b}}
  Deployment:
    Type: AWS::ApiGatewayV2::Deployment
    DependsOn: [A]
    Properties: {ApiId: !Ref Api}
""",
    )
    assert [route.route_key for route in project.apis[0].routes] == ["a", "b"]


def test_of_two_routes_with_one_key_the_last_counts_and_is_named(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        """
  A: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: a}}
  B: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: a}}
""",
    )
    notice = project.notices[0]
    assert (notice.resource, notice.line) == ("B", 10)
    assert "declared twice" in notice.text


def test_an_api_without_a_stage_takes_the_name_that_its_deployment_has(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        """
  D: {Type: AWS::ApiGatewayV2::Deployment, Properties: {ApiId: !Ref Api, StageName: old}}
""",
    )
    assert [stage.stage_name for stage in project.apis[0].stages] == ["old"]


def test_two_apis_cannot_have_one_id(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="Two: the API id abc is also that of One"):
        load_template(
            tmp_path,
            """
            Resources:
              One: {Type: AWS::ApiGatewayV2::Api, Properties: {Tags: {_custom_id_: abc}}}
              Two: {Type: AWS::ApiGatewayV2::Api, Properties: {Tags: {_custom_id_: abc}}}
            """,
        )


def test_a_stage_logs_access_only_where_target_and_format_are_given(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        """
  S:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: s, AccessLogSettings: {Format: x}}
""",
    )
    assert project.apis[0].stages[0].access_log_settings is None


def test_a_part_of_an_api_that_is_not_here_is_named(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        """
  A: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: elsewhere, RouteKey: a}}
""",
    )
    assert project.apis[0].routes == ()
    assert "part of the API elsewhere" in project.notices[0].text


def test_an_integration_may_name_the_host_of_its_certificate(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        """
  I:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationUri: https://10.0.0.1/
      TlsConfig: {ServerNameToVerify: example.com}
""",
    )
    assert project.apis[0].integrations[0].tls_server_name_to_verify == "example.com"
