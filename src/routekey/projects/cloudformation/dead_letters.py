"""Dead-letter queues: made before the queues that name them, and where nobody declares them.

SQS makes no queue whose dead-letter queue is not there. CloudFormation looks for an order itself,
and many projects share one such queue, which another stack has.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from routekey.arn import Arn
from routekey.projects.cloudformation.event_source_services import QUEUE, make_queue
from routekey.projects.notices import Notices
from routekey.resources.service import ServiceResource

_POLICY: Final = "RedrivePolicy"


def add_dead_letter_queues(
    services: Sequence[ServiceResource], *, region: str, notices: Notices
) -> tuple[ServiceResource, ...]:
    """Put queues behind those that take what fails in them, and add those that are missing."""
    names = {service.properties.get("QueueName") for service in services if service.type == QUEUE}
    ready: list[ServiceResource] = []
    waiting: dict[str, list[ServiceResource]] = {}
    for service in services:
        target = _read_target(service, region)
        if service.type != QUEUE or _POLICY not in service.properties:
            ready.append(service)
        elif target is not None and (target in names or notices.is_guessing):
            waiting.setdefault(target, []).append(service)
        else:
            rest = {name: value for name, value in service.properties.items() if name != _POLICY}
            ready.append(replace(service, properties=rest))
            notices.add(f"the dead-letter queue of {service.logical_id} is not known; it has none")
    for target in sorted(waiting.keys() - names):
        ready.append(make_queue(target))
        notices.add(f"the queue {target} is not part of the project; an empty one is made")
    return tuple(_in_order(ready, waiting))


def _in_order(
    ready: list[ServiceResource], waiting: dict[str, list[ServiceResource]]
) -> list[ServiceResource]:
    """Append each queue behind its dead-letter queue; those that wait in a circle as they are."""
    for service in ready:  # which grows
        name = service.properties.get("QueueName")
        ready += waiting.pop(str(name), []) if service.type == QUEUE else []
    return ready + [service for each in waiting.values() for service in each]


def _read_target(service: ServiceResource, region: str) -> str | None:
    """Read the name of a queue's dead-letter queue; None where there is none in this region."""
    policy = service.properties.get(_POLICY)
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except (ValueError, RecursionError):
            return None
    text = policy.get("deadLetterTargetArn") if isinstance(policy, Mapping) else None
    arn = Arn.parse(text) if isinstance(text, str) else None
    return (
        arn.resource if arn is not None and (arn.service, arn.region) == ("sqs", region) else None
    )
