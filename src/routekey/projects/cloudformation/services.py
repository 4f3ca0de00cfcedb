"""Tables, queues and the like: what the project declares of services beside ours."""

import json
from collections.abc import Sequence
from typing import Final

from routekey.projects.cloudformation.forms import FORMS, UNKNOWN
from routekey.projects.cloudformation.passwords import generate_secret_string
from routekey.projects.cloudformation.references import Resource
from routekey.resources.service import ServiceResource

_SECRET = "AWS::SecretsManager::Secret"  # noqa: S105  # a type
LOCAL_TYPES: Final = frozenset(
    {
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::Events::EventBus",
        "AWS::Kinesis::Stream",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        _SECRET,
        "AWS::StepFunctions::StateMachine",
    }
)
"""What the embedded emulator is asked to make."""
_GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
"""What the CDK's `TableV2` makes; a table of one region is enough here."""
_TABLE = (
    "AttributeDefinitions",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "TableName",
    "TimeToLiveSpecification",
)


def build_services(resources: Sequence[Resource]) -> tuple[ServiceResource, ...]:
    """Collect what other services are to have before functions start.

    Raises:
        ProjectError: a property does not evaluate.
    """
    return tuple(_build(resource) for resource in resources if resource.type in LOCAL_TYPES)


def _build(resource: Resource) -> ServiceResource:
    properties: dict[str, object] = dict(resource.properties.all())
    is_global = resource.type == _GLOBAL_TABLE
    if is_global:
        properties = {name: properties[name] for name in _TABLE if name in properties}
        properties["BillingMode"] = "PAY_PER_REQUEST"  # the throughputs of replicas play no part
    if "GenerateSecretString" in properties:
        del properties["GenerateSecretString"]
        properties["SecretString"] = generate_secret_string(resource)
    name = FORMS.get(resource.type, UNKNOWN).name
    if name is not None:
        properties[name] = resource.name()
    return ServiceResource(
        type="AWS::DynamoDB::Table" if is_global else resource.type,
        logical_id=resource.logical_id,
        properties=json.loads(json.dumps(properties, default=str)),  # values of JSON and no others
        reference=resource.reference() if resource.type == _SECRET else "",
        origin=resource.place.origin(),
    )
