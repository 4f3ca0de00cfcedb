"""The answers that Lambda itself gives, byte for byte."""

import asyncio

import pytest

from routekey.adapters.functions.invocation import (
    Invocation,
    describe_exit,
    exited,
    not_started,
    timed_out,
    too_large,
)


@pytest.mark.rule("LAM-ERR-01", "LAM-ERR-13")
def test_a_timeout_names_the_configured_seconds_with_two_decimals() -> None:
    assert timed_out("id", 1) == (
        b'{"errorType":"Sandbox.Timedout",'
        b'"errorMessage":"RequestId: id Error: Task timed out after 1.00 seconds"}'
    )


@pytest.mark.rule("LAM-ERR-03", "LAM-ERR-04")
def test_an_exit_names_its_status() -> None:
    assert exited("id", 127) == (
        b'{"errorType":"Runtime.ExitError",'
        b'"errorMessage":"RequestId: id Error: Runtime exited with error: exit status 127"}'
    )


@pytest.mark.rule("LAM-ERR-03", "LAM-ERR-04")
@pytest.mark.parametrize(
    ("status", "text"),
    [
        (0, "Runtime exited without providing a reason"),
        (1, "Runtime exited with error: exit status 1"),
        (-9, "Runtime exited with error: signal: killed"),
        (-15, "Runtime exited with error: signal: terminated"),
        (-60, "Runtime exited with error: signal: real-time signal 26"),
    ],
)
def test_every_way_to_end_has_its_words(status: int, text: str) -> None:
    assert describe_exit(status) == text


@pytest.mark.rule("LAM-ERR-05")
def test_a_large_result_names_the_limit() -> None:
    assert b"(6291556 bytes)" in too_large()


@pytest.mark.rule("LAM-ERR-12")
def test_a_process_that_does_not_start_is_an_invalid_entrypoint() -> None:
    assert not_started("id", "why") == (
        b'{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: id Error: why"}'
    )


def _invocation(future: asyncio.Future[object]) -> Invocation:
    return Invocation(
        request_id="id",
        payload=b"",
        function_arn="arn",
        version="7",
        trace_id="",
        future=future,  # type: ignore[arg-type]  # one future serves all tests here
    )


async def test_a_caller_gets_the_first_answer_only() -> None:
    future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    invocation = _invocation(future)
    invocation.settle(b"1", is_error=True, log_tail=b"tail")
    invocation.settle(b"2")
    invocation.fail(ValueError())
    result = await invocation.future
    assert (result.payload, result.function_error) == (b"1", "Unhandled")
    assert (result.request_id, result.executed_version) == ("id", "7")
    assert result.log_tail == b"tail"


async def test_a_caller_who_has_gone_gets_nothing() -> None:
    future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    future.cancel()
    invocation = _invocation(future)
    invocation.settle(b"1")
    invocation.fail(ValueError())
    assert future.cancelled()


async def test_a_call_that_is_not_taken_after_all_raises() -> None:
    invocation = _invocation(asyncio.get_running_loop().create_future())
    invocation.fail(ValueError("why"))
    with pytest.raises(ValueError, match="why"):
        await invocation.future
