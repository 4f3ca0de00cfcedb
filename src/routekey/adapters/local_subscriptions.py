"""Subscriptions of topics in the emulator, whose CloudFormation makes them without attributes."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

_TOPIC: Final = "AWS::SNS::Topic"

Wish = tuple[str, str, str, str]
"""The name of a topic, the endpoint of a subscription, and an attribute with its value."""


def list_wishes(wanted: Mapping[str, Mapping[str, Any]]) -> Iterator[Wish]:
    """List the attributes that subscriptions are to have; what is none has none.

    Args:
        wanted: the resources of a template, by logical id.
    """
    for resource in wanted.values():
        properties = resource["Properties"]
        subscriptions = properties.get("Subscription") if resource["Type"] == _TOPIC else None
        for subscription in subscriptions if isinstance(subscriptions, list) else ():
            endpoint = subscription.get("Endpoint") if isinstance(subscription, dict) else None
            if isinstance(endpoint, str):
                for name, value in _read_attributes(subscription):
                    yield properties["TopicName"], endpoint, name, value


def _read_attributes(subscription: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if subscription.get("RawMessageDelivery"):
        yield "RawMessageDelivery", "true"
    if scope := subscription.get("FilterPolicyScope"):
        yield "FilterPolicyScope", scope
    if policy := subscription.get("FilterPolicy"):
        yield "FilterPolicy", policy if isinstance(policy, str) else json.dumps(policy)


def tune_subscriptions(client: Any, wanted: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Give subscriptions their attributes; gives what could not be done."""
    try:
        pages = client.get_paginator("list_subscriptions").paginate()
        arns = {
            (each["TopicArn"].rpartition(":")[2], each["Endpoint"]): each["SubscriptionArn"]
            for page in pages
            for each in page["Subscriptions"]
        }
        for topic, endpoint, name, value in list_wishes(wanted):
            if (arn := arns.get((topic, endpoint))) is not None:
                yield from _set(client, topic, arn, name, value)
    finally:
        client.close()


def _set(client: Any, topic: str, arn: str, name: str, value: str) -> Iterator[str]:
    try:
        client.set_subscription_attributes(
            SubscriptionArn=arn, AttributeName=name, AttributeValue=value
        )
    except (BotoCoreError, ClientError) as error:
        yield f"set {name} of a subscription to {topic}: {str(error).partition(chr(10))[0]}"
