"""Events of queues and streams, destinations and dead letters: who else calls, and who is told.

They become the resources that the framework makes of them.
Source: Serverless Framework documentation, "SQS Queues", "DynamoDB / Kinesis Streams", "Functions:
Destinations" and "DLQ with SNS / SQS".
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from routekey.projects.document import Place, Value
from routekey.projects.serverless_framework.websockets import Resources, function_id, logical_name

_BATCH_SIZE: Final = 10  # the framework's own, for streams as well
_POSITION: Final = "TRIM_HORIZON"
_DESTINATIONS: Final = {"onSuccess": "OnSuccess", "onFailure": "OnFailure"}


def event_source_resources(key: str, events: Value, place: Place) -> Resources:
    """Make the mappings of a function's `sqs` and `stream` events.

    Raises:
        ProjectError: an event names no queue or stream.
    """
    resources: Resources = {}
    for index, kind, details in _read(events):
        arn = details.get("arn")
        if not isinstance(arn, str | dict) or not arn:
            raise (place / index / kind).error(
                f"the {kind} event names nothing that it reads", "Give it an arn"
            )
        response = details.get("functionResponseType")
        properties: Resources = {
            "EventSourceArn": arn,
            "FunctionName": {"Fn::GetAtt": [function_id(key), "Arn"]},
            "BatchSize": details.get("batchSize") or _BATCH_SIZE,
            "Enabled": details.get("enabled", True),
        }
        if kind == "stream":
            properties["StartingPosition"] = details.get("startingPosition") or _POSITION
        if response is not None:
            properties["FunctionResponseTypes"] = [response]
        patterns = details.get("filterPatterns")
        if isinstance(patterns, list):
            filters: list[Value] = [{"Pattern": json.dumps(pattern)} for pattern in patterns]
            properties["FilterCriteria"] = {"Filters": filters}
        name = f"{logical_name(key)}EventSourceMapping{kind.capitalize()}{index}"
        resources[name] = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}
    return resources


def destination_resources(
    key: str, function: Mapping[str, Value], functions: Mapping[str, object]
) -> Resources:
    """Make what says of a function's asynchronous calls how often they are tried, and for whom."""
    properties: Resources = {
        name: function[own]
        for own, name in (
            ("maximumRetryAttempts", "MaximumRetryAttempts"),
            ("maximumEventAge", "MaximumEventAgeInSeconds"),
        )
        if function.get(own) is not None
    }
    destinations: Resources = {
        _DESTINATIONS[kind]: {"Destination": arn}
        for kind, arn in _destinations(function, functions)
    }
    if destinations:
        properties["DestinationConfig"] = destinations
    if not properties:
        return {}
    properties |= {"FunctionName": {"Ref": function_id(key)}, "Qualifier": "$LATEST"}
    name = f"{logical_name(key)}LambdaEvConf"
    return {name: {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": properties}}


def _read(events: Value) -> Iterator[tuple[int, str, Mapping[str, Value]]]:
    """Give the place among the events, the kind and the details of each queue and stream."""
    for index, event in enumerate(events if isinstance(events, list) else []):
        for kind in ("sqs", "stream"):
            if isinstance(event, dict) and kind in event:
                value = event[kind]
                if isinstance(value, dict) and not _is_intrinsic(value):
                    yield index, kind, value
                else:
                    yield index, kind, {"arn": value}


def _is_intrinsic(value: Mapping[str, Value]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))


def _destinations(
    function: Mapping[str, Value], functions: Mapping[str, object]
) -> Iterator[tuple[str, Value]]:
    value = function.get("destinations")
    for kind in _DESTINATIONS:
        target = value.get(kind) if isinstance(value, dict) else None
        if isinstance(target, dict) and "arn" in target:  # {type: sqs, arn: …}
            target = target["arn"]
        if isinstance(target, str) and target in functions:
            target = {"Fn::GetAtt": [function_id(target), "Arn"]}
        if target is not None:
            yield kind, target
