"""The managed policies of AWS that say something about what is decided here.

The first six are those of SEC-MGD-01; the others read as AWS published them in 2026. AWS has some
1,500, and nearly all of them speak of services that are not ours. One that is not in this table
allows nothing here, and says so of itself, so that somebody can be told.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from routekey.arn import Arn
from routekey.languages.iam.parsing import parse_policy
from routekey.languages.iam.policy import Policy

_LOGS: Final = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_TRACES: Final = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
)
_DYNAMODB_STREAM: Final = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)


def _allow(*actions: str, on: str = "*") -> Mapping[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


_STATEMENTS: Final[Mapping[str, tuple[Mapping[str, object], ...]]] = MappingProxyType(
    {
        "AmazonAPIGatewayInvokeFullAccess": (
            _allow(
                "execute-api:Invoke",
                "execute-api:ManageConnections",
                on="arn:aws:execute-api:*:*:*",
            ),
        ),
        "AmazonAPIGatewayAdministrator": (_allow("apigateway:*", on="arn:aws:apigateway:*::/*"),),
        "service-role/AWSLambdaBasicExecutionRole": (_allow(*_LOGS),),
        "service-role/AWSLambdaRole": (_allow("lambda:InvokeFunction"),),
        "service-role/AmazonAPIGatewayPushToCloudWatchLogs": (
            _allow(
                *_LOGS,
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
                "logs:GetLogEvents",
                "logs:FilterLogEvents",
            ),
        ),
        "service-role/AWSLambdaVPCAccessExecutionRole": (
            _allow(
                *_LOGS,
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses",
            ),
        ),
        "AdministratorAccess": (_allow("*"),),
        "PowerUserAccess": (
            {
                "Effect": "Allow",
                "NotAction": ["iam:*", "organizations:*", "account:*"],
                "Resource": "*",
            },
            _allow(
                "account:GetAccountInformation",
                "account:GetGovCloudAccountInformation",
                "account:GetPrimaryEmail",
                "account:ListRegions",
                "iam:CreateServiceLinkedRole",
                "iam:DeleteServiceLinkedRole",
                "iam:ListRoles",
                "organizations:DescribeEffectivePolicy",
                "organizations:DescribeOrganization",
            ),
        ),
        "AWSDenyAll": ({"Effect": "Deny", "Action": "*", "Resource": "*"},),
        "AWSLambdaExecute": (
            _allow("logs:*", on="arn:aws:logs:*:*:*"),
            _allow("s3:GetObject", "s3:PutObject", on="arn:aws:s3:::*"),
        ),
        "AWSLambda_FullAccess": (
            _allow(
                "cloudformation:DescribeStacks",
                "cloudformation:ListStackResources",
                "cloudwatch:GetMetricData",
                "cloudwatch:ListMetrics",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                "iam:GetPolicy",
                "iam:GetPolicyVersion",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
                "iam:ListRoles",
                "kms:ListAliases",
                "lambda:*",
                "logs:DescribeLogGroups",
                "states:DescribeStateMachine",
                "states:ListStateMachines",
                "tag:GetResources",
                "xray:BatchGetTraces",
                "xray:GetTraceSummaries",
            ),
            {
                **_allow("iam:PassRole"),
                "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
            },
            _allow(
                "logs:DescribeLogStreams",
                "logs:FilterLogEvents",
                "logs:GetLogEvents",
                "logs:StartLiveTail",
                "logs:StopLiveTail",
                on="arn:aws:logs:*:*:log-group:/aws/lambda/*",
            ),
        ),
        "AWSLambdaInvocation-DynamoDB": (
            _allow("lambda:InvokeFunction"),
            _allow(*_DYNAMODB_STREAM),
        ),
        "service-role/AWSLambdaDynamoDBExecutionRole": (_allow(*_DYNAMODB_STREAM, *_LOGS),),
        "service-role/AWSLambdaSQSQueueExecutionRole": (
            _allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", *_LOGS),
        ),
        "AWSStepFunctionsFullAccess": (_allow("states:*"),),
        "AmazonKinesisFullAccess": (_allow("kinesis:*"),),
        "AmazonSQSFullAccess": (_allow("sqs:*"),),
        "AWSXRayDaemonWriteAccess": (_allow(*_TRACES),),
        "AWSXrayWriteOnlyAccess": (_allow(*_TRACES),),
    }
)
"""By path and name."""

_PATHS: Final = MappingProxyType({path.rpartition("/")[2]: path for path in _STATEMENTS})


def managed_policy(name_or_arn: str) -> Policy | None:
    """Find a managed policy of AWS.

    Args:
        name_or_arn: an ARN, or a bare name as SAM takes it.

    Returns:
        The policy; one that `is_unknown` and allows nothing for an ARN of AWS that is not in our
        table. None for a bare name that we do not have, and for what is not AWS's.
    """
    arn = Arn.parse(name_or_arn)
    if arn is None:
        path = _PATHS.get(name_or_arn)
        return None if path is None else _parse(path)
    if (arn.service, arn.account) != ("iam", "aws") or not arn.resource.startswith("policy/"):
        return None
    path = arn.resource.removeprefix("policy/")
    return _parse(path) if path in _STATEMENTS else Policy(name=path, is_unknown=True)


def managed_document(name: str) -> Mapping[str, object] | None:
    """Give the text of a managed policy by its bare name; None where we do not have it."""
    path = _PATHS.get(name)
    return None if path is None else _document(path)


def managed_documents() -> Mapping[str, Mapping[str, object]]:
    """Give the texts of all managed policies that we have, by path and name."""
    return {path: _document(path) for path in _STATEMENTS}


@lru_cache(maxsize=len(_STATEMENTS))
def _parse(path: str) -> Policy:
    return parse_policy(_document(path), name=path.rpartition("/")[2])


def _document(path: str) -> Mapping[str, object]:
    return {"Version": "2012-10-17", "Statement": list(_STATEMENTS[path])}
