import re
import time

import pytest

from routekey.adapters.system import SystemClock, SystemIds
from routekey.ids import NodeId, decode_node, encode_connection_id


def test_the_clock_is_the_machine_s() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= SystemClock().now_ms() <= time.time_ns() // 1_000_000


@pytest.mark.rule("DP-EVT-09")
def test_connection_ids_name_their_node_and_do_not_repeat() -> None:
    ids = SystemIds(NodeId(7))
    made = {ids.connection_id() for _ in range(1000)}
    assert len(made) == 1000
    assert {decode_node(each) for each in made} == {7}


def test_no_connection_id_begins_with_a_hyphen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The AWS CLI takes such an id for an option."""
    ids = SystemIds()
    drawn = [b"\xfb" + bytes(6), b"\xf8" + bytes(6), b"\xfc" + bytes(6)]
    first = [encode_connection_id(each, NodeId(0))[0] for each in drawn]
    assert first == ["-", "-", "_"]
    monkeypatch.setattr("os.urandom", lambda _: drawn.pop(0))
    assert ids.connection_id()[0] == "_"
    assert drawn == []


@pytest.mark.rule("DP-EVT-08", "DP-EVT-10")
def test_request_and_message_ids_have_aws_s_form_and_do_not_repeat() -> None:
    ids = SystemIds()
    requests = {ids.request_id() for _ in range(1000)}
    assert len(requests) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{15}=", each) for each in requests)
    connection_id = ids.connection_id()
    messages = {ids.message_id(connection_id) for _ in range(1000)}
    assert len(messages) == 1000
    assert {each[8:] for each in messages} == {connection_id[8:]}


def test_uuids_are_random_ones() -> None:
    ids = SystemIds()
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", ids.uuid()
    )
    assert len({ids.uuid() for _ in range(1000)}) == 1000


@pytest.mark.rule("DP-EVT-16")
def test_a_trace_header_names_its_second() -> None:
    ids = SystemIds()
    assert re.fullmatch(r"Root=1-6ab5cd7b-[0-9a-f]{24}", ids.trace_id(0x6AB5CD7B * 1000 + 1))
    assert ids.trace_id(0) != ids.trace_id(0)
