import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.ids import (
    NodeId,
    decode_node,
    encode_connection_id,
    encode_message_id,
    encode_url_safe,
)

UNIQUE = st.binary(min_size=7, max_size=7)
NODES = st.integers(0, 65535).map(NodeId)


@pytest.mark.rule("DP-EVT-09")
@given(UNIQUE, NODES)
def test_a_connection_id_looks_like_aws_s_and_names_its_node(unique: bytes, node: NodeId) -> None:
    connection_id = encode_connection_id(unique, node)
    assert len(connection_id) == 20
    assert connection_id.endswith("==")
    assert decode_node(connection_id) == node


@pytest.mark.rule("DP-MGM-09", "DP-UNK-24")
@given(UNIQUE, NODES, st.integers(0, 17), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_mangled_connection_id_is_recognised(
    unique: bytes, node: NodeId, place: int, character: str
) -> None:
    connection_id = encode_connection_id(unique, node)
    mangled = connection_id[:place] + character + connection_id[place + 1 :]
    if mangled != connection_id:
        assert decode_node(mangled) is None


@given(st.text(max_size=40))
def test_any_text_is_an_id_or_is_not(text: str) -> None:
    assert decode_node(text) is None or len(text) == 20


@pytest.mark.parametrize("text", ["", "=" * 20, "A" * 20, "A" * 18 + "é=", "A" * 17 + "+=="])
def test_these_are_no_connection_ids(text: str) -> None:
    assert decode_node(text) is None


@pytest.mark.rule("DP-EVT-10")
@given(UNIQUE, st.binary(min_size=6, max_size=6))
def test_a_message_id_shares_its_connection_s_suffix(unique: bytes, other: bytes) -> None:
    connection_id = encode_connection_id(unique, NodeId(7))
    message_id = encode_message_id(other, connection_id)
    assert len(message_id) == 20
    assert message_id[8:] == connection_id[8:]


def test_base64_is_url_safe() -> None:
    assert encode_url_safe(b"\xfb\xff\xfe") == "-__-"
