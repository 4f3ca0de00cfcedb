"""The WebSocket codec: each rule of RFC 6455, and AWS's limits, on bytes alone."""

import importlib.util
import sys
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.wire.support import MASK, close, frame, text
from routekey.endpoints.wire.websocket import (
    CloseCode,
    ConnectionFailure,
    Decoder,
    DecoderLimits,
    Event,
    Opcode,
    encode_close,
    encode_frame,
    encode_pong,
    encode_text,
    parse_close,
    read_whole_text,
)

AWS = DecoderLimits(32768, 131072, accepts_binary=False)
LAX = DecoderLimits(1 << 20, 1 << 20, accepts_binary=True)


def decode(data: bytes, limits: DecoderLimits = LAX) -> list[Event]:
    decoder = Decoder(limits)
    decoder.feed(data)
    return take(decoder)


def take(decoder: Decoder) -> list[Event]:
    """Take what is complete; fragments only tell that they were taken in."""
    events = list(decoder.events())
    assert all(not event.payload for event in events if event.opcode is Opcode.CONTINUATION)
    return [event for event in events if event.opcode is not Opcode.CONTINUATION]


def failure(data: bytes, limits: DecoderLimits = LAX) -> tuple[int, str]:
    """Decode and give the close that ends it."""
    with pytest.raises(ConnectionFailure) as caught:
        decode(data, limits)
    return caught.value.code, caught.value.reason


def test_a_text_message_of_one_frame() -> None:
    assert decode(text("hello")) == [Event(Opcode.TEXT, b"hello")]


def test_an_empty_message_is_a_message() -> None:
    assert decode(text("")) == [Event(Opcode.TEXT, b"")]


@pytest.mark.parametrize("size", [125, 126, 127, 65535, 65536])
def test_lengths_at_the_border_of_their_encodings(size: int) -> None:
    assert decode(text(b"a" * size)) == [Event(Opcode.TEXT, b"a" * size)]


@pytest.mark.rule("DP-LIM-04")
def test_fragments_are_put_together() -> None:
    data = frame(0x01, b"a") + frame(0x00, b"") + frame(0x00, b"b") + frame(0x80, b"c")
    assert decode(data) == [Event(Opcode.TEXT, b"abc")]


def test_a_fragmented_binary_message() -> None:
    assert decode(frame(0x02, b"\xff") + frame(0x80, b"\xfe")) == [
        Event(Opcode.BINARY, b"\xff\xfe")
    ]


def test_control_frames_may_come_between_fragments() -> None:
    data = frame(0x01, b"a") + frame(0x89, b"?") + frame(0x8A) + frame(0x80, b"b")
    assert decode(data) == [
        Event(Opcode.PING, b"?"),
        Event(Opcode.PONG, b""),
        Event(Opcode.TEXT, b"ab"),
    ]


def test_one_message_behind_another_in_one_read() -> None:
    assert decode(text("a") + frame(0x01, b"b") + frame(0x80, b"c") + text("d")) == [
        Event(Opcode.TEXT, b"a"),
        Event(Opcode.TEXT, b"bc"),
        Event(Opcode.TEXT, b"d"),
    ]


@pytest.mark.parametrize("reserved", [0x10, 0x20, 0x40])
@pytest.mark.rule("DP-HSK-11")
def test_reserved_bits_fail_the_connection(reserved: int) -> None:
    assert failure(frame(0x81 | reserved, b"a")) == (1002, "Reserved bits must be 0")


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_unknown_opcodes_fail_the_connection(opcode: int) -> None:
    assert failure(frame(0x80 | opcode)) == (1002, "Unknown opcode")


def test_frames_without_a_mask_fail_the_connection() -> None:
    assert failure(b"\x81\x01a") == (1002, "Frames must be masked")


@pytest.mark.parametrize("opcode", [8, 9, 10])
def test_control_frames_may_not_be_fragmented(opcode: int) -> None:
    assert failure(frame(opcode, b"")) == (1002, "Fragmented control frame")


