"""Tables, queues and the like: what the project declares of services beside ours."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from routekey.projects.cloudformation.forms import FORMS, UNKNOWN
from routekey.projects.cloudformation.passwords import generate_secret_string
from routekey.projects.cloudformation.references import Resource
from routekey.projects.notices import Notices
from routekey.resources.service import ServiceResource

_SECRET = "AWS::SecretsManager::Secret"  # noqa: S105  # a type
_STATE_MACHINE: Final = "AWS::StepFunctions::StateMachine"
TOPIC: Final = "AWS::SNS::Topic"
NO_FUNCTION: Final = "no function is called here for what happens to it"
LOCAL_TYPES: Final = frozenset(
    {
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::Events::EventBus",
        "AWS::Kinesis::Stream",
        "AWS::S3::Bucket",
        TOPIC,
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        _SECRET,
        _STATE_MACHINE,
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


def build_services(resources: Sequence[Resource], notices: Notices) -> tuple[ServiceResource, ...]:
    """Collect what other services are to have before functions start.

    Raises:
        ProjectError: a property does not evaluate.
    """
    return tuple(
        _build(resource, notices) for resource in resources if resource.type in LOCAL_TYPES
    )


def make_service(resource: Resource) -> ServiceResource:
    """Make what the emulator is asked for, with the name that functions use."""
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


def _build(resource: Resource, notices: Notices) -> ServiceResource:
    service = make_service(resource)
    if _calls_functions(service.properties):
        notices.add(NO_FUNCTION, resource.place)
    if resource.type == _STATE_MACHINE:
        notices.add("it takes executions, and none of its states runs here", resource.place)
    return service


def _calls_functions(properties: Mapping[str, object]) -> bool:
    """Tell whether a bucket's or a topic's news goes to functions."""
    news = properties.get("NotificationConfiguration")
    readers = properties.get("Subscription")
    return (isinstance(news, dict) and bool(news.get("LambdaConfigurations"))) or any(
        isinstance(reader, dict) and reader.get("Protocol") == "lambda"
        for reader in (readers if isinstance(readers, list) else ())
    )
