"""Asynchronous calls: accepted at once, tried again on failure."""

import asyncio
from collections.abc import Callable

import pytest

from adapters.functions.laboratory import Lab
from routekey.adapters.functions.deferred import (
    EVENT_AGE_EXCEEDED,
    EVENTS_MAX,
    RECURSIVE_INVOCATION,
    RETRIES_EXHAUSTED,
    SUCCESS,
    ZERO_RESERVED_CONCURRENCY,
    DeferredCalls,
    EndedEvent,
    Fate,
)
from routekey.errors import (
    FunctionDisabledError,
    FunctionInvokeError,
    FunctionNotFoundError,
    FunctionRecursionError,
    FunctionThrottledError,
)
from routekey.gateway.ports import FunctionCall, FunctionResult
from routekey.resources.function import EventInvokeConfig
from routekey.tasks import wait_for_all
from scenarios.running import WAIT_SECONDS_MAX, wait_until

FLAKY = """
import pathlib
def handler(event, context):
    with open(event["log"], "a") as log:
        log.write(context.aws_request_id + "\\n")
    if len(pathlib.Path(event["log"]).read_text().splitlines()) <= event["failures"]:
        raise ValueError("not yet")
"""
FAILED = FunctionResult(payload=b"{}", function_error="Unhandled")


class Attempts:
    """Attempts that end as they are told to."""

    def __init__(self, *outcomes: FunctionResult | Exception) -> None:
        self.outcomes = list(outcomes)
        self.ended: list[EndedEvent] = []
        self.seen: list[str] = []

    async def attempt(self, _call: FunctionCall, request_id: str) -> FunctionResult:
        self.seen.append(request_id)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def end(self, event: EndedEvent) -> None:
        self.ended.append(event)

    def deferred(self, retry_seconds: tuple[float, ...] = (0.0, 0.0)) -> DeferredCalls:
        return DeferredCalls(self.attempt, self.end, retry_seconds)


def call(payload: bytes = b"1") -> FunctionCall:
    return FunctionCall(function="f", payload=payload, is_async=True)


async def settle(is_true: Callable[[], bool]) -> None:
    await wait_until(is_true, "the last attempt")


@pytest.mark.rule("LAM-INV-02", "LAM-INV-08")
async def test_an_event_is_answered_at_once_and_tried_three_times_under_one_id(lab: Lab) -> None:
    await lab.pools.close()
    lab.pools = lab.make_pools(retry_seconds=(0.0, 0.0))
    await lab.serve(lab.python(FLAKY))
    log = lab.folder / "log"
    result = await lab.invoke({"log": str(log), "failures": 2}, is_async=True)
    assert (result.payload, result.function_error) == (b"", None)
    await settle(lambda: log.exists() and len(log.read_text().splitlines()) == 3)
    assert set(log.read_text().splitlines()) == {result.request_id}


@pytest.mark.rule("LAM-INV-08")
async def test_an_event_that_fails_for_good_goes_to_its_destination() -> None:
    attempts = Attempts(FAILED, FAILED, FAILED)
    fate = Fate(config=EventInvokeConfig(on_failure="arn"))
    assert attempts.deferred().accept(call(), "id", fate).request_id == "id"
    await settle(lambda: bool(attempts.ended))
    assert attempts.seen == ["id", "id", "id"]
    [ended] = attempts.ended
    assert (ended.destination, ended.result) == ("arn", FAILED)
    assert (ended.condition, ended.invoke_count) == (RETRIES_EXHAUSTED, 3)


@pytest.mark.rule("LAM-INV-08")
@pytest.mark.parametrize("retries", [0, 1])
async def test_an_event_is_tried_again_no_more_often_than_the_function_wants(retries: int) -> None:
    attempts = Attempts(FAILED, FAILED, FAILED)
    fate = Fate(config=EventInvokeConfig(maximum_retry_attempts=retries))
    attempts.deferred().accept(call(), "id", fate)
    await settle(lambda: bool(attempts.ended))
    assert (len(attempts.seen), attempts.ended[0].invoke_count) == (1 + retries, 1 + retries)


@pytest.mark.parametrize("outcome", [FAILED, FunctionThrottledError("f", "full")])
async def test_a_stop_does_not_wait_for_the_next_try(
    outcome: FunctionResult | FunctionThrottledError,
) -> None:
    attempts = Attempts(outcome, outcome)
    deferred = attempts.deferred((600.0,))
    deferred.accept(call(), "id")
    await settle(lambda: bool(attempts.seen))
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        await wait_for_all(600)
    await deferred.close()
    assert attempts.ended == []


