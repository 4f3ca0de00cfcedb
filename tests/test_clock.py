import pytest

from routekey.clock import format_amz_date, format_clf, format_iso


@pytest.mark.rule("DP-EVT-05")
def test_the_request_time_is_in_common_log_format() -> None:
    assert format_clf(1_790_299_515_552) == "25/Sep/2026:01:25:15 +0000"


@pytest.mark.rule("DP-MGM-08")
def test_connection_times_are_iso_with_milliseconds() -> None:
    assert format_iso(1_790_295_749_087) == "2026-09-25T00:22:29.087Z"


@pytest.mark.rule("SEC-ERR-05")
def test_signing_times_are_basic_iso() -> None:
    assert format_amz_date(1_691_107_200_999) == "20230804T000000Z"
