"""Event source mappings: functions that queues and streams call. Source: LAM-CTL-01.

They are of SQS queues and DynamoDB streams, which are read where the functions find other services.
What only larger installations need (windows, parallel batches, ages) is kept without effect.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from routekey.arn import Arn, function_arn
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.functions import find_function, split_name
from routekey.endpoints.control_plane.packages import PAGE_ITEMS
from routekey.endpoints.control_plane.records import change, describe, make
from routekey.endpoints.control_plane.refusals import (
    InvalidParameterValueException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.tags import check_tags
from routekey.errors import PatternError
from routekey.languages.event_patterns import parse_event_pattern
from routekey.resources.function import FILTERS_MAX
from routekey.resources.managed import ManagedEventSource

_QUEUE, _STREAM = "sqs", "dynamodb"
_BATCH_SIZES: Final = {_QUEUE: 10, _STREAM: 100}
"""Lambda's defaults, by the services that are read here."""
_PARTIAL: Final = "ReportBatchItemFailures"
_OF_OTHERS: Final = {
    "amazon_managed_kafka_event_source_config": "AmazonManagedKafkaEventSourceConfig",
    "document_db_event_source_config": "DocumentDBEventSourceConfig",
    "queues": "Queues",
    "self_managed_event_source": "SelfManagedEventSource",
    "self_managed_kafka_event_source_config": "SelfManagedKafkaEventSourceConfig",
    "source_access_configurations": "SourceAccessConfigurations",
    "topics": "Topics",
}
"""Members of sources that are not read here."""
_KEPT: Final = (
    "destination_config",
    "kms_key_arn",
    "logging_config",
    "metrics_config",
    "provisioned_poller_config",
    "scaling_config",
    "starting_position_timestamp",
)
"""Members that are told as they were given, and have no effect here."""
_STREAMS_ONLY: Final = {
    "bisect_batch_on_function_error": False,
    "maximum_record_age_in_seconds": -1,
    "maximum_retry_attempts": -1,
    "parallelization_factor": 1,
    "tumbling_window_in_seconds": 0,
}
"""What Lambda tells of streams, and its defaults."""


def create_event_source_mapping(edit: Edit, request: Members) -> Members:
    """CreateEventSourceMapping."""
    arn = request.get("event_source_arn", "")
    service = _read_service(arn)
    if service == _STREAM and "starting_position" not in request:
        raise InvalidParameterValueException(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
            "constraint: Member must not be null."
        )
    source = make(
        ManagedEventSource,
        {"batch_size": _BATCH_SIZES[service], **_read(edit, request)},
        uuid=edit.new_uuid(),
        last_modified=edit.now,
        kept=_select_kept(request),
    )
    for other in edit.all(ManagedEventSource):
        if (other.event_source_arn, other.function_name) == (arn, source.function_name):
            name = split_name(source.function_name)[0]
            raise ResourceConflictException(
                f'The event source arn (" {arn} ") and function (" {name} ") provided mapping '
                "already exists. Please update or delete the existing mapping with UUID "
                f"{other.uuid}"
            )
    check_tags(source.tags)
    return _keep(edit, source)


def get_event_source_mapping(edit: Edit, request: Members) -> Members:
    """GetEventSourceMapping."""
    return _show(edit, find_event_source(edit, request))


def list_event_source_mappings(edit: Edit, request: Members) -> Members:
    """ListEventSourceMappings, of a source or of a function; the marker is the last UUID."""
    marker, wanted = request.get("marker") or "", request.get("event_source_arn")
    name = split_name(request["function_name"])[0] if "function_name" in request else None
    size = min(request.get("max_items", PAGE_ITEMS), PAGE_ITEMS)
    rest = sorted(
        (
            source
            for source in edit.all(ManagedEventSource)
            if source.uuid > marker
            and wanted in {None, source.event_source_arn}
            and name in {None, split_name(source.function_name)[0]}
        ),
        key=lambda source: source.uuid,
    )
    return {
        "event_source_mappings": [_show(edit, source) for source in rest[:size]],
        "next_marker": rest[size - 1].uuid if len(rest) > size else None,
    }


