"""Tables, queues and the like: what the project declares of services beside ours."""

import json
from collections.abc import Sequence
from typing import Final

from routekey.projects.cloudformation.forms import FORMS, UNKNOWN
from routekey.projects.cloudformation.references import Resource
from routekey.resources.service import ServiceResource

LOCAL_TYPES: Final = frozenset(
    {
        "AWS::DynamoDB::Table",
        "AWS::Events::EventBus",
        "AWS::Kinesis::Stream",
        "AWS::S3::Bucket",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        "AWS::SecretsManager::Secret",
        "AWS::StepFunctions::StateMachine",
    }
)
"""What the embedded emulator is asked to make."""


def build_services(resources: Sequence[Resource]) -> tuple[ServiceResource, ...]:
    """Collect what other services are to have before functions start.

    Raises:
        ProjectError: a property does not evaluate.
    """
    return tuple(_build(resource) for resource in resources if resource.type in LOCAL_TYPES)


def _build(resource: Resource) -> ServiceResource:
    properties: dict[str, object] = dict(resource.properties.all())
    name = FORMS.get(resource.type, UNKNOWN).name
    if name is not None:
        properties[name] = resource.name()
    return ServiceResource(
        type=resource.type,
        logical_id=resource.logical_id,
        properties=json.loads(json.dumps(properties, default=str)),  # values of JSON and no others
        origin=resource.place.origin(),
    )
