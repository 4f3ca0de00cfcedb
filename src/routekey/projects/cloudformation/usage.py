"""`AWS::ApiGateway::{ApiKey, UsagePlan, UsagePlanKey}` become keys and plans.

Source: CP-KEY-01, CP-KEY-03.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from routekey.projects.cloudformation.properties import Properties, read_fields
from routekey.projects.cloudformation.references import Resource
from routekey.resources.usage import (
    ApiKey,
    PlannedStage,
    QuotaSettings,
    ThrottleSettings,
    UsagePlan,
)

_KEY_LENGTH = 40  # as AWS makes them up


def build_api_keys(resources: Sequence[Resource]) -> tuple[ApiKey, ...]:
    """Build the API keys of a project; a key without a value gets one that nobody can guess.

    Raises:
        ProjectError: a property is wrong.
    """
    return tuple(
        read_fields(
            ApiKey,
            resource.properties,
            id=resource.reference(),
            value=resource.properties.text("Value", resource.secret_text(_KEY_LENGTH, "value")),
            stage_keys=tuple(
                f"{key.text('RestApiId')}/{key.text('StageName')}"
                for key in resource.properties.items("StageKeys")
            ),
            tags=read_tags(resource.properties),
        )
        for resource in resources
        if resource.type == "AWS::ApiGateway::ApiKey"
    )


def build_usage_plans(resources: Sequence[Resource]) -> tuple[UsagePlan, ...]:
    """Build the usage plans of a project, with the keys that are in them.

    Raises:
        ProjectError: a property is missing or wrong.
    """
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for resource in resources:
        if resource.type == "AWS::ApiGateway::UsagePlanKey":
            properties = resource.properties
            keys[properties.text("UsagePlanId")].append(properties.text("KeyId"))
    return tuple(
        _build_plan(resource, keys[resource.reference()])
        for resource in resources
        if resource.type == "AWS::ApiGateway::UsagePlan"
    )


def _build_plan(resource: Resource, key_ids: Sequence[str]) -> UsagePlan:
    properties = resource.properties
    quota = properties.inner("Quota")
    return read_fields(
        UsagePlan,
        properties,
        id=resource.reference(),
        name=properties.text("UsagePlanName", resource.name()),
        api_stages=tuple(
            PlannedStage(
                api_id=stage.text("ApiId"),
                stage=stage.text("Stage"),
                throttle=_throttles(stage.inner("Throttle")),
            )
            for stage in properties.items("ApiStages")
        ),
        quota=read_fields(QuotaSettings, quota) if "Limit" in quota else None,
        tags=read_tags(properties),
        key_ids=tuple(key_ids),
    )


def _throttles(throttles: Properties) -> Mapping[str, ThrottleSettings]:
    return {key: read_fields(ThrottleSettings, throttles.inner(key)) for key in throttles.names()}


def read_tags(properties: Properties) -> Mapping[str, str]:
    """Read tags as a map, whether they are written as one or as a list of keys and values."""
    if isinstance(properties.value("Tags"), list):
        return {tag.text("Key"): tag.text("Value", "") for tag in properties.items("Tags")}
    return properties.text_map("Tags")
