"""Configurations as a whole."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects import LoadOptions, load
from routekey.resources.project import Project


def load_text(
    folder: Path,
    text: str,
    options: LoadOptions | None = None,
    files: Mapping[str, str] | None = None,
) -> Project:
    for name, content in {"main.tf": text, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return load(folder, options=options or LoadOptions())


TOPIC = """
variable "region" {}
variable "name" { default = "d" }
provider "aws" { region = var.region }
provider "aws" {
  alias  = "other"
  region = "us-west-1"
}
resource "aws_iam_role" "r" { name = var.name }
"""


def test_values_come_from_environment_files_and_the_operator(tmp_path: Path) -> None:
    environment = {"TF_VAR_region": "eu-west-3", "TF_VAR_name": "environment"}
    options = LoadOptions(environment=environment)
    project = load_text(tmp_path, TOPIC, options)
    assert project.region == "eu-west-3"
    assert project.roles[0].arn.endswith("role/environment")
    project = load_text(
        tmp_path, TOPIC, options, files={"terraform.tfvars": 'name = upper("file")'}
    )
    assert project.roles[0].arn.endswith("role/FILE")
    assert str(tmp_path / "terraform.tfvars") in project.files
    options = LoadOptions(environment=environment, parameters={"name": "given"})
    assert load_text(tmp_path, TOPIC, options).roles[0].arn.endswith("role/given")


def test_a_file_of_values_refers_to_nothing(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="cannot refer to var"):
        load_text(tmp_path, TOPIC, files={"x.auto.tfvars": "name = var.x"})


def test_a_file_may_be_named_instead_of_its_folder(tmp_path: Path) -> None:
    load_text(tmp_path, 'resource "aws_iam_role" "r" { name = "r" }')
    assert load(tmp_path / "main.tf").roles[0].arn.endswith("role/r")


def test_keys_plans_and_domain_names_come_together(tmp_path: Path) -> None:
    project = load_text(
        tmp_path,
        """
resource "aws_apigatewayv2_api" "a" {
  name                       = "a"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}
resource "aws_api_gateway_api_key" "k" { name = "k" }
resource "aws_api_gateway_usage_plan" "p" {
  name = "p"
  api_stages {
    api_id = aws_apigatewayv2_api.a.id
    stage  = "dev"
  }
  quota_settings {
    limit  = 5
    period = "DAY"
  }
}
resource "aws_api_gateway_usage_plan_key" "m" {
  key_id        = aws_api_gateway_api_key.k.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.p.id
}
resource "aws_apigatewayv2_domain_name" "d" { domain_name = "ws.example.com" }
resource "aws_apigatewayv2_api_mapping" "m" {
  api_id      = aws_apigatewayv2_api.a.id
  domain_name = aws_apigatewayv2_domain_name.d.id
  stage       = "dev"
}
""",
    )
    (plan,), (key,), (domain,) = project.usage_plans, project.api_keys, project.domain_names
    assert (plan.key_ids, plan.quota is not None) == ((key.id,), True)
    assert key.enabled
    assert [mapping.stage for mapping in domain.mappings] == ["dev"]


def test_a_new_file_of_a_module_belongs_to_the_configuration(tmp_path: Path) -> None:
    module = {"inner/main.tf": 'output "o" { value = "o" }'}
    project = load_text(tmp_path, 'module "m" { source = "./inner" }', files=module)
    assert project.file_patterns == (
        f"{tmp_path}/*.tf",
        f"{tmp_path}/*.tf.json",
        f"{tmp_path}/inner/*.tf",
        f"{tmp_path}/inner/*.tf.json",
        f"{tmp_path}/*.tfvars*",
    )


@pytest.mark.rule("CP-TF-04")
def test_a_deployment_may_have_triggers(tmp_path: Path) -> None:
    """They decide when Terraform deploys again, and mean nothing to AWS."""
    project = load_text(
        tmp_path,
        """
resource "aws_apigatewayv2_api" "a" {
  name                       = "a"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}
resource "aws_apigatewayv2_deployment" "d" {
  api_id      = aws_apigatewayv2_api.a.id
  description = "first"
  triggers    = { redeployment = sha1(jsonencode([aws_apigatewayv2_api.a.id])) }
  lifecycle { create_before_destroy = true }
}
resource "aws_apigatewayv2_stage" "dev" {
  api_id        = aws_apigatewayv2_api.a.id
  name          = "dev"
  deployment_id = aws_apigatewayv2_deployment.d.id
}
""",
    )
    assert [stage.stage_name for stage in project.apis[0].stages] == ["dev"]
    assert project.notices == ()


def test_outputs_that_are_texts_are_told_to_who_asks(tmp_path: Path) -> None:
    text = """
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_access_key" "k" { user = aws_iam_user.ann.name }
output "secret" {
  value     = aws_iam_access_key.k.secret
  sensitive = true
}
output "names" { value = ["ann"] }
"""
    assert load_text(tmp_path, text).outputs == {}
    project = load_text(tmp_path, text, options=LoadOptions(has_outputs=True))
    ((_, outputs),) = project.outputs.items()
    (secret,) = project.users[0].access_keys.values()
    assert outputs == {"secret": secret}
    assert str(secret) not in repr(project)
