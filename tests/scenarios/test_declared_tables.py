"""Tables that a project declares are there when its functions start, in whatever language."""

import json
import re
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

import boto3
import pytest

from scenarios.conftest import RoutekeyRun
from scenarios.running import REPOSITORY, ask

KEYS: Final[dict[str, Any]] = {
    "region_name": "us-east-1",
    "aws_access_key_id": "local",
    "aws_secret_access_key": "local",
}
HANDLER = """
import os
import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])

def handler(event, context):
    counted = table.update_item(
        Key={"id": "visits"},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": 1},
        ReturnValues="UPDATED_NEW",
    )
    return {"statusCode": 200, "body": str(counted["Attributes"]["n"])}
"""
TERRAFORM = """
resource "aws_dynamodb_table" "visits" {
  name         = "visits"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_iam_role" "role" { name = "role" }
data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/code.zip"
}
resource "aws_lambda_function" "count" {
  function_name = "count"
  role          = aws_iam_role.role.arn
  runtime       = "python3.12"
  handler       = "app.handler"
  timeout       = 20
  filename      = data.archive_file.code.output_path
  environment {
    variables = { TABLE = aws_dynamodb_table.visits.name }
  }
}
resource "aws_apigatewayv2_api" "api" {
  name                       = "visits"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}
resource "aws_apigatewayv2_integration" "count" {
  api_id           = aws_apigatewayv2_api.api.id
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_function.count.invoke_arn
}
resource "aws_apigatewayv2_route" "default" {
  api_id                              = aws_apigatewayv2_api.api.id
  route_key                           = "$default"
  target                              = "integrations/${aws_apigatewayv2_integration.count.id}"
  route_response_selection_expression = "$default"
}
resource "aws_apigatewayv2_route_response" "default" {
  api_id             = aws_apigatewayv2_api.api.id
  route_id           = aws_apigatewayv2_route.default.id
  route_response_key = "$default"
}
resource "aws_apigatewayv2_stage" "dev" {
  api_id      = aws_apigatewayv2_api.api.id
  name        = "dev"
  auto_deploy = true
}
resource "aws_lambda_permission" "gateway" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.count.function_name
  principal     = "apigateway.amazonaws.com"
}
"""
SERVERLESS = """
service: visits
provider:
  name: aws
  runtime: python3.12
  timeout: 20
  environment: {TABLE: !Ref Visits}
functions:
  count:
    handler: src/app.handler
    events:
      - websocket: {route: $default, routeResponseSelectionExpression: $default}
resources:
  Resources:
    Visits:
      Type: TABLE_TYPE
      Properties:
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        BillingMode: PAY_PER_REQUEST
"""


@pytest.mark.parametrize(
    ("name", "description"),
    [
        pytest.param("main.tf", TERRAFORM, id="terraform"),
        pytest.param(
            "serverless.yml",
            SERVERLESS.replace("TABLE_TYPE", "AWS::DynamoDB::GlobalTable"),
            id="serverless framework",
        ),
    ],
)
async def test_a_declared_table_counts(
    tmp_path: Path, routekey_run: RoutekeyRun, name: str, description: str
) -> None:
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "src" / "app.py").write_text(dedent(HANDLER))
    (project / name).write_text(description)
    running = await routekey_run(project)
    async with running.connect() as client:
        answers = [await ask(client, json.dumps({"visit": number})) for number in (1, 2)]
    assert answers == ["1", "2"]
    assert "cannot make" not in running.output


async def test_a_table_that_nobody_declares_is_made_from_outside(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    """Projects whose tables were made by hand at AWS have them made by hand here."""
    service, _, _ = SERVERLESS.replace("!Ref Visits", "visits").partition("resources:")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text(dedent(HANDLER))
    (tmp_path / "serverless.yml").write_text(service)
    running = await routekey_run(tmp_path)
    async with running.connect() as client:
        assert "Internal server error" in await ask(client, "hello")
        await running.wait_for_output(", for boto3 and the AWS CLI too")
        (url,) = re.findall(r"note other AWS services are at (http://\S+),", running.output)
        table = boto3.resource("dynamodb", endpoint_url=url, **KEYS).create_table(
            TableName="visits",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        assert await ask(client, "hello") == "1"
        assert table.get_item(Key={"id": "visits"})["Item"]["n"] == 1


async def test_the_file_of_the_how_to_guide_is_a_project(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    guide = (REPOSITORY / "docs" / "how-to" / "run-your-project.md").read_text()
    (tmp_path / "routekey.toml").write_text(guide.partition("```toml\n")[2].partition("```")[0])
    (tmp_path / "app.py").write_text(HANDLER)
    running = await routekey_run(tmp_path)
    async with running.connect() as client:
        assert await ask(client, "hello") == "1"
        assert json.loads(await ask(client, '{"action": "ping"}')) == {"pong": True}
