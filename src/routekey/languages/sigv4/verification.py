"""Whether a request was signed by whom it says, for us, a moment ago.

The order of the checks is that of AWS's services: form, date, scope, key, token, signature. Nothing
that costs is done for a caller whose key is unknown, and two signatures are compared in constant
time.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Final, NamedTuple, TypeVar

from routekey.clock import format_amz_date
from routekey.errors import (
    ExpiredTokenException,
    InvalidSignatureException,
    UnrecognizedClientException,
)
from routekey.languages.sigv4.canonical import (
    UNSIGNED_PAYLOAD,
    canonical_query,
    canonical_request,
)
from routekey.languages.sigv4.claim import ALGORITHM, Claim, read_claim
from routekey.languages.sigv4.request import Secret, SignedRequest, fold_headers
from routekey.languages.sigv4.signing_key import TERMINATOR

WINDOW_SECONDS: Final = 5 * 60
"""How far a client's clock may be off, either way. Source: SEC-SKEW-01."""

_SECONDS_A_MINUTE = 60

SecretT = TypeVar("SecretT", bound=Secret)


class Signature(NamedTuple):
    """A signed request with what it says of its signature: well-formed, and not verified."""

    request: SignedRequest
    headers: dict[str, str]
    """Folded."""
    claim: Claim

    @property
    def access_key_id(self) -> str:
        """The key that it names."""
        return self.claim.signer.access_key_id


def read_signature(request: SignedRequest) -> Signature:
    """Read a request's signature, without a check of anything but its form.

    Args:
        request: as it was on the wire. The host that counts is its `Host` header (SEC-SIG-06).

    Raises:
        MissingAuthenticationTokenException: the request is not signed.
        IncompleteSignatureException: the signature lacks a part, or one is malformed.
        InvalidSignatureException: it is signed twice, or without its host.
    """
    headers = fold_headers(request)
    return Signature(request, headers, read_claim(request, headers))


def verify(
    signature: Signature,
    *,
    region: str | None,
    service: str,
    now_ms: int,
    find: Callable[[str], SecretT | None],
) -> SecretT:
    """Check a request's signature and tell whose it is.

    Args:
        signature: read by `read_signature`.
        region: where the request has to be for; None takes any.
        service: the signing name, `execute-api` for connections and callbacks.
        now_ms: the time, in milliseconds since 1970.
        find: gives the secret of an access key, None where nobody has it.

    Returns:
        What `find` gave.

    Raises:
        InvalidSignatureException: the signature is wrong, outside its time, or not for us.
        UnrecognizedClientException: nobody has this key, or not with this session token.
        ExpiredTokenException: the session token has run out.

    Source: SEC-SIG-01 to SEC-SIG-10, SEC-PRE-01 to SEC-PRE-05, SEC-ERR-01 to SEC-ERR-08.
    """
    claim = signature.claim
    _check_time(claim, now_ms)
    _check_scope(claim, region, service)
    secret = find(claim.signer.access_key_id)
    if secret is None:
        raise UnrecognizedClientException
    _check_token(claim, secret, now_ms)
    _check_signature(signature.request, signature.headers, claim, secret)
    return secret


def _check_time(claim: Claim, now_ms: int) -> None:
    """Refuse what was signed too long ago or in the future. Source: SEC-ERR-05, SEC-ERR-06."""
    good_for = WINDOW_SECONDS if claim.expires_seconds is None else claim.expires_seconds
    now_ms -= now_ms % 1000  # stamps have whole seconds
    if claim.signed_ms < now_ms - good_for * 1000:
        raise InvalidSignatureException(
            f"Signature expired: {claim.stamp} is now earlier than "
            f"{format_amz_date(now_ms - good_for * 1000)} "
            f"({format_amz_date(now_ms)} - {_format_span(good_for)})"
        )
    if claim.signed_ms > now_ms + WINDOW_SECONDS * 1000:
        raise InvalidSignatureException(
            f"Signature not yet current: {claim.stamp} is still later than "
            f"{format_amz_date(now_ms + WINDOW_SECONDS * 1000)} "
            f"({format_amz_date(now_ms)} + {_format_span(WINDOW_SECONDS)})"
        )


