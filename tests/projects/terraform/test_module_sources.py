"""Where modules come from."""

import json
from pathlib import Path

import pytest

from projects.terraform.test_loading import load_text
from routekey.languages.iam import AccessRequest, Decision, evaluate
from routekey.projects.document import Document
from routekey.projects.terraform.module_sources import find_module
from routekey.resources.project import Project

PLACE = Document(file="/here/main.tf", value=None).place()
LAMBDA = """
module "say" {
  source        = "terraform-aws-modules/lambda/aws"
  function_name = "say"
  handler       = "app.handler"
  runtime       = "python3.12"
  source_path   = "${path.module}/src"
  timeout       = 9
  environment_variables = { A = "1" }
  policy_statements = {
    post = { effect = "Allow", actions = ["execute-api:ManageConnections"], resources = ["*"] }
  }
  allowed_triggers = {
    gateway = { service = "apigateway", source_arn = "arn:aws:execute-api:*:*:*/*" }
  }
}
"""
API = """
module "api" {
  source                     = "registry.example/terraform-aws-modules/apigateway-v2/aws"
  name                       = "chat"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
  STAGE                      = "dev"
  ROUTES
}
output "url" { value = module.api.stage_invoke_url }
"""
ROUTES = """routes = {
    "$connect" = {
      authorization_type = "CUSTOM"
      authorizer_key     = "guard"
      integration        = { uri = module.say.lambda_function_invoke_arn }
    }
    "ask" = {
      route_response_selection_expression = "$default"
      integration                         = { uri = module.say.lambda_function_arn }
    }
  }
  authorizers = {
    guard = { authorizer_uri = module.say.lambda_function_invoke_arn, identity_sources = ["a"] }
  }"""
OLDER = """integrations = {
    "$connect" = { lambda_arn = module.say.lambda_function_arn }
    "ask"      = { lambda_arn = module.say.lambda_function_arn }
  }"""


def load_module(folder: Path, text: str) -> Project:
    return load_text(folder, text, files={"src/app.py": ""})


def test_the_registrys_function_is_a_function_with_a_role(tmp_path: Path) -> None:
    project = load_module(tmp_path, LAMBDA)
    (function,) = project.functions
    assert (function.function_name, function.handler, function.timeout) == ("say", "app.handler", 9)
    assert function.code.path == str(tmp_path / "src")
    assert function.environment == {"A": "1"}
    assert {Path(file).parent for file in project.files} == {tmp_path}
    (role,) = project.roles
    assert function.role == role.arn
    request = AccessRequest(action="execute-api:ManageConnections", resource="arn:x")
    assert evaluate(role.policies, request) is Decision.ALLOWED
    (permission,) = function.permissions
    assert permission.principal == "apigateway.amazonaws.com"
    assert project.notices == ()


@pytest.mark.parametrize(
    "source",
    [
        'source_path = "${path.module}/src"',
        'source_path = ["src"]',
        'source_path = [{ path = "src", npm_requirements = true }]',
        'local_existing_package = "src"',
    ],
)
def test_the_registrys_function_finds_its_code(tmp_path: Path, source: str) -> None:
    text = LAMBDA.replace('source_path   = "${path.module}/src"', source)
    assert load_module(tmp_path, text).functions[0].code.path == str(tmp_path / "src")


def test_a_role_may_be_brought_to_the_registrys_function(tmp_path: Path) -> None:
    text = LAMBDA.replace("timeout       = 9", 'create_role = false\n  lambda_role = "arn:mine"')
    project = load_module(tmp_path, text)
    assert project.functions[0].role == "arn:mine"
    assert project.roles == ()


@pytest.mark.parametrize(
    ("stage", "routes"), [("stage_name", ROUTES), ("default_stage_name", OLDER)]
)
def test_the_registrys_api_has_routes_and_a_stage(tmp_path: Path, stage: str, routes: str) -> None:
    text = LAMBDA + API.replace("STAGE", stage).replace("ROUTES", routes)
    (api,) = load_module(tmp_path, text).apis
    assert (api.name, api.route_selection_expression) == ("chat", "$request.body.action")
    assert [stage.stage_name for stage in api.stages] == ["dev"]
    connect, ask = sorted(api.routes, key=lambda route: route.route_key)
    assert (connect.route_key, ask.route_key) == ("$connect", "ask")
    assert all("function:say" in each.integration_uri for each in api.integrations)
    if routes is ROUTES:
        assert connect.authorizer_id == api.authorizers[0].authorizer_id
        assert ask.is_two_way


TABLE = """
module "table" {
  source             = "terraform-aws-modules/dynamodb-table/aws"
  version            = "~> 4.0"
  name               = "connections"
  hash_key           = "id"
  range_key          = "at"
  ttl_enabled        = true
  ttl_attribute_name = "ends"
  attributes         = [{ name = "id", type = "S" }, { name = "at", type = "N" }]
  global_secondary_indexes = [
    { name = "by-time", hash_key = "at", projection_type = "ALL" }
  ]
  local_secondary_indexes = [
    { name = "newest", range_key = "at", projection_type = "KEYS_ONLY" }
  ]
}
"""
QUEUE = """
module "jobs" {
  source         = "terraform-aws-modules/sqs/aws"
  name           = "jobs"
  fifo_queue     = true
  create_dlq     = true
  redrive_policy = { maxReceiveCount = 3 }
}
"""


