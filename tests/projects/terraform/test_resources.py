"""Terraform's resources in CloudFormation's terms."""

from pathlib import Path

import pytest

from projects.terraform.test_loading import load_text
from routekey.projects.cloudformation.forms import FORMS
from routekey.projects.document import Value, parse_document
from routekey.projects.terraform.kinds import to_properties
from routekey.projects.terraform.resources import KINDS, kind_of_resource

PLACE = parse_document("a", file="f").place()


def convert(kind: str, **arguments: Value) -> dict[str, Value]:
    return to_properties(kind_of_resource(kind), arguments, PLACE)


def test_every_kind_is_one_that_cloudformation_knows() -> None:
    assert {kind.type for kind in KINDS.values()} <= FORMS.keys()


@pytest.mark.rule("CP-TF-03")
def test_a_stage_has_blocks() -> None:
    properties = convert(
        "aws_apigatewayv2_stage",
        name="s",
        access_log_settings=[{"destination_arn": "a", "format": "f"}],
        default_route_settings=[],
        route_settings=[{"route_key": "k", "throttling_burst_limit": 1}],
    )
    assert properties == {
        "StageName": "s",
        "AccessLogSettings": {"DestinationArn": "a", "Format": "f"},
        "RouteSettings": {"k": {"ThrottlingBurstLimit": 1}},
    }


@pytest.mark.rule("CP-TF-05", "CP-TF-06", "CP-TF-07")
def test_arguments_that_are_spelt_otherwise_are_renamed() -> None:
    integration = convert(
        "aws_apigatewayv2_integration",
        timeout_milliseconds=50,
        description=None,
        tls_config=[{"server_name_to_verify": "h"}],
    )
    assert integration["TimeoutInMillis"] == 50
    assert integration["TlsConfig"] == {"ServerNameToVerify": "h"}
    assert "Description" not in integration
    route = convert(
        "aws_apigatewayv2_route",
        request_parameter=[{"request_parameter_key": "k", "required": True}],
    )
    assert route["RequestParameters"] == {"k": True}
    assert convert("aws_apigatewayv2_authorizer", identity_sources=["a"]) == {
        "IdentitySource": ["a"]
    }


def test_functions_and_layers_have_code_and_variables() -> None:
    function = convert(
        "aws_lambda_function",
        filename="f.zip",
        environment=[{"variables": {"A": "1"}}],
        logging_config=[{"log_format": "JSON"}],
    )
    assert function["Code"] == "f.zip"
    assert function["Environment"] == {"Variables": {"A": "1"}}
    assert function["LoggingConfig"] == {"LogFormat": "JSON"}
    assert convert("aws_lambda_function", image_uri="i")["Code"] == {"ImageUri": "i"}
    assert convert("aws_lambda_layer_version", filename="l.zip")["Content"] == "l.zip"


def test_keys_plans_and_domains_have_blocks() -> None:
    assert convert("aws_api_gateway_api_key", name="k")["Enabled"] is True
    plan = convert(
        "aws_api_gateway_usage_plan",
        name="p",
        api_stages=[{"api_id": "a", "stage": "s", "throttle": [{"path": "say", "rate_limit": 1}]}],
        throttle_settings=[{"burst_limit": 2}],
    )
    assert plan["UsagePlanName"] == "p"
    assert plan["ApiStages"] == [
        {"ApiId": "a", "Stage": "s", "Throttle": {"say": {"RateLimit": 1}}}
    ]
    assert (plan["Throttle"], plan["Quota"]) == ({"BurstLimit": 2}, None)
    domain = convert(
        "aws_apigatewayv2_domain_name",
        domain_name="d",
        domain_name_configuration=[{"certificate_arn": "c"}],
    )
    assert domain["DomainNameConfigurations"] == [{"CertificateArn": "c"}]


def test_policies_are_json_text() -> None:
    role = convert("aws_iam_role", inline_policy=[{"name": "n", "policy": "{}"}, {}])
    assert role["Policies"] == [{"PolicyName": "n", "PolicyDocument": {}}]
    assert convert("aws_iam_policy", policy='{"a": 1}')["PolicyDocument"] == {"a": 1}


def test_an_unknown_type_is_nothing_that_is_run_here() -> None:
    assert kind_of_resource("aws_vpc").type == "Terraform::vpc"


WORKER = """
resource "aws_iam_role" "r" { name = "r" }
resource "aws_sqs_queue" "jobs" { name = "jobs" }
resource "aws_sqs_queue" "failures" { name = "failures" }
resource "aws_dynamodb_table" "notes" {
  name             = "notes"
  hash_key         = "id"
  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_lambda_function" "worker" {
  function_name = "worker"
  role          = aws_iam_role.r.arn
  handler       = "app.handler"
  runtime       = "python3.12"
  filename      = "."
  dead_letter_config { target_arn = aws_sqs_queue.failures.arn }
}
resource "aws_lambda_event_source_mapping" "jobs" {
  event_source_arn        = aws_sqs_queue.jobs.arn
  function_name           = aws_lambda_function.worker.arn
  batch_size              = 3
  function_response_types = ["ReportBatchItemFailures"]
  filter_criteria {
    filter { pattern = jsonencode({ body = ["a"] }) }
    filter { pattern = jsonencode({ body = ["b"] }) }
  }
}
resource "aws_lambda_event_source_mapping" "notes" {
  event_source_arn  = aws_dynamodb_table.notes.stream_arn
  function_name     = aws_lambda_function.worker.function_name
  starting_position = "LATEST"
}
resource "aws_lambda_event_source_mapping" "off" {
  event_source_arn = aws_sqs_queue.jobs.arn
  function_name    = aws_lambda_function.worker.arn
  enabled          = false
}
resource "aws_lambda_function_event_invoke_config" "worker" {
  function_name          = aws_lambda_function.worker.function_name
  maximum_retry_attempts = 0
  destination_config {
    on_failure { destination = aws_sqs_queue.failures.arn }
  }
}
"""


def test_queues_streams_and_destinations_reach_functions(tmp_path: Path) -> None:
    project = load_text(tmp_path, WORKER, files={"app.py": ""})
    jobs, notes = project.event_sources
    assert (jobs.event_source_arn.rpartition(":")[2], jobs.batch_size) == ("jobs", 3)
    assert jobs.function_name.endswith(":function:worker")
    assert jobs.is_partial
    assert jobs.filter_patterns == ('{"body":["a"]}', '{"body":["b"]}')
    assert ":table/notes/stream/" in notes.event_source_arn
    assert (notes.function_name, notes.starting_position) == ("worker", "LATEST")
    config = project.functions[0].find_event_invoke_config(None)
    assert config.maximum_retry_attempts == 0
    assert str(config.on_failure).endswith(":failures")
    assert not project.notices


def test_destinations_and_dead_letters_are_blocks() -> None:
    config = convert(
        "aws_lambda_function_event_invoke_config",
        function_name="f",
        destination_config=[{"on_failure": [], "on_success": [{"destination": "arn:s"}]}],
    )
    assert config["DestinationConfig"] == {"OnSuccess": {"Destination": "arn:s"}}
    function = convert("aws_lambda_function", dead_letter_config=[{"target_arn": "arn:d"}])
    assert function["DeadLetterConfig"] == {"TargetArn": "arn:d"}
