"""What a Lambda proxy answers: an object of five known members, and nothing else.

The same reading serves handshakes and messages. They differ in what a missing `statusCode` means
(an error on `$connect`, 200 elsewhere), and in what becomes of the parts. Source: DP-INT-16 to -22.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Final

import msgspec

from routekey.choices import Choices
from routekey.errors import IntegrationFailure
from routekey.gateway.ports import LambdaOutcome
from routekey.languages.json_text import parse_json

_MEMBERS: Final = frozenset(
    {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
)
"""Any other member makes the answer malformed. Source: DP-INT-20."""
_OK: Final = 200
_BAD_GATEWAY: Final = 502
_STATUSES: Final = range(200, 600)
"""A function cannot answer 1xx: the gateway alone switches protocols (DP-HSK-07)."""
_STATUS_DIGITS: Final = 3
_FAILURE_CHARACTERS_MAX: Final = 800
"""A refusal of AWS names the caller, the action, the resource and the reason: 500, say."""
_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FORBIDDEN_IN_VALUE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What HTTP cannot carry: RFC 9110, 5.1 and 5.5."""

_decode = msgspec.json.Decoder().decode


class ProxyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a Lambda proxy answered, checked."""

    status: int
    headers: Mapping[str, tuple[str, ...]]
    """By lower-case name."""
    body: bytes | None


def read_proxy_answer(outcome: LambdaOutcome, choices: Choices, *, is_connect: bool) -> ProxyAnswer:
    """Read a Lambda proxy's answer.

    Args:
        outcome: what the function gave back.
        choices: what counts as a status, and what becomes of base64 (DP-UNK-03, DP-UNK-11).
        is_connect: whether it answers a handshake. A missing `statusCode` is an error then, and
            means 200 elsewhere (DP-INT-21).

    Raises:
        IntegrationFailure: the function failed, or its answer is not of the proxy's form.
    """
    if outcome.function_error is not None:
        reason = f"the function failed: {describe_failure(outcome.payload)}"
        raise IntegrationFailure(reason, status=_BAD_GATEWAY)
    try:
        answer = _decode(outcome.payload)
    except (ValueError, RecursionError):
        raise _malformed("it is not JSON") from None
    if not isinstance(answer, dict):
        what = "nothing" if answer is None else f"a {type(answer).__name__}"
        raise _malformed(f"the function returned {what} instead of {{'statusCode': 200, …}}")
    if unknown := answer.keys() - _MEMBERS:
        raise _malformed(f"unknown member {min(unknown)!r}")
    return ProxyAnswer(
        status=_read_status(answer, choices, is_connect=is_connect),
        headers=_read_headers(answer),
        body=_read_body(answer, is_decoded=is_connect or choices.base64_reply == "decoded"),
    )


def peek_status(outcome: LambdaOutcome) -> int:
    """Tell the status that an answer claims, for metrics; 200 where it claims none."""
    answer = parse_json(outcome.payload)
    status = answer.get("statusCode") if isinstance(answer, dict) else None
    return status if isinstance(status, int) else 200


def describe_failure(payload: bytes) -> str:
    """Tell in one line how a function failed: `ValueError: bad thing`. Source: LAM-ERR-01 to -12.

    Only for the log: what a function says of itself is never sent to a client.
    """
    failure = parse_json(payload)
    if not isinstance(failure, dict):
        text = payload[: _FAILURE_CHARACTERS_MAX + 1].decode(errors="replace")
    else:
        text = f"{failure.get('errorType')}: {failure.get('errorMessage')}".replace("\n", " ")
    is_long = len(text) > _FAILURE_CHARACTERS_MAX
    return f"{text[:_FAILURE_CHARACTERS_MAX]}…" if is_long else text


def _read_status(answer: Mapping[str, object], choices: Choices, *, is_connect: bool) -> int:
    status = answer.get("statusCode")
    if status is None:
        missing = choices.missing_status_code if is_connect else _OK  # DP-UNK-03
        if missing == _OK:
            return _OK
        raise _malformed("it has no statusCode", missing)
    if isinstance(status, str) and choices.text_status_code == "number":  # DP-UNK-03
        is_number = len(status) == _STATUS_DIGITS and status.isascii() and status.isdigit()
        status = int(status) if is_number else status
    if isinstance(status, float) and status.is_integer():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or status not in _STATUSES:
        raise _malformed(f"it has the statusCode {status!r}")
    return status


def _read_headers(answer: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    collected: dict[str, tuple[str, ...]] = {}
    for member in ("headers", "multiValueHeaders"):
        headers = answer.get(member)
        if headers is None:
            continue
        if not isinstance(headers, dict):
            raise _malformed(f"{member} is not an object")
        for name, value in headers.items():
            values = value if isinstance(value, list) else [value]
            texts = tuple(_header_text(name, one) for one in values if one is not None)
            collected[name.lower()] = texts
    return collected


def _header_text(name: str, value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if not _NAME.fullmatch(name) or _FORBIDDEN_IN_VALUE.search(text):
        raise _malformed(f"the header {name!r} cannot be sent")
    return text


def _read_body(answer: Mapping[str, object], *, is_decoded: bool) -> bytes | None:
    body = answer.get("body")
    if body is None:
        return None
    if isinstance(body, dict | list):
        raise _malformed("body is an object, not a string")
    if not isinstance(body, str):
        return msgspec.json.encode(body)
    if answer.get("isBase64Encoded") is not True or not is_decoded:
        return body.encode()
    try:
        return b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed("body is not base64") from None


def _malformed(what: str, status: int = _BAD_GATEWAY) -> IntegrationFailure:
    reason = f"Malformed Lambda proxy response: {what}"
    return IntegrationFailure(reason, status=status, is_malformed=True)