@pytest.mark.parametrize("opcode", [8, 9, 10])
def test_control_frames_are_at_most_125_bytes(opcode: int) -> None:
    assert failure(frame(0x80 | opcode, b"a" * 126)) == (1002, "Control frame too long")


def test_a_ping_of_125_bytes_is_whole() -> None:
    assert decode(frame(0x89, b"a" * 125)) == [Event(Opcode.PING, b"a" * 125)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(frame(0x80, b"a"), id="continuation of nothing"),
        pytest.param(frame(0x00, b"a"), id="fragment of nothing"),
        pytest.param(frame(0x01, b"a") + frame(0x81, b"b"), id="text inside a text"),
        pytest.param(frame(0x01, b"a") + frame(0x02, b"b"), id="binary inside a text"),
    ],
)
def test_fragments_out_of_order_fail_the_connection(data: bytes) -> None:
    assert failure(data) == (1002, "Fragment out of order")


@pytest.mark.parametrize(
    "length",
    [
        pytest.param(b"\xfe\x00\x7d", id="16 bits for 125"),
        pytest.param(b"\xff" + (65535).to_bytes(8, "big"), id="64 bits for 65535"),
        pytest.param(b"\xff\x80" + bytes(7), id="the highest bit"),
    ],
)
def test_lengths_have_their_shortest_form(length: bytes) -> None:
    assert failure(frame(0x81, b"a", length=length)) == (1002, "Wrong length encoding")


@pytest.mark.rule("DP-LIM-03", "DP-UNK-16", "DP-DIS-03")
@pytest.mark.parametrize("head", [0x81, 0x01])
def test_a_frame_of_over_32_kb_is_refused_by_its_header(head: int) -> None:
    header = bytes([head]) + b"\xfe" + (32769).to_bytes(2, "big")
    assert failure(header, AWS) == (1009, "")
    assert decode(text(b"a" * 32768), AWS) == [Event(Opcode.TEXT, b"a" * 32768)]


@pytest.mark.rule("DP-LIM-03", "DP-UNK-16")
def test_a_message_of_over_128_kb_is_refused_by_the_header_that_exceeds_it() -> None:
    part = b"a" * 32768
    whole = frame(0x01, part) + frame(0x00, part) * 2
    assert len(decode(whole + frame(0x80, part), AWS)[0].payload) == 131072
    assert failure(whole + frame(0x00, part) + b"\x80\x81", AWS) == (1009, "")


@pytest.mark.rule("DP-LIM-05", "DP-DIS-03")
def test_a_binary_frame_is_refused_at_its_first_byte() -> None:
    assert failure(b"\x82", AWS) == (1003, "Binary is not supported")


@pytest.mark.parametrize("bad", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
@pytest.mark.rule("DP-UNK-17", "DP-DIS-03")
def test_text_that_is_not_utf_8_fails_the_connection(bad: bytes) -> None:
    assert failure(text(b"ok" + bad)) == (1007, "Invalid UTF-8")


@pytest.mark.rule("DP-UNK-17")
def test_bad_text_fails_with_its_fragment_and_not_with_the_last_one() -> None:
    assert failure(frame(0x01, b"a\xff")) == (1007, "Invalid UTF-8")


def test_a_character_may_be_split_between_fragments() -> None:
    euro = "€".encode()
    assert decode(frame(0x01, euro[:1]) + frame(0x80, euro[1:])) == [Event(Opcode.TEXT, euro)]


def test_a_character_may_not_stay_unfinished() -> None:
    assert failure(frame(0x01, b"a") + frame(0x80, "€".encode()[:2])) == (1007, "Invalid UTF-8")


def test_what_came_before_a_failure_is_given() -> None:
    decoder = Decoder(AWS)
    decoder.feed(text("a") + b"\x82")
    events = decoder.events()
    assert next(events) == Event(Opcode.TEXT, b"a")
    with pytest.raises(ConnectionFailure):
        next(events)


def test_a_decoder_is_idle_between_messages_only() -> None:
    decoder = Decoder(AWS)
    for data, is_idle in [(text("a"), True), (b"\x81", False), (text("b")[1:], True)]:
        decoder.feed(data)
        take(decoder)
        assert decoder.is_idle is is_idle
    decoder.feed(frame(0x01, b"a"))
    take(decoder)
    assert not decoder.is_idle


def test_a_long_frame_may_come_byte_by_byte() -> None:
    decoder = Decoder(LAX)
    for byte in text(b"a" * 300):
        assert take(decoder) == []
        decoder.feed(bytes([byte]))
    assert take(decoder) == [Event(Opcode.TEXT, b"a" * 300)]


def test_masks_are_applied_where_there_is_no_c_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "websockets.speedups", None)
    spec = importlib.util.find_spec("routekey.endpoints.wire.websocket")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.apply_mask.__module__ == "websockets.utils"
    assert module.read_whole_text(text("héllo"), 100) == "héllo".encode()


