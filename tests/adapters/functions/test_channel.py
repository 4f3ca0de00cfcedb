"""The words between the gateway and a function process."""

from routekey.adapters.functions.channel import Channel, Kind
from routekey.adapters.functions.frames import Frames
from routekey.adapters.functions.runtime_api import RuntimeApi


class Silent:
    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes, _request_id: str) -> None:
        raise AssertionError(kind, peak_kb, payload)

    def take_broken(self) -> None:
        raise AssertionError

    def take_quiet(self) -> None:
        raise AssertionError


def test_both_transports_are_channels_that_start_closed() -> None:
    channels: list[Channel] = [Frames(Silent()), RuntimeApi(Silent())]
    assert [channel.is_polled for channel in channels] == [False, True]
    assert [channel.is_open for channel in channels] == [False, False]
    for channel in channels:
        channel.close()
