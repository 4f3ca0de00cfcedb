"""The limits of a listener: AWS's where AWS has one."""

import pytest

from routekey.endpoints.wire import Settings


@pytest.mark.rule("DP-LIM-03", "DP-URL-04", "DP-EVT-21")
def test_the_defaults_are_those_of_aws() -> None:
    settings = Settings()
    assert settings.frame_bytes_max == 32 * 1024
    assert settings.message_bytes_max == 128 * 1024
    assert settings.body_bytes_max == 128 * 1024
    assert settings.url_characters_max == 4096
    assert settings.head_bytes_max == 10240
    assert not settings.accepts_binary


def test_every_wait_ends() -> None:
    settings = Settings()
    names = [name for name in Settings.__slots__ if "seconds" in name]
    assert all(0 < getattr(settings, name) <= 120 for name in names)


def test_an_answer_may_take_longer_than_the_slowest_handshake() -> None:
    """An authorizer and a `$connect` integration, 29 seconds each (DP-INT-04)."""
    assert Settings().answer_seconds_max > 2 * 29