def test_empty_fragments_cost_no_memory() -> None:
    decoder = Decoder(AWS)
    decoder.feed(frame(0x01) + frame(0x00) * 1000)
    assert take(decoder) == []
    assert not decoder._message
    assert not decoder._buffer


def _messages() -> st.SearchStrategy[list[bytes]]:
    def fragmented(parts: list[str]) -> bytes:
        raw = [part.encode() for part in parts]
        if len(raw) == 1:
            return frame(0x81, raw[0])
        middle = b"".join(frame(0x00, part) for part in raw[1:-1])
        return frame(0x01, raw[0]) + middle + frame(0x80, raw[-1])

    return st.lists(
        st.one_of(
            st.lists(st.text(max_size=200), min_size=1, max_size=4).map(fragmented),
            st.binary(max_size=125).map(lambda payload: frame(0x89, payload)),
            st.binary(max_size=300).map(lambda payload: frame(0x82, payload)),
        ),
        max_size=5,
    )


def _cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    borders = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    for start, end in pairwise(borders):
        yield data[start:end]


@given(_messages(), st.lists(st.integers(min_value=0), max_size=20))
def test_where_reads_end_makes_no_difference(messages: list[bytes], places: list[int]) -> None:
    data = b"".join(messages)
    decoder = Decoder(LAX)
    events = []
    for part in _cut(data, places):
        decoder.feed(part)
        events += take(decoder)
    assert events == decode(data)
    assert decoder.is_idle


@given(st.binary(max_size=400))
def test_any_bytes_end_in_events_or_in_a_failure(data: bytes) -> None:
    decoder = Decoder(AWS)
    decoder.feed(data)
    try:
        for event in decoder.events():
            if event.opcode is Opcode.TEXT:
                event.payload.decode()
    except ConnectionFailure as error:
        assert error.code in {1002, 1003, 1007, 1009}  # noqa: PT017  # either outcome is right


@given(st.text(max_size=400))
def test_the_short_way_reads_what_the_decoder_reads(payload: str) -> None:
    data = text(payload)
    assert [Event(Opcode.TEXT, read_whole_text(data, 32768) or b"")] == decode(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(text("hello")[:-1], id="part of a frame"),
        pytest.param(text("hello") + b"\x81", id="more than a frame"),
        pytest.param(frame(0x01, b"hello"), id="a fragment"),
        pytest.param(frame(0x82, b"hello"), id="binary"),
        pytest.param(b"\x81\x05hello!!!!", id="no mask"),
        pytest.param(text(b"\xff\xff"), id="not UTF-8"),
        pytest.param(text(b"a" * 1001), id="over the limit"),
        pytest.param(text(b"a" * 200)[:-1], id="part of a longer frame"),
        pytest.param(text(b"a" * 70000), id="64-bit length"),
        pytest.param(frame(0x81, b"a" * 125, length=b"\xfe\x00\x7d"), id="not the shortest"),
    ],
)
def test_the_short_way_leaves_the_rest_to_the_decoder(data: bytes) -> None:
    assert read_whole_text(data, 1000) is None


