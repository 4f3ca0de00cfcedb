"""Deployments that may miss a route."""

from pathlib import Path

import pytest

from projects.building import API, load_template

TEMPLATE = """
  A: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: a}}
  B: {Type: AWS::ApiGatewayV2::Route, DependsOn: A, Properties: {ApiId: !Ref Api, RouteKey: b}}
  D: {Type: AWS::ApiGatewayV2::Deployment, Properties: {ApiId: !Ref Api}%s}
  Other: {Type: AWS::ApiGatewayV2::Deployment, Properties: {ApiId: elsewhere}}
  S:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: s, DeploymentId: !Ref D}
"""


@pytest.mark.rule("CP-DEPLOY-01")
@pytest.mark.parametrize(
    ("depends_on", "missed"),
    [
        ("", "A, B"),
        (", DependsOn: A", "B"),
        (", DependsOn: [A, B]", None),
        (", DependsOn: [B]", None),
        (", DependsOn: [D, Nothing]", "A, B"),
    ],
)
def test_a_route_that_a_deployment_does_not_wait_for_is_named(
    tmp_path: Path, depends_on: str, missed: str | None
) -> None:
    project = load_template(tmp_path, f"Resources:{API}{TEMPLATE % depends_on}")
    said = [(notice.resource, notice.text) for notice in project.notices]
    found = [(resource, text) for resource, text in said if resource != "Other"]
    if missed is None:
        assert found == []
    else:
        assert found[0][0] == "D"
        assert found[0][1].startswith(f"does not wait for {missed}:")
