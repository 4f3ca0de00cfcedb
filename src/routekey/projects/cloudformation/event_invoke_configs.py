"""`AWS::Lambda::EventInvokeConfig` says what becomes of a function's asynchronous calls.

SAM's `EventInvokeConfig` of a function becomes such a resource before.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from routekey.arn import Arn
from routekey.projects.cloudformation.functions import split_function_name
from routekey.projects.cloudformation.properties import Properties
from routekey.projects.cloudformation.references import Resource
from routekey.projects.notices import Notices
from routekey.resources.function import LATEST, EventInvokeConfig, Function

_SERVICES: Final = frozenset({"events", "lambda", "sns", "sqs"})
"""Those whose destinations are served here."""
_RETRIES: Final = range(3)
_AGES: Final = range(60, 6 * 3600 + 1)


def add_event_invoke_configs(
    functions: Sequence[Function], resources: Sequence[Resource], notices: Notices
) -> tuple[Function, ...]:
    """Tell each function what becomes of its events.

    Raises:
        ProjectError: a property is missing or wrong, or a function is its own destination.
    """
    configs: defaultdict[str, list[EventInvokeConfig]] = defaultdict(list)
    for resource in resources:
        if resource.type == "AWS::Lambda::EventInvokeConfig":
            name, _ = split_function_name(resource.properties.text("FunctionName"))
            configs[name].append(_build(name, resource.properties, notices))
    return tuple(
        replace(function, event_invoke_configs=tuple(configs.get(function.function_name, ())))
        for function in functions
    )


def _build(name: str, properties: Properties, notices: Notices) -> EventInvokeConfig:
    return EventInvokeConfig(
        qualifier=properties.text("Qualifier", LATEST),
        maximum_retry_attempts=_read_number(properties, "MaximumRetryAttempts", _RETRIES),
        maximum_event_age_in_seconds=_read_number(properties, "MaximumEventAgeInSeconds", _AGES),
        on_success=_read_destination(name, "OnSuccess", properties, notices),
        on_failure=_read_destination(name, "OnFailure", properties, notices),
    )


def _read_destination(
    name: str, condition: str, properties: Properties, notices: Notices
) -> str | None:
    destination = properties.inner("DestinationConfig").inner(condition)
    text = destination.optional_text("Destination")
    if text is None:
        return None
    arn = Arn.parse(text)
    if arn is None or arn.service not in _SERVICES:
        notices.add(f"its destination {text} is not served here", destination.place)
        return None
    if arn.service == "lambda" and split_function_name(text)[0] == name:
        raise destination.place.error("a function cannot be its own destination")
    return text


def _read_number(properties: Properties, name: str, allowed: range) -> int | None:
    text = properties.optional_text(name)
    if text is None:
        return None
    if not text.isdecimal() or int(text) not in allowed:
        place = properties.place / name
        raise place.error(f"{text!r} is no {name}", f"Use {allowed[0]} to {allowed[-1]}")
    return int(text)
