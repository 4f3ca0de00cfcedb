"""What a request says of its signature: who signed, when, for what, and over which headers.

Two spellings say the same: the `Authorization` header (SEC-SIG-01, SEC-PRE-05), and query
parameters for browsers, which cannot set headers on a WebSocket (SEC-PRE-01). Only the form is
checked here. The complaints are worded as AWS's services word them: SEC-ERR-07 gives the family,
the others were observed there and are inferred for `execute-api`.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import unquote_plus

from routekey.clock import format_amz_date
from routekey.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
)
from routekey.languages.sigv4.request import SignedRequest

ALGORITHM: Final = "AWS4-HMAC-SHA256"
EXPIRES_SECONDS_MAX: Final = 604_800

_SCOPE_PARTS = 5
_HEADER_PARAMETERS = ("Credential", "Signature", "SignedHeaders")
_QUERY_PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
)
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_EXPIRES = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The part of a claim that one client repeats in every request of a day."""

    access_key_id: str
    date: str
    """`yyyymmdd`."""
    region: str
    service: str
    terminator: str
    signed_headers: tuple[str, ...]
    """In the order in which they were signed, which is sorted; lower case, or nothing matches."""


class Claim(NamedTuple):
    """Who says to have signed a request. Nothing of it is proven."""

    signer: Signer
    stamp: str
    """The time of signing, `yyyymmddThhmmssZ`."""
    signed_ms: int
    """The same in milliseconds since 1970."""
    signature: str
    session_token: str | None
    is_presigned: bool = False
    expires_seconds: int | None = None
    """How long a presigned URL is good; None means the ordinary window (SEC-PRE-02)."""


def read_claim(request: SignedRequest, headers: Mapping[str, str]) -> Claim:
    """Read what a request says of its signature.

    Args:
        request: the request as it came.
        headers: its headers, folded.

    Raises:
        MissingAuthenticationTokenException: it is not signed at all (SEC-ERR-01).
        IncompleteSignatureException: a part is missing or malformed (SEC-ERR-07).
        InvalidSignatureException: it is signed twice, or without its host.
    """
    authorization = headers.get("authorization")
    if not authorization:
        parameters = _query_parameters(request.query) if "X-Amz-" in request.query else {}
        return _read_query(parameters, headers)
    if "X-Amz-Algorithm=" in request.query:
        raise InvalidSignatureException(
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
            "header."
        )
    return _read_header(authorization, headers)


def _read_header(authorization: str, headers: Mapping[str, str]) -> Claim:
    authorization = authorization.strip()
    prefix, _, signature = authorization.rpartition("Signature=")
    if signature.isalnum() and prefix.endswith((" ", ",")):
        try:
            signer = _parse_signer(prefix)
        except IncompleteSignatureException:
            _parse_authorization(authorization)  # complain of the whole header, not of its start
            raise
    else:  # the signature is not the last part, or there is none
        parts = _parse_authorization(authorization)
        signature = parts["Signature"]
        signer = _make_signer(parts["algorithm"], parts["Credential"], parts["SignedHeaders"])
    stamp = headers.get("x-amz-date")
    if stamp is None:
        stamp = _stamp_of_http_date(headers.get("date"))
    token = headers.get("x-amz-security-token")
    return Claim(signer, stamp, _parse_stamp(stamp), signature, token)


# One entry for each client process and day. Somebody hostile can wash it out, which costs the
# others a few microseconds; filled with the largest headers that there are it holds 10 MB.
@lru_cache(maxsize=1024)
def _parse_signer(prefix: str) -> Signer:
    parts = _parse_authorization(f"{prefix}Signature=follows")
    return _make_signer(parts["algorithm"], parts["Credential"], parts["SignedHeaders"])


