"""The opening handshake of a WebSocket."""

import pytest

from endpoints.wire.support import DATE, KEY
from routekey.endpoints.wire.messages import RequestError
from routekey.endpoints.wire.upgrade import accept_key, encode_switch, is_upgrade

HANDSHAKE = {
    "host": "a",
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-key": KEY,
    "sec-websocket-version": "13",
}


def changed(**values: str | None) -> dict[str, str]:
    merged = HANDSHAKE | {name.replace("_", "-"): value for name, value in values.items()}
    return {name: value for name, value in merged.items() if value is not None}


@pytest.mark.parametrize(
    "values",
    [
        changed(),
        pytest.param(changed(connection="keep-alive, Upgrade"), id="Firefox"),
        changed(connection="UPGRADE"),
        changed(upgrade="WebSocket"),
        changed(upgrade="h2c, websocket"),
    ],
)
@pytest.mark.rule("DP-URL-09")
def test_a_request_that_opens_a_websocket(values: dict[str, str]) -> None:
    assert is_upgrade("GET", values)


@pytest.mark.parametrize(
    "values",
    [
        changed(upgrade=None),
        changed(upgrade="h2c"),
        changed(upgrade="websocket2"),
        changed(connection=None),
        changed(connection="keep-alive"),
        changed(connection="upgraded"),
    ],
)
def test_a_request_that_does_not_ask_for_a_websocket(values: dict[str, str]) -> None:
    assert not is_upgrade("GET", values)


def test_only_get_opens_a_websocket() -> None:
    assert not is_upgrade("POST", HANDSHAKE)


@pytest.mark.parametrize("version", [None, "8", "14", "13, 8"])
def test_another_version_is_answered_with_ours(version: str | None) -> None:
    with pytest.raises(RequestError) as caught:
        is_upgrade("GET", changed(sec_websocket_version=version))
    assert caught.value.response.status == 426
    assert ("Sec-WebSocket-Version", "13") in caught.value.response.headers


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("dGhlIHNhbXBsZSBub25jZ", id="cut"),
        pytest.param("dGhlIHNhbXBsZSBub25j", id="15 bytes"),
        pytest.param("dGhlIHNhbXBsZSBub25jZTE=", id="17 bytes"),
        pytest.param("dGhlIHNhbXBsZSBub25jZQ==x", id="more behind it"),
        pytest.param("dGhlIHNhbXBs ZSBub25jZQ==", id="blank in it"),
        pytest.param("é" * 24, id="not ASCII"),
    ],
)
def test_a_key_is_16_bytes_in_base64(key: str | None) -> None:
    with pytest.raises(RequestError) as caught:
        is_upgrade("GET", changed(sec_websocket_key=key))
    assert caught.value.response.status == 400


def test_the_key_is_proved_as_rfc_6455_shows() -> None:
    assert accept_key(KEY) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.rule("DP-HSK-06")
def test_the_101_has_exactly_the_headers_of_aws() -> None:
    assert encode_switch(KEY, DATE, ()).decode().split("\r\n") == [
        "HTTP/1.1 101 Switching Protocols",
        f"date: {DATE}",
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "",
        "",
    ]


@pytest.mark.rule("DP-HSK-07", "DP-HSK-08")
def test_the_101_carries_the_subprotocol_that_it_is_given() -> None:
    written = encode_switch(KEY, DATE, [("sec-websocket-protocol", "chat")])
    assert written.endswith(b"\r\nsec-websocket-protocol: chat\r\n\r\n")


def test_the_101_cannot_be_split() -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        encode_switch(KEY, DATE, [("sec-websocket-protocol", "a\r\nb: c")])
