"""Queues and streams that functions read and nobody declares: made by hand, and made here too.

Many projects name the ARN of a queue, or of a table's stream, that their owner made in the console.
A queue needs nothing but its name, and a declared table only has to be told to keep a stream.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from routekey.arn import Arn
from routekey.projects.notices import Notices
from routekey.resources.function import EventSource
from routekey.resources.service import ServiceResource

QUEUE: Final = "AWS::SQS::Queue"
_TABLE: Final = "AWS::DynamoDB::Table"
_STREAM: Final = "StreamSpecification"


def add_event_source_services(
    services: Sequence[ServiceResource],
    sources: Sequence[EventSource],
    *,
    region: str,
    notices: Notices,
) -> tuple[ServiceResource, ...]:
    """Add what event sources read and the project does not declare, with a notice each."""
    found = list(services)
    for source in sources if notices.is_guessing else ():
        arn = Arn.parse(source.event_source_arn)
        if arn is None or arn.region != region:
            continue
        if arn.service == "sqs" and _find(found, QUEUE, "QueueName", arn.resource) is None:
            found.append(make_queue(arn.resource))
            notices.add(
                f"the queue {arn.resource} is not part of the project; an empty one is made"
            )
        elif arn.service == "dynamodb":
            name = arn.resource.removeprefix("table/").partition("/")[0]
            index = _find(found, _TABLE, "TableName", name)
            if index is not None and _STREAM not in found[index].properties:
                found[index] = _add_stream(found[index])
                notices.add(f"the stream of the table {name} is read and not declared; it gets one")
    return tuple(found)


def _find(services: Sequence[ServiceResource], kind: str, member: str, name: str) -> int | None:
    """Find the place of a service by its name; None where it is not declared."""
    for index, service in enumerate(services):
        if service.type == kind and service.properties.get(member) == name:
            return index
    return None


def make_queue(name: str) -> ServiceResource:
    """Describe a queue that has nothing but its name."""
    properties: dict[str, object] = {"QueueName": name}
    if name.endswith(".fifo"):
        properties["FifoQueue"] = True
    return ServiceResource(type=QUEUE, logical_id=name, properties=properties)


def _add_stream(table: ServiceResource) -> ServiceResource:
    stream = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    return replace(table, properties={**table.properties, _STREAM: stream})
