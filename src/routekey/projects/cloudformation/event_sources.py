"""`AWS::Lambda::EventSourceMapping` becomes an event source of a queue or a table.

SAM's `SQS` and `DynamoDB` events become such mappings before.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from routekey.arn import Arn
from routekey.errors import PatternError
from routekey.languages.event_patterns import parse_event_pattern
from routekey.projects.cloudformation.properties import Properties
from routekey.projects.cloudformation.references import Resource
from routekey.projects.notices import Notices
from routekey.resources.function import FILTERS_MAX, EventSource

_BATCH_SIZES: Final = {"sqs": 10, "dynamodb": 100}
"""Lambda's defaults, by the services that are read here."""
_BATCH_SIZE_MAX: Final = 10_000


def build_event_sources(resources: Sequence[Resource], notices: Notices) -> tuple[EventSource, ...]:
    """Collect the mappings that are enabled; those of other services get a notice.

    Raises:
        ProjectError: a property is missing or wrong.
    """
    made = (
        _build(resource, notices)
        for resource in resources
        if resource.type == "AWS::Lambda::EventSourceMapping"
    )
    return tuple(source for source in made if source is not None)


def _build(resource: Resource, notices: Notices) -> EventSource | None:
    properties = resource.properties
    if properties.text("Enabled", "true").lower() == "false":
        return None
    text = properties.text("EventSourceArn", "")
    arn = Arn.parse(text)
    if arn is None or arn.service not in _BATCH_SIZES:
        notices.add("is an event source that is not read here", properties.place)
        return None
    return EventSource(
        function_name=properties.text("FunctionName"),
        event_source_arn=text,
        batch_size=_read_batch_size(properties, _BATCH_SIZES[arn.service]),
        starting_position=properties.text("StartingPosition", "TRIM_HORIZON"),
        is_partial="ReportBatchItemFailures" in properties.texts("FunctionResponseTypes"),
        filter_patterns=tuple(_read_patterns(properties.inner("FilterCriteria"))),
    )


def _read_patterns(criteria: Properties) -> Iterator[str]:
    filters = tuple(criteria.items("Filters"))
    if len(filters) > FILTERS_MAX:
        raise (criteria.place / "Filters").error(f"there are {FILTERS_MAX} filters at most")
    for each in filters:
        pattern = each.text("Pattern")
        try:
            parse_event_pattern(pattern)
        except PatternError as error:
            raise (each.place / "Pattern").error(error.problem) from error
        yield pattern


def _read_batch_size(properties: Properties, default: int) -> int:
    text = properties.text("BatchSize", str(default))
    if not text.isdecimal() or not 1 <= int(text) <= _BATCH_SIZE_MAX:
        place = properties.place / "BatchSize"
        raise place.error(f"{text!r} is no batch size", f"Use 1 to {_BATCH_SIZE_MAX}")
    return int(text)
