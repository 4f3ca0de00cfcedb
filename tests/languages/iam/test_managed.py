"""AWS's own policies, by name and by ARN."""

import pytest

from routekey.languages.iam import (
    AccessRequest,
    Decision,
    evaluate,
    managed_document,
    managed_documents,
    managed_policy,
    parse_policy,
)

PUSH = "arn:aws:execute-api:eu-west-2:123456789012:abc/dev/POST/@connections/{connectionId}"
PREFIX = "arn:aws:iam::aws:policy"


def may(name: str, action: str, resource: str = PUSH) -> bool:
    policy = managed_policy(name)
    assert policy is not None
    request = AccessRequest(action=action, resource=resource)
    return evaluate([policy], request) is Decision.ALLOWED


@pytest.mark.rule("SEC-MGD-01")
@pytest.mark.parametrize(
    ("name", "path", "action", "resource"),
    [
        ("AmazonAPIGatewayInvokeFullAccess", "", "execute-api:ManageConnections", PUSH),
        ("AmazonAPIGatewayInvokeFullAccess", "", "execute-api:Invoke", PUSH),
        (
            "AmazonAPIGatewayAdministrator",
            "",
            "apigateway:POST",
            "arn:aws:apigateway:eu-west-2::/apis",
        ),
        ("AWSLambdaBasicExecutionRole", "service-role/", "logs:PutLogEvents", "arn:x"),
        ("AWSLambdaRole", "service-role/", "lambda:InvokeFunction", "arn:x"),
        ("AmazonAPIGatewayPushToCloudWatchLogs", "service-role/", "logs:FilterLogEvents", "arn:x"),
        (
            "AWSLambdaVPCAccessExecutionRole",
            "service-role/",
            "ec2:CreateNetworkInterface",
            "arn:x",
        ),
        ("AdministratorAccess", "", "execute-api:ManageConnections", PUSH),
        ("PowerUserAccess", "", "execute-api:ManageConnections", PUSH),
        ("PowerUserAccess", "", "iam:ListRoles", "arn:x"),
        ("AWSLambdaExecute", "", "s3:GetObject", "arn:aws:s3:::b/k"),
        ("AWSLambdaInvocation-DynamoDB", "", "lambda:InvokeFunction", "arn:x"),
        ("AWSLambdaDynamoDBExecutionRole", "service-role/", "dynamodb:GetRecords", "arn:x"),
        ("AWSLambdaSQSQueueExecutionRole", "service-role/", "sqs:ReceiveMessage", "arn:x"),
        ("AWSLambda_FullAccess", "", "lambda:InvokeFunction", "arn:x"),
        (
            "AWSLambda_FullAccess",
            "",
            "logs:GetLogEvents",
            "arn:aws:logs:r:1:log-group:/aws/lambda/f",
        ),
        ("AWSStepFunctionsFullAccess", "", "states:StartExecution", "arn:x"),
        ("AmazonKinesisFullAccess", "", "kinesis:PutRecord", "arn:x"),
        ("AmazonSQSFullAccess", "", "sqs:SendMessage", "arn:x"),
        ("AWSXRayDaemonWriteAccess", "", "xray:PutTraceSegments", "arn:x"),
        ("AWSXrayWriteOnlyAccess", "", "xray:PutTraceSegments", "arn:x"),
    ],
)
def test_what_they_allow(name: str, path: str, action: str, resource: str) -> None:
    assert may(name, action, resource)
    assert may(f"{PREFIX}/{path}{name}", action, resource)


@pytest.mark.rule("SEC-MGD-01")
@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("AWSLambdaBasicExecutionRole", "execute-api:ManageConnections"),
        ("AmazonAPIGatewayAdministrator", "execute-api:ManageConnections"),
        ("PowerUserAccess", "iam:CreateRole"),
        ("AWSDenyAll", "execute-api:Invoke"),
    ],
)
def test_what_they_do_not_allow(name: str, action: str) -> None:
    assert not may(name, action)


def test_a_policy_of_aws_that_we_do_not_have_allows_nothing_and_says_so() -> None:
    policy = managed_policy(f"{PREFIX}/job-function/Billing")
    assert policy is not None
    assert policy.is_unknown
    assert policy.name == "job-function/Billing"
    request = AccessRequest(action="execute-api:Invoke", resource=PUSH)
    assert evaluate([policy], request) is Decision.IMPLICIT_DENY


@pytest.mark.parametrize(
    "name",
    [
        "Billing",
        "arn:aws:iam::123456789012:policy/Mine",
        "arn:aws:iam::aws:role/x",
        "arn:aws:s3::aws:policy/x",
        "",
    ],
)
def test_what_is_not_aws_s_is_none(name: str) -> None:
    assert managed_policy(name) is None


def test_a_known_policy_is_not_marked() -> None:
    policy = managed_policy("AWSLambdaRole")
    assert policy is not None
    assert not policy.is_unknown
    assert policy.name == "AWSLambdaRole"


def test_a_bare_name_gives_the_text_of_its_policy() -> None:
    document = managed_document("AWSLambdaRole")
    assert document is not None
    policy = managed_policy("AWSLambdaRole")
    assert policy is not None
    assert parse_policy(document).statements == policy.statements


def test_a_bare_name_that_we_do_not_have_has_no_text() -> None:
    assert managed_document("Nobody") is None


def test_all_texts_are_told_by_path() -> None:
    documents = managed_documents()
    assert documents["service-role/AWSLambdaRole"] == managed_document("AWSLambdaRole")
    for path, document in documents.items():
        policy = managed_policy(f"{PREFIX}/{path}")
        assert policy is not None
        assert parse_policy(document).statements == policy.statements


def test_full_access_to_functions_passes_roles_to_lambda_alone() -> None:
    policy = managed_policy("AWSLambda_FullAccess")
    assert policy is not None
    for service, decision in (
        ("lambda.amazonaws.com", Decision.ALLOWED),
        ("apigateway.amazonaws.com", Decision.IMPLICIT_DENY),
    ):
        context = {"iam:PassedToService": (service,)}
        request = AccessRequest(action="iam:PassRole", resource="arn:x", context=context)
        assert evaluate([policy], request) is decision
