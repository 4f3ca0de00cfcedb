"""Terraform's AWS resources in CloudFormation's terms, and the attributes that they offer.

The names differ mostly in their spelling; what differs otherwise stands in the table.
Source: CP-TF-01 to CP-TF-07.
"""

from collections.abc import Mapping
from typing import Final

from routekey.projects.document import Place, Value
from routekey.projects.terraform.kinds import Kind, Values, blocks, document, first_block, pascal
from routekey.projects.terraform.services import SERVICES

_INVOKE = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{Arn}/invocations"
_EXECUTE = "arn:aws:execute-api:{region}:{account}:"


def kind_of_resource(resource_type: str) -> Kind:
    """Find how a type reads; one that is not in the table is nothing that is run here."""
    known = KINDS.get(resource_type)
    return known or Kind(type=f"Terraform::{resource_type.removeprefix('aws_')}", attributes=_ID)


def _api_stage(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    for name in ("AccessLogSettings", "DefaultRouteSettings"):
        block = first_block(properties.pop(name, None))
        if block:
            properties[name] = {pascal(key): item for key, item in block.items()}
    properties["RouteSettings"] = {
        str(block.get("route_key")): {
            pascal(key): item for key, item in block.items() if key != "route_key"
        }
        for block in blocks(arguments.get("route_settings"))
    }


def _api_route(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    properties["RequestParameters"] = {
        str(block.get("request_parameter_key")): block.get("required", False)
        for block in blocks(arguments.get("request_parameter"))
    }


def _integration(properties: dict[str, Value], arguments: Values, place: Place) -> None:
    _check_known(arguments.get("integration_uri"), place)
    tls = first_block(arguments.get("tls_config"))
    properties["TlsConfig"] = {pascal(name): value for name, value in tls.items()}


def _authorizer(_: dict[str, Value], arguments: Values, place: Place) -> None:
    _check_known(arguments.get("authorizer_uri"), place)


def _check_known(uri: Value, place: Place) -> None:
    """Refuse an address that stands in for one that only a module which is not here knows."""
    if isinstance(uri, str) and uri.startswith("module."):
        raise place.error(
            f"{uri} is known to a module that is not here",
            "Run `terraform get`: what it fetches is read",
        )


def _function(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    variables = first_block(arguments.get("environment")).get("variables")
    properties["Environment"] = {"Variables": variables or {}}
    logging = first_block(arguments.get("logging_config"))
    properties["LoggingConfig"] = {pascal(key): item for key, item in logging.items()}
    if letters := first_block(arguments.get("dead_letter_config")):
        properties["DeadLetterConfig"] = {pascal(key): item for key, item in letters.items()}
    if "image_uri" in arguments:
        properties["Code"] = {"ImageUri": arguments["image_uri"]}


def _event_invoke_config(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    destinations = first_block(arguments.get("destination_config"))
    properties["DestinationConfig"] = {
        pascal(name): {"Destination": first_block(block).get("destination")}
        for name, block in destinations.items()
        if first_block(block).get("destination")
    }


def _event_source(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    filters = blocks(first_block(arguments.get("filter_criteria")).get("filter"))
    patterns: list[Value] = [{"Pattern": each.get("pattern")} for each in filters]
    properties["FilterCriteria"] = {"Filters": patterns}


def _layer(properties: dict[str, Value], _: Values, __: Place) -> None:
    properties["Content"] = properties.pop("Code", "")


def _domain(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    properties["DomainNameConfigurations"] = [
        {pascal(key): item for key, item in block.items()}
        for block in blocks(arguments.get("domain_name_configuration"))
    ]


def _api_key(properties: dict[str, Value], _: Values, __: Place) -> None:
    properties.setdefault("Enabled", True)  # the provider's default, unlike CloudFormation's


def _usage_plan(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    properties["ApiStages"] = [
        {
            "ApiId": block.get("api_id"),
            "Stage": block.get("stage"),
            "Throttle": {
                str(throttle.get("path")): _settings(throttle)
                for throttle in blocks(block.get("throttle"))
            },
        }
        for block in blocks(arguments.get("api_stages"))
    ]
    properties["Throttle"] = _settings(first_block(arguments.get("throttle_settings"))) or None
    properties["Quota"] = _settings(first_block(arguments.get("quota_settings"))) or None


def _settings(block: Values) -> dict[str, Value]:
    return {pascal(key): item for key, item in block.items() if key != "path"}


def _role(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    properties["Policies"] = [
        {
            "PolicyName": str(block.get("name", "inline")),
            "PolicyDocument": document(block.get("policy")),
        }
        for block in blocks(arguments.get("inline_policy"))
        if block.get("policy")
    ]
    if trust := arguments.get("assume_role_policy"):
        properties["AssumeRolePolicyDocument"] = document(trust)


def _policy(properties: dict[str, Value], arguments: Values, _: Place) -> None:
    properties["PolicyDocument"] = document(arguments.get("policy"))


_ID: Final = {"id": "{Ref}", "arn": "{Arn}"}
_V2 = "AWS::ApiGatewayV2::"

KINDS: Final[Mapping[str, Kind]] = {
    "aws_api_gateway_api_key": Kind(
        type="AWS::ApiGateway::ApiKey", attributes={"id": "{Ref}"}, convert=_api_key
    ),
    "aws_api_gateway_usage_plan": Kind(
        type="AWS::ApiGateway::UsagePlan",
        renamed={"name": "UsagePlanName"},
        attributes={"id": "{Ref}"},
        convert=_usage_plan,
    ),
    "aws_api_gateway_usage_plan_key": Kind(
        type="AWS::ApiGateway::UsagePlanKey", attributes={"id": "{key_id}"}
    ),
    "aws_apigatewayv2_api": Kind(
        type=f"{_V2}Api",
        attributes={
            "id": "{Ref}",
            "api_endpoint": "{ApiEndpoint}",
            "arn": "arn:aws:apigateway:{region}::/apis/{Ref}",
            "execution_arn": _EXECUTE + "{Ref}",
        },
    ),
    "aws_apigatewayv2_api_mapping": Kind(type=f"{_V2}ApiMapping", attributes={"id": "{Ref}"}),
    "aws_apigatewayv2_authorizer": Kind(
        type=f"{_V2}Authorizer",
        renamed={"identity_sources": "IdentitySource"},
        attributes={"id": "{Ref}"},
        convert=_authorizer,
    ),
    "aws_apigatewayv2_deployment": Kind(type=f"{_V2}Deployment", attributes={"id": "{Ref}"}),
    "aws_apigatewayv2_domain_name": Kind(
        type=f"{_V2}DomainName",
        attributes={"id": "{Ref}", "arn": "{DomainNameArn}"},
        convert=_domain,
    ),
    "aws_apigatewayv2_integration": Kind(
        type=f"{_V2}Integration",
        renamed={"timeout_milliseconds": "TimeoutInMillis"},
        attributes={"id": "{Ref}"},
        convert=_integration,
    ),
    "aws_apigatewayv2_integration_response": Kind(
        type=f"{_V2}IntegrationResponse", attributes={"id": "{Ref}"}
    ),
    "aws_apigatewayv2_model": Kind(type=f"{_V2}Model", attributes={"id": "{Ref}"}),
    "aws_apigatewayv2_route": Kind(
        type=f"{_V2}Route", attributes={"id": "{Ref}"}, convert=_api_route
    ),
    "aws_apigatewayv2_route_response": Kind(type=f"{_V2}RouteResponse", attributes={"id": "{Ref}"}),
    "aws_apigatewayv2_stage": Kind(
        type=f"{_V2}Stage",
        renamed={"name": "StageName"},
        attributes={
            "id": "{Ref}",
            "name": "{Ref}",
            "arn": "arn:aws:apigateway:{region}::/apis/{api_id}/stages/{Ref}",
            "execution_arn": _EXECUTE + "{api_id}/{Ref}",
            "invoke_url": "wss://{api_id}.execute-api.{region}.amazonaws.com/{Ref}",
        },
        convert=_api_stage,
    ),
    "aws_cloudwatch_log_group": Kind(
        type="AWS::Logs::LogGroup",
        renamed={"name": "LogGroupName"},
        attributes={
            "id": "{Ref}",
            "name": "{Ref}",
            "arn": "arn:aws:logs:{region}:{account}:log-group:{Ref}",
        },
    ),
    "aws_iam_access_key": Kind(
        type="AWS::IAM::AccessKey",
        renamed={"user": "UserName", "id": "AccessKeyId", "secret": "SecretAccessKey"},
        attributes={"id": "{Ref}", "secret": "{SecretAccessKey}"},
    ),
    "aws_iam_group": Kind(
        type="AWS::IAM::Group",
        renamed={"name": "GroupName"},
        attributes={**_ID, "name": "{Ref}"},
    ),
    "aws_iam_group_membership": Kind(
        type="AWS::IAM::UserToGroupAddition", renamed={"group": "GroupName"}
    ),
    "aws_iam_group_policy": Kind(
        type="AWS::IAM::GroupPolicy",
        renamed={"group": "GroupName", "name": "PolicyName"},
        attributes={"id": "{group}"},
        convert=_policy,
    ),
    "aws_iam_policy": Kind(
        type="AWS::IAM::ManagedPolicy",
        renamed={"name": "ManagedPolicyName"},
        attributes={"id": "{Ref}", "arn": "{Ref}"},
        convert=_policy,
    ),
    "aws_iam_role": Kind(
        type="AWS::IAM::Role",
        renamed={"name": "RoleName"},
        attributes={**_ID, "name": "{Ref}", "unique_id": "{RoleId}"},
        convert=_role,
    ),
    "aws_iam_role_policy": Kind(
        type="AWS::IAM::RolePolicy",
        renamed={"role": "RoleName", "name": "PolicyName"},
        attributes={"id": "{role}"},
        convert=_policy,
    ),
    "aws_iam_user": Kind(
        type="AWS::IAM::User", renamed={"name": "UserName"}, attributes={**_ID, "name": "{Ref}"}
    ),
    "aws_iam_user_policy": Kind(
        type="AWS::IAM::UserPolicy",
        renamed={"user": "UserName", "name": "PolicyName"},
        attributes={"id": "{user}"},
        convert=_policy,
    ),
    "aws_lambda_alias": Kind(
        type="AWS::Lambda::Alias",
        attributes={
            "id": "{Ref}",
            "arn": "{Ref}",
            "invoke_arn": _INVOKE.replace("{Arn}", "{Ref}"),
        },
    ),
    "aws_lambda_event_source_mapping": Kind(
        type="AWS::Lambda::EventSourceMapping",
        attributes={
            "id": "{Ref}",
            "uuid": "{Ref}",
            "arn": "arn:aws:lambda:{region}:{account}:event-source-mapping:{Ref}",
        },
        convert=_event_source,
    ),
    "aws_lambda_function": Kind(
        type="AWS::Lambda::Function",
        renamed={"filename": "Code"},
        attributes={
            **_ID,
            "function_name": "{Ref}",
            "invoke_arn": _INVOKE,
            "qualified_arn": "{Arn}:$LATEST",
            "version": "$LATEST",
        },
        convert=_function,
    ),
    "aws_lambda_function_event_invoke_config": Kind(
        type="AWS::Lambda::EventInvokeConfig",
        attributes={"id": "{function_name}"},
        convert=_event_invoke_config,
    ),
    "aws_lambda_layer_version": Kind(
        type="AWS::Lambda::LayerVersion",
        renamed={"filename": "Code"},
        attributes={"id": "{Ref}", "arn": "{Ref}", "layer_arn": "{Ref}", "version": "1"},
        convert=_layer,
    ),
    "aws_lambda_permission": Kind(type="AWS::Lambda::Permission", attributes={"id": "{Ref}"}),
    **SERVICES,
}
