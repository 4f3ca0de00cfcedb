"""Events that call nobody here."""

import pytest

from routekey.projects.document import Value, parse_document
from routekey.projects.notices import Notices
from routekey.projects.serverless_framework.events import report_events
from routekey.resources.project import Notice


def report(events: Value, text: str = "") -> list[Notice]:
    notices = Notices()
    document = parse_document(text or "events: []", file="serverless.yml")
    report_events(events, document.place("events", resource="work"), notices)
    return list(notices.all())


def test_a_slip_of_the_pen_is_found_where_it_is() -> None:
    text = "events:\n  - websocket: $connect\n  - webssocket: {route: $disconnect}\n"
    document = parse_document(text, file="serverless.yml")
    assert isinstance(document.value, dict)
    (notice,) = report(document.value["events"], text)
    assert (notice.line, notice.resource, notice.is_refused) == (3, "work", True)
    assert notice.text == (
        "the framework knows no event webssocket, and makes nothing of it. Is it websocket?"
    )


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"schedule": "rate(1 minute)"}, "an event of the kind schedule, which nothing sends here"),
        ({"httpApi": "*"}, "an HTTP event; only WebSocket APIs are served"),
        ("alexaSkill", "an event of the kind alexaSkill, which nothing sends here"),
        ({"ofAPlugin": 1}, "an event of the kind ofAPlugin, which nothing sends here"),
        ({"s3": None, "bucket": "photos"}, "an event of the kind s3, which nothing sends here"),
    ],
)
def test_an_event_that_calls_nobody_is_named(event: Value, said: str) -> None:
    (notice,) = report([event])
    assert (notice.text, notice.is_refused) == (said, False)


@pytest.mark.parametrize(
    "events",
    [
        None,
        "websocket",
        [None, [], {}],
        [{"websocket": "$connect"}, {"sqs": "arn"}, {"stream": "arn"}, "websocket"],
        [{"websocket": None, "route": "send"}],
    ],
)
def test_what_calls_functions_is_passed_over(events: Value) -> None:
    assert report(events) == []
