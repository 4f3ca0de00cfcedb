"""What one listener allows: sizes, counts and times, each with its reason.

AWS's own numbers are the defaults where AWS has one. The others bound what a stranger can make us
keep or wait for.
"""

from dataclasses import dataclass

from routekey.quotas import (
    FRAME_BYTES_MAX,
    HEADER_BYTES_MAX,
    MESSAGE_BYTES_MAX,
    URL_CHARACTERS_MAX,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The limits of a listener. All sizes are in bytes, all times in seconds."""

    url_characters_max: int = URL_CHARACTERS_MAX
    """A longer request target is a 414 (DP-URL-04)."""
    head_bytes_max: int = HEADER_BYTES_MAX
    """Request line and headers together; more is a 431 (DP-EVT-21)."""
    header_count_max: int = 100
    """More is a 431. Precedent: Apache's LimitRequestFields; browsers send about 15."""
    body_bytes_max: int = MESSAGE_BYTES_MAX
    """What lies above is dropped as it arrives: the request is then marked (DP-MGM-09)."""
    dropped_bytes_max: int = 8 * 1024 * 1024
    """How much of an oversized body is read to keep the connection: a Lambda's largest result."""
    pipelined_bytes_max: int = 64 * 1024
    """What may wait behind a request that has no answer yet: one large read. Then we stop reading,
    and the client's own buffers fill."""

    frame_bytes_max: int = FRAME_BYTES_MAX
    """Payload of one frame of a client (DP-LIM-03, DP-UNK-16)."""
    message_bytes_max: int = MESSAGE_BYTES_MAX
    """Payload of one message of a client, all its fragments together."""
    accepts_binary: bool = False
    """AWS never does (DP-LIM-05); conformance suites need it."""
    replaces_invalid_text: bool = False
    """Whether text that is not UTF-8 becomes U+FFFD, instead of closing with 1007 (DP-UNK-17)."""
    send_buffer_bytes_max: int = 8 * MESSAGE_BYTES_MAX
    """What may wait for a client that reads slowly: eight of the largest messages, 1 MiB. A sender
    above it is refused (DP-MGM-09)."""

    head_seconds_max: float = 10
    """From the first byte, or from the TCP connection, to a whole request head; TLS included."""
    body_seconds_max: float = 30
    """From the head of a request to the end of its body: 128 KiB at 35 kbit/s."""
    keep_alive_seconds_max: float = 75
    """How long an HTTP connection may wait for its next request. Precedent: nginx."""
    answer_seconds_max: float = 120
    """A net below the application, whose slowest answer (authorizer and `$connect`) takes 58."""
    close_seconds_max: float = 5
    """How long we wait for the other half of a close. Precedent: nginx's lingering_timeout."""
    stall_seconds_max: float = 30
    """How long a client's send buffer may stay full before its connection is dropped."""
    tick_seconds: float = 1
    """How coarse the timer is; a deadline is met up to two ticks late, never early."""
