"""How AWS writes the ids, names and ARNs of each type of resource: one table.

A type that is not in it gets values that look right and are said to be guesses. Source: CP-CFN-01,
CP-CFN-02 and the pages "Return values" of the CloudFormation template reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a type writes its ids: templates of facts (see `references.py`) and of properties."""

    ref: str = "{name}"
    name: str | None = None
    """The property that holds the name."""
    attributes: Mapping[str, str]
    is_complete: bool = False
    """Whether `attributes` are all there are, so that another one is a mistake."""
    is_lower_case: bool = False


UNKNOWN: Final = Form(attributes={})
_LAMBDA = "arn:aws:lambda:{region}:{account}:"
_IAM = "arn:aws:iam::{account}:"
_QUEUE = "https://sqs.{region}.amazonaws.com/{account}/{name}"
_TABLE = "arn:aws:dynamodb:{region}:{account}:table/{name}"
_POOL = "{region}_{id9}"

FORMS: Final[Mapping[str, Form]] = {
    "AWS::ApiGatewayV2::Api": Form(
        ref="{api_id}",
        attributes={
            "ApiEndpoint": "wss://{api_id}.execute-api.{region}.amazonaws.com",
            "ApiId": "{api_id}",
        },
        is_complete=True,
    ),
    "AWS::ApiGatewayV2::ApiMapping": Form(ref="{id6}", attributes={"ApiMappingId": "{id6}"}),
    "AWS::ApiGatewayV2::Authorizer": Form(
        ref="{id6}", attributes={"AuthorizerId": "{id6}"}, is_complete=True
    ),
    "AWS::ApiGatewayV2::Deployment": Form(
        ref="{id6}", attributes={"DeploymentId": "{id6}"}, is_complete=True
    ),
    "AWS::ApiGatewayV2::DomainName": Form(
        ref="{DomainName}",
        attributes={
            "DomainNameArn": "arn:aws:apigateway:{region}::/domainnames/{DomainName}",
            "RegionalDomainName": "d-{id10}.execute-api.{region}.amazonaws.com",
            "RegionalHostedZoneId": "Z{ID13}",
        },
    ),
    "AWS::ApiGatewayV2::Integration": Form(
        ref="{id7}", attributes={"IntegrationId": "{id7}"}, is_complete=True
    ),
    "AWS::ApiGatewayV2::IntegrationResponse": Form(
        ref="{id6}", attributes={"IntegrationResponseId": "{id6}"}, is_complete=True
    ),
    "AWS::ApiGatewayV2::Model": Form(
        ref="{id6}", attributes={"ModelId": "{id6}"}, is_complete=True
    ),
    "AWS::ApiGatewayV2::Route": Form(
        ref="{id7}", attributes={"RouteId": "{id7}"}, is_complete=True
    ),
    "AWS::ApiGatewayV2::RouteResponse": Form(
        ref="{id6}", attributes={"RouteResponseId": "{id6}"}, is_complete=True
    ),
    "AWS::ApiGatewayV2::Stage": Form(
        ref="{StageName}", name="StageName", attributes={"Id": "{StageName}"}
    ),
    "AWS::ApiGatewayV2::VpcLink": Form(ref="{id6}", attributes={"VpcLinkId": "{id6}"}),
    "AWS::ApiGateway::Account": Form(attributes={"Id": "{name}"}),
    "AWS::ApiGateway::ApiKey": Form(ref="{id10}", name="Name", attributes={"APIKeyId": "{id10}"}),
    "AWS::ApiGateway::RestApi": Form(
        ref="{id10}", name="Name", attributes={"RestApiId": "{id10}", "RootResourceId": "{id9}"}
    ),
    "AWS::ApiGateway::UsagePlan": Form(ref="{id6}", attributes={"Id": "{id6}"}),
    "AWS::ApiGateway::UsagePlanKey": Form(attributes={"Id": "{id10}"}),
    "AWS::CDK::Metadata": Form(attributes={}),
    "AWS::CloudFront::Distribution": Form(
        ref="E{ID13}", attributes={"DomainName": "d{id13}.cloudfront.net", "Id": "E{ID13}"}
    ),
    "AWS::Cognito::IdentityPool": Form(ref="{region}:{uuid}", attributes={"Name": "{name}"}),
    "AWS::Cognito::UserPool": Form(
        ref=_POOL,
        name="UserPoolName",
        attributes={
            "Arn": "arn:aws:cognito-idp:{region}:{account}:userpool/" + _POOL,
            "ProviderName": "cognito-idp.{region}.amazonaws.com/" + _POOL,
            "ProviderURL": "https://cognito-idp.{region}.amazonaws.com/" + _POOL,
            "UserPoolId": _POOL,
        },
    ),
    "AWS::Cognito::UserPoolClient": Form(ref="{id26}", attributes={"ClientId": "{id26}"}),
    "AWS::DynamoDB::GlobalTable": Form(
        name="TableName", attributes={"Arn": _TABLE, "StreamArn": _TABLE + "/stream/latest"}
    ),
    "AWS::DynamoDB::Table": Form(
        name="TableName", attributes={"Arn": _TABLE, "StreamArn": _TABLE + "/stream/latest"}
    ),
    "AWS::Events::EventBus": Form(
        name="Name",
        attributes={
            "Arn": "arn:aws:events:{region}:{account}:event-bus/{name}",
            "Name": "{name}",
        },
    ),
    "AWS::Events::Rule": Form(
        name="Name", attributes={"Arn": "arn:aws:events:{region}:{account}:rule/{name}"}
    ),
    "AWS::IAM::AccessKey": Form(
        ref="{access_key_id}",
        attributes={"SecretAccessKey": "{secret_access_key}"},
        is_complete=True,
    ),
    "AWS::IAM::Group": Form(name="GroupName", attributes={"Arn": _IAM + "group{path}{name}"}),
    "AWS::IAM::GroupPolicy": Form(attributes={}),
    "AWS::IAM::InstanceProfile": Form(
        name="InstanceProfileName", attributes={"Arn": _IAM + "instance-profile{path}{name}"}
    ),
    "AWS::IAM::ManagedPolicy": Form(
        ref=_IAM + "policy{path}{name}",
        name="ManagedPolicyName",
        attributes={"PolicyArn": _IAM + "policy{path}{name}", "PolicyId": "ANPA{ID17}"},
    ),
    "AWS::IAM::Policy": Form(attributes={"Id": "{name}"}),
    "AWS::IAM::Role": Form(
        name="RoleName",
        attributes={"Arn": _IAM + "role{path}{name}", "RoleId": "AROA{ID17}"},
        is_complete=True,
    ),
    "AWS::IAM::RolePolicy": Form(attributes={}),
    "AWS::IAM::User": Form(
        name="UserName", attributes={"Arn": _IAM + "user{path}{name}"}, is_complete=True
    ),
    "AWS::IAM::UserPolicy": Form(attributes={}),
    "AWS::IAM::UserToGroupAddition": Form(attributes={}),
    "AWS::KMS::Key": Form(
        ref="{uuid}",
        attributes={"Arn": "arn:aws:kms:{region}:{account}:key/{uuid}", "KeyId": "{uuid}"},
    ),
    "AWS::Kinesis::Stream": Form(
        name="Name", attributes={"Arn": "arn:aws:kinesis:{region}:{account}:stream/{name}"}
    ),
    "AWS::Lambda::Alias": Form(
        ref="{function_arn}:{Name}",
        name="Name",
        attributes={"AliasArn": "{function_arn}:{Name}"},
        is_complete=True,
    ),
    "AWS::Lambda::EventInvokeConfig": Form(attributes={}),
    "AWS::Lambda::EventSourceMapping": Form(ref="{uuid}", attributes={"Id": "{uuid}"}),
    "AWS::Lambda::Function": Form(
        name="FunctionName",
        attributes={
            "Arn": _LAMBDA + "function:{name}",
            "SnapStartResponse.ApplyOn": "None",
            "SnapStartResponse.OptimizationStatus": "Off",
        },
        is_complete=True,
    ),
    "AWS::Lambda::LayerVersion": Form(
        ref=_LAMBDA + "layer:{name}:1",
        name="LayerName",
        attributes={"LayerVersionArn": _LAMBDA + "layer:{name}:1"},
        is_complete=True,
    ),
    "AWS::Lambda::Permission": Form(ref="{name}", attributes={"Id": "{name}"}),
    "AWS::Lambda::Url": Form(
        ref="{function_arn}",
        attributes={
            "FunctionArn": "{function_arn}",
            "FunctionUrl": "https://{id32}.lambda-url.{region}.on.aws/",
        },
    ),
    "AWS::Lambda::Version": Form(
        ref="{function_arn}:1",
        attributes={"Version": "1", "FunctionArn": "{function_arn}:1"},
        is_complete=True,
    ),
    "AWS::Logs::LogGroup": Form(
        name="LogGroupName",
        attributes={"Arn": "arn:aws:logs:{region}:{account}:log-group:{name}:*"},
    ),
    "AWS::S3::Bucket": Form(
        name="BucketName",
        attributes={
            "Arn": "arn:aws:s3:::{name}",
            "DomainName": "{name}.s3.amazonaws.com",
            "RegionalDomainName": "{name}.s3.{region}.amazonaws.com",
            "WebsiteURL": "http://{name}.s3-website-{region}.amazonaws.com",
        },
        is_lower_case=True,
    ),
    "AWS::SNS::Subscription": Form(
        ref="{TopicArn}:{uuid}", attributes={"Arn": "{TopicArn}:{uuid}"}, is_complete=True
    ),
    "AWS::SNS::Topic": Form(
        ref="arn:aws:sns:{region}:{account}:{name}",
        name="TopicName",
        attributes={
            "TopicArn": "arn:aws:sns:{region}:{account}:{name}",
            "TopicName": "{name}",
        },
    ),
    "AWS::SNS::TopicPolicy": Form(attributes={"Id": "{name}"}),
    "AWS::SQS::Queue": Form(
        ref=_QUEUE,
        name="QueueName",
        attributes={
            "Arn": "arn:aws:sqs:{region}:{account}:{name}",
            "QueueName": "{name}",
            "QueueUrl": _QUEUE,
        },
    ),
    "AWS::SQS::QueuePolicy": Form(attributes={"Id": "{name}"}),
    "AWS::SSM::Parameter": Form(name="Name", attributes={"Type": "{Type}", "Value": "{Value}"}),
    "AWS::SecretsManager::Secret": Form(
        ref="arn:aws:secretsmanager:{region}:{account}:secret:{name}-{id6}",
        name="Name",
        attributes={"Id": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-{id6}"},
    ),
    "AWS::StepFunctions::StateMachine": Form(
        ref="arn:aws:states:{region}:{account}:stateMachine:{name}",
        name="StateMachineName",
        attributes={
            "Arn": "arn:aws:states:{region}:{account}:stateMachine:{name}",
            "Name": "{name}",
        },
    ),
}
