import pytest

from routekey.gateway.buckets import TokenBucket, complete_rate
from routekey.testing.fakes import SOME_TIME_MS


@pytest.mark.rule("DP-LIM-10")
def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = TokenBucket(rate=2, burst=3, now_ms=SOME_TIME_MS)
    assert [bucket.take_nowait(SOME_TIME_MS) for _ in range(4)] == [True, True, True, False]
    assert bucket.take_nowait(SOME_TIME_MS + 499) is False
    assert bucket.take_nowait(SOME_TIME_MS + 500) is True
    later = SOME_TIME_MS + 60_000
    assert [bucket.take_nowait(later) for _ in range(4)] == [True, True, True, False]


def test_a_clock_set_back_gives_nothing_and_takes_nothing() -> None:
    bucket = TokenBucket(rate=1, burst=2, now_ms=SOME_TIME_MS)
    assert bucket.take_nowait(SOME_TIME_MS - 10_000)
    assert bucket.take_nowait(SOME_TIME_MS - 10_000)
    assert not bucket.take_nowait(SOME_TIME_MS - 10_000)


@pytest.mark.rule("DP-HSK-17")
@pytest.mark.parametrize(
    ("rate", "burst", "completed"),
    [
        (None, None, (0.0, 0)),
        (4.0, None, (4.0, 4)),
        (0.5, None, (0.5, 1)),
        (None, 6, (6.0, 6)),
        (0.0, 0, (0.0, 0)),
        (2.0, 9, (2.0, 9)),
    ],
)
def test_one_number_stands_for_both(
    rate: float | None, burst: int | None, completed: tuple[float, int]
) -> None:
    assert complete_rate(rate, burst) == completed