@pytest.mark.rule("LAM-INV-08")
async def test_an_event_that_would_be_too_old_is_not_tried_again() -> None:
    attempts = Attempts(FAILED)
    fate = Fate(config=EventInvokeConfig(maximum_event_age_in_seconds=60))
    attempts.deferred((61.0,)).accept(call(), "id", fate)
    await settle(lambda: bool(attempts.ended))
    assert (attempts.ended[0].condition, attempts.ended[0].invoke_count) == (
        EVENT_AGE_EXCEEDED,
        1,
    )


async def test_an_event_that_never_has_room_grows_too_old() -> None:
    attempts = Attempts(FunctionThrottledError("f", "full"))
    fate = Fate(config=EventInvokeConfig(maximum_event_age_in_seconds=0))
    attempts.deferred().accept(call(), "id", fate)
    await settle(lambda: bool(attempts.ended))
    [ended] = attempts.ended
    assert (ended.condition, ended.result) == (EVENT_AGE_EXCEEDED, None)


async def test_an_event_for_a_function_that_has_gone_fails_at_once() -> None:
    attempts = Attempts(FAILED, FunctionNotFoundError("f", "gone"))
    attempts.deferred().accept(call(), "id")
    await settle(lambda: bool(attempts.ended))
    assert (attempts.ended[0].invoke_count, attempts.ended[0].result) == (1, FAILED)


async def test_a_throttled_event_waits_for_room_and_loses_no_try() -> None:
    full = FunctionThrottledError("f", "full")
    attempts = Attempts(full, FAILED, FAILED, FunctionResult(payload=b"1"))
    attempts.deferred().accept(call(), "id")
    await settle(lambda: bool(attempts.ended))
    [ended] = attempts.ended
    assert (ended.condition, ended.invoke_count) == (SUCCESS, 3)


async def test_an_event_that_was_handled_goes_to_its_own_destination() -> None:
    attempts = Attempts(FunctionResult(payload=b"1"))
    config = EventInvokeConfig(on_success="arn", on_failure="other")
    attempts.deferred().accept(call(), "id", Fate(config=config, dead_letter_target="dead"))
    await settle(lambda: bool(attempts.ended))
    [ended] = attempts.ended
    assert (ended.condition, ended.invoke_count) == (SUCCESS, 1)
    assert (ended.destination, ended.dead_letter_target) == ("arn", None)


@pytest.mark.rule("LAM-INV-08", "LAM-ENV-08")
@pytest.mark.parametrize(
    ("refusal", "condition"),
    [
        (FunctionDisabledError("f"), ZERO_RESERVED_CONCURRENCY),
        (FunctionRecursionError("f"), RECURSIVE_INVOCATION),
    ],
)
async def test_what_no_waiting_helps_ends_an_event_at_once(
    refusal: FunctionInvokeError, condition: str
) -> None:
    attempts = Attempts(refusal)
    attempts.deferred().accept(call(), "id", Fate(dead_letter_target="dead"))
    await settle(lambda: bool(attempts.ended))
    [ended] = attempts.ended
    assert (ended.condition, ended.invoke_count, ended.refusal) == (condition, 0, refusal)
    assert ended.dead_letter_target == "dead"


async def test_events_are_bounded_and_dropped_at_the_end() -> None:
    started = asyncio.Event()

    async def wait(_call: FunctionCall, _request_id: str) -> FunctionResult:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    deferred = DeferredCalls(wait, Attempts().end, ())
    for _ in range(EVENTS_MAX):
        deferred.accept(call(), "id")
    with pytest.raises(FunctionThrottledError, match="queue of asynchronous events is full"):
        deferred.accept(call(), "id")
    await started.wait()
    await deferred.close()
    deferred.accept(call(), "id")
    await deferred.close()


async def test_events_are_bounded_by_their_size_too() -> None:
    with pytest.raises(FunctionThrottledError):
        Attempts().deferred().accept(call(b"x" * (64 * 1024 * 1024 + 1)), "id")


async def test_an_unknown_function_is_refused_before_its_event_is_taken(lab: Lab) -> None:
    with pytest.raises(FunctionNotFoundError):
        await lab.invoke(function="nowhere", is_async=True)