def _format_span(seconds: int) -> str:
    if seconds % _SECONDS_A_MINUTE:
        return f"{seconds} sec."
    return f"{seconds // _SECONDS_A_MINUTE} min."


def _check_scope(claim: Claim, region: str | None, service: str) -> None:
    """Refuse what was signed for another place. Source: SEC-ERR-08."""
    signer = claim.signer
    wrong = []
    if region is not None and signer.region != region:
        wrong.append(f"Credential should be scoped to a valid region, not '{signer.region}'.")
    if signer.service != service:
        wrong.append(f"Credential should be scoped to correct service: '{service}'.")
    if signer.terminator != TERMINATOR:
        wrong.append(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', "
            f"not '{signer.terminator}'."
        )
    if not claim.stamp.startswith(signer.date) or len(signer.date) != len("yyyymmdd"):
        wrong.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            f"HTTP: '{signer.date}' != '{claim.stamp[:8]}', from '{claim.stamp}'."
        )
    if wrong:
        raise InvalidSignatureException(" ".join(wrong))


def _check_token(claim: Claim, secret: Secret, now_ms: int) -> None:
    """Refuse temporary keys without their token, and tokens that have run out."""
    sent, expected = claim.session_token, secret.session_token
    if (sent is None) != (expected is None):
        raise UnrecognizedClientException
    if (
        sent is not None
        and expected is not None
        and not hmac.compare_digest(_encode(sent.strip()), expected.encode())
    ):
        raise UnrecognizedClientException
    if secret.expires_ms is not None and secret.expires_ms <= now_ms:
        raise ExpiredTokenException


def _check_signature(
    request: SignedRequest, headers: dict[str, str], claim: Claim, secret: Secret
) -> None:
    signer = claim.signer
    canonical = canonical_request(
        request.method,
        request.path,
        canonical_query(request.query, is_presigned=claim.is_presigned) if request.query else "",
        headers,
        signer.signed_headers,
        _payload_hash(request.body, headers),
    )
    to_sign = (
        f"{ALGORITHM}\n{claim.stamp}\n"
        f"{signer.date}/{signer.region}/{signer.service}/{TERMINATOR}\n"
        f"{sha256(_encode(canonical)).hexdigest()}"
    )
    key = secret.find_signing_key(signer.date, signer.region, signer.service)
    if key is None:
        raise UnrecognizedClientException
    expected = hmac.digest(key, _encode(to_sign), "sha256").hex()
    if not hmac.compare_digest(expected.encode(), _encode(claim.signature)):
        # AWS shows its own texts, which hold nothing that the caller did not send.
        raise InvalidSignatureException(
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.\n\n"
            f"The Canonical String for this request should have been\n'{canonical}'\n\n"
            f"The String-to-Sign should have been\n'{to_sign}'\n"
        )


def _payload_hash(body: bytes, headers: dict[str, str]) -> str:
    """Choose what stands for the body in the canonical request.

    It is the hash of the body that came, whatever hash a header claims. `UNSIGNED-PAYLOAD` is taken
    at its word: it is signed itself, so only the owner of the key can have chosen it. The streaming
    forms frame the body in signed chunks, which only S3 takes off again: they are refused. Our
    choice; AWS's is not known for this service.
    """
    declared = headers.get("x-amz-content-sha256", "")
    if declared == UNSIGNED_PAYLOAD:
        return UNSIGNED_PAYLOAD
    if declared.startswith("STREAMING-"):
        raise InvalidSignatureException(
            "The payload form in x-amz-content-sha256 is not supported by this service."
        )
    return sha256(body).hexdigest()


def _encode(text: str) -> bytes:
    """Make bytes of a request's text, as botocore and the JS SDK do before they hash it.

    The wire gives latin-1, which has no surrogates; a caller that passes some gets a refusal and no
    crash.
    """
    return text.encode(errors="surrogatepass")
