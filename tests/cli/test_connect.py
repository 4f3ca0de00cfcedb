"""The flags of `routekey connect`."""

import socket

import pytest

from cli.processes import assert_is_one_error, routekey


def test_connecting_to_nobody_is_one_error() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # nobody else gets it, and nobody listens
        url = f"ws://127.0.0.1:{deaf.getsockname()[1]}/dev"
        assert_is_one_error(routekey("connect", url), "cannot connect", "routekey run")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "nonsense", "", "ws://127.0.0.1:99999/", "ws://a..b/"]
)
def test_connecting_to_no_websocket_url_is_one_error(url: str) -> None:
    assert_is_one_error(routekey("connect", url), "is no WebSocket URL")


@pytest.mark.parametrize("text", ["Authorization", ": x", "X Y: a", "X: a\nY: b", "X: €"])
def test_what_is_no_header_is_one_error(text: str) -> None:
    done = routekey("connect", "ws://127.0.0.1:1/", "-H", text)
    assert_is_one_error(done, f"{text!r} is no header")


def test_what_is_no_subprotocol_is_one_error() -> None:
    done = routekey("connect", "ws://127.0.0.1:1/", "--subprotocol", "a b")
    assert_is_one_error(done, "'a b' is no subprotocol")