def update_event_source_mapping(edit: Edit, request: Members) -> Members:
    """UpdateEventSourceMapping."""
    members = _read(edit, request)
    del members["uuid"]
    before = find_event_source(edit, request)
    kept = {**before.kept, **_select_kept(request)}
    return _keep(edit, change(before, members, last_modified=edit.now, kept=kept))


def delete_event_source_mapping(edit: Edit, request: Members) -> Members:
    """DeleteEventSourceMapping."""
    source = find_event_source(edit, request)
    edit.remove(ManagedEventSource, source.uuid)
    return {**_show(edit, source), "state": "Deleting"}


def _read_service(text: str) -> str:
    arn = Arn.parse(text)
    if arn is None or arn.service not in _BATCH_SIZES:
        raise InvalidParameterValueException(
            f"This gateway reads SQS queues and DynamoDB streams only, and not '{text}'"
        )
    return arn.service


def _read(edit: Edit, request: Members) -> Members:
    """Bring Lambda's members to the names that our sources have."""
    for name, wire_name in _OF_OTHERS.items():
        if request.get(name):
            raise InvalidParameterValueException(
                f"This gateway reads SQS queues and DynamoDB streams only: leave {wire_name} out"
            )
    members = dict(request)
    if "filter_criteria" in request:
        filters = request["filter_criteria"].get("filters", [])
        members["filter_patterns"] = _check_patterns([one.get("pattern", "") for one in filters])
    if "function_name" in request:
        function = find_function(edit, request)
        qualifier = split_name(request["function_name"])[1] or None
        members["function_name"] = function_arn(
            edit.region, edit.account_id, function.function_name, qualifier
        )
    if "enabled" in request:
        members["is_enabled"] = request["enabled"]
    if "function_response_types" in request:
        members["is_partial"] = _PARTIAL in request["function_response_types"]
    return members


def _check_patterns(patterns: Sequence[str]) -> tuple[str, ...]:
    if len(patterns) > FILTERS_MAX:
        raise InvalidParameterValueException(f"A mapping can have up to {FILTERS_MAX} filters.")
    try:
        for pattern in patterns:
            parse_event_pattern(pattern)
    except PatternError as error:
        raise InvalidParameterValueException("Invalid filter pattern definition.") from error
    return tuple(patterns)


def _select_kept(request: Members) -> Members:
    return {name: request[name] for name in _KEPT if name in request}


def find_event_source(edit: Edit, request: Members) -> ManagedEventSource:
    """Find the mapping that a path names.

    Raises:
        ResourceNotFoundException: there is none.
    """
    source = edit.find(ManagedEventSource, request["uuid"])
    if source is None:
        raise ResourceNotFoundException("The resource you requested does not exist.")
    return source


def _keep(edit: Edit, source: ManagedEventSource) -> Members:
    edit.put(source.uuid, source)
    return _show(edit, source)


def _show(edit: Edit, source: ManagedEventSource) -> Members:
    name, qualifier = split_name(source.function_name)
    members = describe(
        replace(source, tags={}, kept={}), keep=("maximum_batching_window_in_seconds", "batch_size")
    )
    if _read_service(source.event_source_arn) == _STREAM:
        members = {**_STREAMS_ONLY, **members, "destination_config": {"on_failure": {}}}
    else:
        members.pop("starting_position")
    filters = [{"pattern": pattern} for pattern in source.filter_patterns]
    return {
        **members,
        **source.kept,
        "event_source_mapping_arn": mapping_arn(edit, source.uuid),
        "filter_criteria": {"filters": filters} if filters else None,
        "function_arn": function_arn(edit.region, edit.account_id, name, qualifier or None),
        "function_response_types": [_PARTIAL] if source.is_partial else [],
        "last_modified": source.last_modified,
        "state": "Enabled" if source.is_enabled else "Disabled",
        "state_transition_reason": "USER_INITIATED",
    }


def mapping_arn(edit: Edit, uuid: str) -> str:
    """Name a mapping, for its tags."""
    return f"arn:aws:lambda:{edit.region}:{edit.account_id}:event-source-mapping:{uuid}"


OPERATIONS: Final = {
    "CreateEventSourceMapping": create_event_source_mapping,
    "DeleteEventSourceMapping": delete_event_source_mapping,
    "GetEventSourceMapping": get_event_source_mapping,
    "ListEventSourceMappings": list_event_source_mappings,
    "UpdateEventSourceMapping": update_event_source_mapping,
}