def load_services(folder: Path, text: str, environment: str) -> tuple[Project, str]:
    told = LAMBDA.replace('A = "1"', f"A = {environment}")
    project = load_module(folder, told + text)
    return project, project.functions[0].environment["A"]


def test_the_registrys_table_is_a_table(tmp_path: Path) -> None:
    outputs = 'join(" ", [module.table.dynamodb_table_id, module.table.dynamodb_table_arn])'
    project, named = load_services(tmp_path, TABLE, outputs)
    (table,) = project.services
    assert table.type == "AWS::DynamoDB::Table"
    assert table.properties["TableName"] == "connections"
    assert table.properties["BillingMode"] == "PAY_PER_REQUEST"
    assert table.properties["KeySchema"] == [
        {"AttributeName": "id", "KeyType": "HASH"},
        {"AttributeName": "at", "KeyType": "RANGE"},
    ]
    assert table.properties["TimeToLiveSpecification"] == {"AttributeName": "ends", "Enabled": True}
    assert "'IndexName': 'by-time'" in str(table.properties["GlobalSecondaryIndexes"])
    assert "'IndexName': 'newest'" in str(table.properties["LocalSecondaryIndexes"])
    assert named.startswith("connections arn:aws:dynamodb:")
    assert project.notices == ()


def test_the_registrys_queue_is_a_queue_with_one_for_dead_letters(tmp_path: Path) -> None:
    project, url = load_services(tmp_path, QUEUE, "module.jobs.queue_url")
    dead, jobs = sorted(project.services, key=lambda each: str(each.properties["QueueName"]))
    assert dead.properties == {"QueueName": "jobs-dlq.fifo", "FifoQueue": True}
    redrive = str(jobs.properties["RedrivePolicy"])
    assert "'maxReceiveCount': 3" in redrive
    assert ":jobs-dlq.fifo'" in redrive
    assert url.endswith("/jobs.fifo")
    assert project.notices == ()


def test_a_queue_of_the_registry_may_have_dead_letters_elsewhere_or_none(tmp_path: Path) -> None:
    policy = '{ maxReceiveCount = 2, deadLetterTargetArn = "arn:aws:sqs:us-east-1:1:dead" }'
    for redrive, told in ((f"redrive_policy = jsonencode({policy})", True), ("", False)):
        text = QUEUE.replace("create_dlq     = true", "").replace(
            "redrive_policy = { maxReceiveCount = 3 }", redrive
        )
        *others, queue = load_services(tmp_path, text, '"1"')[0].services
        assert ("RedrivePolicy" in queue.properties) is told
        assert [each.properties["QueueName"] for each in others] == ["dead"] * told


def test_a_table_that_terraform_has_fetched_is_read_there(tmp_path: Path) -> None:
    modules = {"Modules": [{"Key": "table", "Dir": "fetched"}]}
    manifest = tmp_path / ".terraform" / "modules" / "modules.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps(modules))
    (tmp_path / "fetched").mkdir()
    source = "terraform-aws-modules/dynamodb-table/aws"
    assert find_module(source, "module.table.", tmp_path, PLACE) == tmp_path / "fetched"
    assert find_module(source, "module.other.", tmp_path, PLACE) != tmp_path / "fetched"


def test_what_terraform_has_fetched_is_read(tmp_path: Path) -> None:
    modules = {"Modules": [{"Key": "outer.inner", "Dir": "fetched/inner"}]}
    manifest = tmp_path / ".terraform" / "modules" / "modules.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps(modules))
    (tmp_path / "fetched" / "inner").mkdir(parents=True)
    address = "module.outer[0].module.inner."
    found = find_module("git::https://x.org/y", address, tmp_path, PLACE)
    assert found == tmp_path / "fetched" / "inner"
    assert find_module("git::https://x.org/y", "module.other.", tmp_path, PLACE) is None
    manifest.write_text("[]")
    assert find_module("git::https://x.org/y", address, tmp_path, PLACE) is None


def test_a_path_leads_from_the_caller(tmp_path: Path) -> None:
    assert find_module("./m", "module.m.", tmp_path, PLACE) == Path("/here/m")
    assert find_module(None, "module.m.", tmp_path, PLACE) is None


def test_a_module_that_is_not_here_is_said_and_its_outputs_are_guesses(tmp_path: Path) -> None:
    project = load_text(
        tmp_path,
        'module "far" { source = "cloudposse/label/null" }\n'
        'resource "aws_iam_role" "r" { name = module.far.id }\n',
    )
    assert project.roles[0].arn.endswith(":role/far-id")
    first, second = sorted(notice.text for notice in project.notices)
    assert "module.far.id is known to a module that is not here" in first
    assert "Run `terraform get`" in second
