"""The flags of `routekey connect`."""

import socket

import pytest

from cli.processes import assert_is_one_error, routekey


def test_connecting_to_nobody_is_one_error() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # nobody else gets it, and nobody listens
        url = f"ws://127.0.0.1:{deaf.getsockname()[1]}/dev"
        assert_is_one_error(routekey("connect", url), "cannot connect", "routekey run")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "nonsense", ""])
def test_connecting_to_no_websocket_url_is_one_error(url: str) -> None:
    assert_is_one_error(routekey("connect", url), "is no WebSocket URL")


def test_a_header_without_a_colon_is_one_error() -> None:
    done = routekey("connect", "ws://127.0.0.1:1/", "-H", "Authorization")
    assert_is_one_error(done, "'Authorization' is no header")
