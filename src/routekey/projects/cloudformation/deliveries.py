"""What topics and rules hand on: to queues of the local services, and to nobody else.

An `AWS::SNS::Subscription` becomes a part of its topic, and a rule of EventBridge keeps those of
its targets that the emulator reaches. Whoever else would hear of it on AWS is named: functions are
called by queues and streams alone (`event_sources.py`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from routekey.arn import Arn
from routekey.projects.cloudformation.references import Resource
from routekey.projects.cloudformation.services import NO_FUNCTION, TOPIC, make_service
from routekey.projects.notices import Notices
from routekey.resources.service import ServiceResource

_RULE: Final = "AWS::Events::Rule"
_SUBSCRIPTION: Final = "AWS::SNS::Subscription"
_MEMBERS: Final = ("Endpoint", "FilterPolicy", "FilterPolicyScope", "Protocol")
_RAW: Final = "RawMessageDelivery"
_REACHED: Final = frozenset({"events", "logs", "sqs"})
"""Services whose queues, buses and log groups the emulator hands events on to."""

_Subscriptions = Mapping[str, Sequence[Mapping[str, object]]]
"""By the ARN of a topic."""


def add_deliveries(
    services: Sequence[ServiceResource], resources: Sequence[Resource], notices: Notices
) -> tuple[ServiceResource, ...]:
    """Add subscriptions to the topics that they are of, and rules behind all that they need.

    Raises:
        ProjectError: a property does not evaluate.
    """
    subscriptions = _read_subscriptions(resources, notices)
    rules = (resource for resource in resources if resource.type == _RULE)
    return (
        *(_subscribe(service, subscriptions) for service in services),
        *(rule for each in rules for rule in _build_rule(each, notices)),
    )


def _read_subscriptions(resources: Sequence[Resource], notices: Notices) -> _Subscriptions:
    found: defaultdict[str, list[Mapping[str, object]]] = defaultdict(list)
    for resource in resources:
        if resource.type != _SUBSCRIPTION:
            continue
        properties = resource.properties
        protocol = properties.text("Protocol")
        if protocol == "lambda":
            notices.add(NO_FUNCTION, resource.place)
        elif protocol != "sqs":
            notices.add(f"nobody is told by {protocol} here; queues are", resource.place)
        else:
            members = {name: value for name, value in properties.all().items() if name in _MEMBERS}
            is_raw = properties.text(_RAW, "false").lower() == "true"
            found[properties.text("TopicArn")].append({**members, _RAW: is_raw})
    return found


def _subscribe(service: ServiceResource, subscriptions: _Subscriptions) -> ServiceResource:
    if service.type != TOPIC:
        return service
    name = service.properties["TopicName"]
    more = [
        subscription
        for topic, each in subscriptions.items()
        if (arn := Arn.parse(topic)) is not None and arn.resource == name
        for subscription in each
    ]
    inline = service.properties.get("Subscription")
    members = [*filter(_is_told, inline if isinstance(inline, list) else ()), *more]
    if members == (inline or []):
        return service
    return replace(service, properties={**service.properties, "Subscription": members})


def _is_told(subscription: object) -> bool:
    """Tell a function's subscription from others: with one, the emulator refuses to publish."""
    return not (isinstance(subscription, dict) and subscription.get("Protocol") == "lambda")


def _build_rule(rule: Resource, notices: Notices) -> Iterator[ServiceResource]:
    """Make a rule with the targets that are reached here; none where none is."""
    service = make_service(rule)
    targets = service.properties.get("Targets")
    reached: list[object] = []
    named: list[str] = []
    for target in targets if isinstance(targets, list) else ():
        arn = Arn.parse(str(target.get("Arn"))) if isinstance(target, dict) else None
        if arn is not None and arn.service in _REACHED:
            reached.append(target)
        elif arn is not None:
            named.append(arn.resource.removeprefix("function:"))
    schedule = service.properties.get("ScheduleExpression")
    if schedule is not None:
        notices.add(f"nobody is called here by its schedule, {schedule}", rule.place)
        return
    if named:
        notices.add(f"{', '.join(named)} is not called here for the events of a rule", rule.place)
    if reached and service.properties.get("State") != "DISABLED":
        yield replace(service, properties={**service.properties, "Targets": reached})