def _parse_authorization(text: str) -> dict[str, str]:
    """Take the header apart. The text may be another scheme's token, so it is never echoed."""
    algorithm, *words = re.split(r"[, \t]+", text.strip(", \t"))
    parts: dict[str, str] = {}
    for word in words or (algorithm,):
        name, equals, value = word.partition("=")
        if not equals or name in parts:
            raise IncompleteSignatureException(
                "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with "
                f"SHA-256 and encoded with Base64): '{_digest(text)}'."
            )
        parts[name] = value
    missing = [
        f"Authorization header requires '{name}' parameter. "
        for name in _HEADER_PARAMETERS
        if not parts.get(name)
    ]
    if missing:
        raise IncompleteSignatureException(
            f"{''.join(missing)}(Hashed with SHA-256 and encoded with Base64) "
            f"Authorization={_digest(text)}"
        )
    return {**parts, "algorithm": algorithm}


def _make_signer(algorithm: str, credential: str, signed_headers: str) -> Signer:
    names = tuple(signed_headers.split(";"))
    if "host" not in names:
        raise InvalidSignatureException(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        )
    if algorithm != ALGORITHM:
        raise IncompleteSignatureException(
            f"Unsupported AWS 'algorithm': '{algorithm}' (only {ALGORITHM} for now). "
        )
    parts = credential.rstrip("/").split("/")
    if len(parts) != _SCOPE_PARTS:
        raise IncompleteSignatureException(
            f"Credential must have exactly {_SCOPE_PARTS} slash-delimited elements, e.g. "
            f"keyid/date/region/service/term, got '{credential}'"
        )
    access_key_id, date, region, service, terminator = parts
    return Signer(
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        terminator=terminator,
        signed_headers=names,
    )


def _query_parameters(query: str) -> dict[str, str]:
    """Decode the `X-Amz-` parameters.

    A doubled one is refused: of two, the signer and the verifier might each read the other.
    """
    parameters: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        key = unquote_plus(name)
        if not key.startswith("X-Amz-"):
            continue
        if key in parameters:
            raise IncompleteSignatureException(
                f"AWS query-string parameters must include '{key}' only once. "
                "Re-examine the query-string parameters."
            )
        parameters[key] = unquote_plus(value)
    return parameters


def _read_query(parameters: Mapping[str, str], headers: Mapping[str, str]) -> Claim:
    missing = [
        f"AWS query-string parameters must include '{name}'. "
        for name in _QUERY_PARAMETERS
        if not parameters.get(name)
    ]
    if len(missing) == len(_QUERY_PARAMETERS):
        raise MissingAuthenticationTokenException
    if missing:
        raise IncompleteSignatureException(
            f"{''.join(missing)}Re-examine the query-string parameters."
        )
    stamp = parameters["X-Amz-Date"]
    token = parameters.get("X-Amz-Security-Token", headers.get("x-amz-security-token"))
    return Claim(
        _make_signer(
            parameters["X-Amz-Algorithm"],
            parameters["X-Amz-Credential"],
            parameters["X-Amz-SignedHeaders"],
        ),
        stamp,
        _parse_stamp(stamp),
        parameters["X-Amz-Signature"],
        token,
        is_presigned=True,
        expires_seconds=_read_expires(parameters.get("X-Amz-Expires")),
    )


def _read_expires(text: str | None) -> int | None:
    if text is None:
        return None
    if _EXPIRES.fullmatch(text) is None or not 1 <= int(text) <= EXPIRES_SECONDS_MAX:
        raise IncompleteSignatureException(
            f"X-Amz-Expires must be a number of seconds between 1 and {EXPIRES_SECONDS_MAX}"
        )
    return int(text)


@lru_cache(maxsize=256)  # clients' seconds within the window; the rest of the world is refused
def _parse_stamp(stamp: str) -> int:
    if _STAMP.fullmatch(stamp) is not None:
        try:
            at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            pass  # there is no such day or hour
        else:
            return int(at.timestamp()) * 1000
    raise IncompleteSignatureException(
        f"Date must be in ISO-8601 'basic format'. Got '{stamp}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


def _stamp_of_http_date(date: str | None) -> str:
    """Write the `Date` header as a stamp: some clients cannot set `X-Amz-Date`."""
    if date is None:
        raise IncompleteSignatureException(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    for form in ("%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S -0000"):
        try:
            at = datetime.strptime(date.strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return format_amz_date(int(at.timestamp()) * 1000)
    return date.strip()  # a stamp after all, or a complaint about it


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode(errors="surrogatepass")).digest()).decode("ascii")