def test_the_short_way_keeps_small_limits() -> None:
    assert read_whole_text(text("abc"), 2) is None
    assert read_whole_text(text("abc"), 3) == b"abc"


@pytest.mark.rule("DP-DIS-03")
def test_a_close_without_status_is_1005() -> None:
    assert parse_close(b"") == (1005, "Client-side close frame status not set")


@pytest.mark.rule("DP-DIS-03")
def test_a_close_brings_code_and_reason() -> None:
    assert parse_close(b"\x03\xe8probe-complete") == (1000, "probe-complete")
    assert parse_close(b"\x03\xe9") == (1001, "")


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999])
def test_close_codes_that_a_client_may_send(code: int) -> None:
    assert decode(close(code))[0].opcode is Opcode.CLOSE


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000])
def test_close_codes_that_no_client_may_send(code: int) -> None:
    assert failure(close(code)) == (1002, "Invalid close code")


def test_a_close_of_one_byte_is_malformed() -> None:
    assert failure(frame(0x88, b"\x03")) == (1002, "Invalid close code")


def test_a_close_reason_is_utf_8() -> None:
    assert failure(frame(0x88, b"\x03\xe8\xff")) == (1007, "Invalid UTF-8")


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (32768, b"\x81\x7e\x80\x00"),
    ],
)
def test_a_message_of_up_to_32_kb_leaves_as_one_frame(size: int, head: bytes) -> None:
    assert encode_text(b"a" * size) == head + b"a" * size


def test_a_frame_of_64_kb_has_a_64_bit_length() -> None:
    assert encode_frame(0x82, b"a" * 65536) == b"\x82\x7f" + (65536).to_bytes(8, "big") + (
        b"a" * 65536
    )


@pytest.mark.parametrize("size", [32769, 65536, 65537, 131072])
@pytest.mark.rule("DP-MGM-15", "DP-UNK-34")
def test_a_message_of_over_32_kb_leaves_in_fragments_of_at_most_that(size: int) -> None:
    payload = bytes(index % 26 + 97 for index in range(size))
    frames = _read_frames(encode_text(payload))
    assert b"".join(part for _, part in frames) == payload
    assert [head for head, _ in frames] == [0x01, *[0x00] * (len(frames) - 2), 0x80]
    assert max(len(part) for _, part in frames) <= 32768
    assert frames[-1][1]


def _read_frames(data: bytes) -> list[tuple[int, bytes]]:
    """Read unmasked frames of at most 64 KB."""
    frames = []
    while data:
        head, length = data[0], data[1]
        start = 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        frames.append((head, data[start : start + length]))
        data = data[start + length :]
    return frames


@pytest.mark.rule("DP-MGM-14")
def test_bytes_that_are_not_utf_8_leave_as_replacement_characters() -> None:
    assert encode_text(b"a\xffb") == b"\x81\x05a\xef\xbf\xbdb"
    assert encode_text("hé".encode()) == b"\x81\x03" + "hé".encode()


def test_a_close_frame_of_ours() -> None:
    assert encode_close(CloseCode.GOING_AWAY, "Going away") == b"\x88\x0c\x03\xe9Going away"


def test_a_long_close_reason_is_cut_at_a_character() -> None:
    written = encode_close(1000, "€" * 100)
    assert written[1] == 2 + 3 * 41
    assert written[4:].decode() == "€" * 41


def test_a_pong_has_its_pings_payload() -> None:
    assert encode_pong(b"abc") == b"\x8a\x03abc"


def test_the_mask_is_applied_at_every_offset() -> None:
    for size in range(10):
        payload = bytes(range(97, 97 + size))
        assert decode(frame(0x81, payload)) == [Event(Opcode.TEXT, payload)]
    assert len(MASK) == 4
