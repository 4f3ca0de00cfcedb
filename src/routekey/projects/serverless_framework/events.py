"""Which events of a service call nobody here, said where they are written.

Websocket events, queues and streams call functions. The framework knows many more, and warns of one
that it does not know, which is a slip of the pen or a plugin's.
Source: Serverless Framework documentation, "AWS Lambda Events".
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from routekey.projects.document import Place, Value
from routekey.projects.notices import Notices

_SERVED: Final = frozenset(("websocket", "sqs", "stream"))
_HTTP: Final = frozenset(("http", "httpApi"))
_OTHERS: Final = frozenset(
    (
        "activemq", "alb", "alexaSkill", "alexaSmartHome", "cloudFront", "cloudwatchEvent",
        "cloudwatchLog", "cognitoUserPool", "eventBridge", "iot", "iotFleetProvisioning", "kafka",
        "msk", "rabbitmq", "s3", "schedule", "sns",
    )
)  # fmt: skip
_KINDS: Final = _SERVED | _HTTP | _OTHERS


def report_events(events: Value, place: Place, notices: Notices) -> None:
    """Say which of a function's events call nobody here.

    Args:
        events: as they are written.
        place: where they are.
        notices: takes what is said.
    """
    for index, kind in _read_kinds(events):
        here = place / index
        if kind in _HTTP:
            notices.add("an HTTP event; only WebSocket APIs are served", here)
        elif near := () if kind in _KINDS else get_close_matches(kind, _KINDS, n=1, cutoff=0.8):
            text = f"the framework knows no event {kind}, and makes nothing of it. Is it {near[0]}?"
            notices.add(text, here, is_refused=True)
        else:
            notices.add(f"an event of the kind {kind}, which nothing sends here", here)


def _read_kinds(events: Value) -> Iterator[tuple[int, str]]:
    """Give the kinds that are not served, each with its place."""
    for index, event in enumerate(events if isinstance(events, list) else []):
        if not isinstance(event, str | dict):
            continue
        names = [event] if isinstance(event, str) else list(event)
        if not _SERVED.intersection(names):
            known = [name for name in names if name in _KINDS]
            yield from ((index, name) for name in known or names[:1])
