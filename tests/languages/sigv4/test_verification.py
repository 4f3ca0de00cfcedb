"""Signatures made by botocore's own signer, and everything that can be wrong with one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import assume, given
from hypothesis import strategies as st

from routekey.clock import format_amz_date
from routekey.errors import (
    AwsException,
    ExpiredTokenException,
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)
from routekey.languages.sigv4 import SignedRequest, derive_signing_key, read_signature, verify

REGION, SERVICE = "eu-west-2", "execute-api"
HOST = "abc.execute-api.eu-west-2.amazonaws.com"
PUSH = "/dev/@connections/gbgZmm6Q1QAYKEjmMA%3D%3D"
MINUTE_MS = 60_000
JAVASCRIPT = json.loads(Path(__file__).with_name("javascript.json").read_text(encoding="utf-8"))


@dataclass(frozen=True, kw_only=True)
class Keys:
    access_key_id: str = "AKIAIOSFODNN7EXAMPLE"
    secret_access_key: str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    session_token: str | None = None
    expires_ms: int | None = None

    def find(self, access_key_id: str) -> "Keys | None":
        return self if access_key_id == self.access_key_id else None

    def find_signing_key(self, date: str, region: str, service: str) -> bytes:
        return derive_signing_key(self.secret_access_key, date, region, service)

    def for_botocore(self) -> Credentials:
        return Credentials(self.access_key_id, self.secret_access_key, self.session_token)


LASTING = Keys()
TEMPORARY = Keys(access_key_id="ASIAIOSFODNN7EXAMPLE", session_token="FwoGZXIvYXdz//EXAMPLE==")


def sign(
    keys: Keys = LASTING,
    *,
    method: str = "POST",
    target: str = PUSH,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"hello",
    region: str = REGION,
    service: str = SERVICE,
) -> SignedRequest:
    """Sign with botocore, by headers."""
    request = AWSRequest(method, f"https://{HOST}{target}", data=body)
    request.headers["Host"] = HOST
    for name, value in headers:
        request.headers[name] = value
    SigV4Auth(keys.for_botocore(), service, region).add_auth(request)
    path, _, query = target.partition("?")
    return SignedRequest(method, path, query, tuple(request.headers.items()), body)


def presign(
    keys: Keys = LASTING, *, target: str = "/dev", expires: int = 60
) -> tuple[SignedRequest, int]:
    """Sign with botocore, in the query; also tell the second in which that was."""
    request = AWSRequest("GET", f"https://{HOST}{target}", headers={"Host": HOST})
    SigV4QueryAuth(keys.for_botocore(), SERVICE, REGION, expires=expires).add_auth(request)
    path, _, query = str(request.url).removeprefix(f"https://{HOST}").partition("?")
    signed_ms = stamp_ms(request.context["timestamp"])
    return SignedRequest("GET", path, query, (("Host", HOST),), b""), signed_ms


def stamp_ms(stamp: str) -> int:
    at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return int(at.timestamp()) * 1000


def header(request: SignedRequest, name: str) -> str:
    (value,) = [v for n, v in request.headers if n.lower() == name.lower()]
    return value


def with_header(request: SignedRequest, name: str, value: str | None) -> SignedRequest:
    kept = tuple((n, v) for n, v in request.headers if n.lower() != name.lower())
    return request._replace(headers=kept if value is None else (*kept, (name, value)))


def accept(request: SignedRequest, keys: Keys = LASTING, *, now_ms: int | None = None) -> Keys:
    if now_ms is None:
        now_ms = stamp_ms(header(request, "X-Amz-Date"))
    return verify(
        read_signature(request), region=REGION, service=SERVICE, now_ms=now_ms, find=keys.find
    )


def refuse(
    kind: type[AwsException], request: SignedRequest, keys: Keys = LASTING, *, now_ms: int = 0
) -> str:
    if not now_ms:
        now_ms = stamp_ms(header(request, "X-Amz-Date"))
    with pytest.raises(kind) as caught:
        accept(request, keys, now_ms=now_ms)
    assert type(caught.value) is kind
    return str(caught.value.message)


def flip(text: str, at: int, bit: int) -> str:
    """Change one bit of one character."""
    at %= len(text)
    return f"{text[:at]}{chr(ord(text[at]) ^ (1 << bit))}{text[at + 1 :]}"


def canonical_of(request: SignedRequest, keys: Keys = LASTING) -> str:
    """Tell the canonical text that the verifier makes of a request, from its own complaint."""
    return refuse(InvalidSignatureException, request, replace(keys, secret_access_key="no"))


segments = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="?#/"), max_size=12
)
paths = st.lists(segments, max_size=5).map(lambda parts: "/" + "/".join(parts))
words = st.text(max_size=8).filter(str.isprintable)
queries = st.lists(st.tuples(words.filter(bool), words), max_size=4).filter(
    lambda pairs: not any(name.startswith("X-Amz-") for name, _ in pairs)
)
header_names = st.from_regex(r"x-[a-z][a-z0-9-]{0,10}", fullmatch=True).filter(
    lambda name: not name.startswith("x-amz")
)
header_values = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f\x85"),
    max_size=20,
)
headers_of_any_kind = st.lists(st.tuples(header_names, header_values), max_size=4)
methods = st.sampled_from(["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "QUERY"])


def encode_query(pairs: Sequence[tuple[str, str]]) -> str:
    return urlencode(pairs, quote_via=quote, safe="-_.~")


@pytest.mark.rule("SEC-SIG-01", "SEC-SIG-02", "SEC-SIG-03", "SEC-SIG-05", "DP-MGM-04")
@given(methods, paths, queries, headers_of_any_kind, st.binary(max_size=40), st.booleans())
def test_whatever_botocore_signs_is_accepted(
    method: str,
    path: str,
    query: list[tuple[str, str]],
    headers: list[tuple[str, str]],
    body: bytes,
    is_temporary: bool,
) -> None:
    keys = TEMPORARY if is_temporary else LASTING
    target = f"{path}?{encode_query(query)}" if query else path
    request = sign(keys, method=method, target=target, headers=headers, body=body)
    assert accept(request, keys) is keys


@pytest.mark.rule("SEC-SIG-05")
@given(queries.filter(bool))
def test_parameters_are_accepted_in_the_spelling_of_forms(query: list[tuple[str, str]]) -> None:
    """A space is signed as `%20` and sent as `+`."""
    request = AWSRequest("GET", f"https://{HOST}/dev", headers={"Host": HOST}, params=dict(query))
    SigV4Auth(LASTING.for_botocore(), SERVICE, REGION).add_auth(request)
    sent = request.prepare()
    path, _, raw = str(sent.url).removeprefix(f"https://{HOST}").partition("?")
    headers = tuple((name, str(value)) for name, value in request.headers.items())
    assert accept(SignedRequest("GET", path, raw, headers, b"")) is LASTING


def test_a_date_header_can_stand_for_the_stamp() -> None:
    request = sign(headers=[("Date", "now")])
    signed_ms = int(parsedate_to_datetime(header(request, "Date")).timestamp()) * 1000
    assert accept(request, now_ms=signed_ms) is LASTING


@pytest.mark.rule("SEC-PRE-01", "SEC-PRE-03", "SEC-PRE-04", "DP-AUT-13")
@given(paths, queries, st.integers(1, 604_800), st.booleans())
def test_whatever_botocore_presigns_is_accepted(
    path: str, query: list[tuple[str, str]], expires: int, is_temporary: bool
) -> None:
    keys = TEMPORARY if is_temporary else LASTING
    target = f"{path}?{encode_query(query)}" if query else path
    request, now_ms = presign(keys, target=target, expires=expires)
    assert accept(request, keys, now_ms=now_ms) is keys


@pytest.mark.rule("SEC-SIG-03", "SEC-SIG-05", "SEC-PRE-01", "DP-SUR-09")
@pytest.mark.parametrize("recorded", JAVASCRIPT, ids=[entry["who"] for entry in JAVASCRIPT])
def test_what_javascript_signs_is_accepted(recorded: dict[str, Any]) -> None:
    """Recorded from three signers, each told that it is 25 September 2026.

    They are the AWS SDK's (@smithy/signature-v4 5.7.5), aws4 1.13.2 and aws4fetch 1.0.20.
    """
    keys = replace(LASTING, session_token="to/ken+==")
    request = SignedRequest(
        recorded["method"],
        recorded["path"],
        recorded["query"],
        [(name, value) for name, value in recorded["headers"]],
        recorded["body"].encode(),
    )
    assert accept(request, keys, now_ms=stamp_ms("20260925T012515Z")) is keys


@given(
    st.sampled_from(["method", "path", "query", "body", "signature", "host", "x-own", "token"]),
    st.integers(0, 500),
    st.integers(0, 6),
    paths,
    st.binary(min_size=1, max_size=40),
)
def test_one_changed_bit_is_refused(part: str, at: int, bit: int, path: str, body: bytes) -> None:
    """Wherever it is: in the method, the target, a signed header, the body or the signature."""
    target = f"{path}?a=1&b=x%20y"
    signed = sign(TEMPORARY, target=target, headers=[("X-Own", "some value")], body=body)
    match part:
        case "method":
            changed = signed._replace(method=flip(signed.method, at, bit))
        case "path":
            changed = signed._replace(path=flip(signed.path, at, bit))
        case "query":
            changed = signed._replace(query=flip(signed.query, at, bit))
        case "body":
            changed = signed._replace(body=flip(body.decode("latin-1"), at, bit).encode("latin-1"))
        case _:
            names = {"signature": "Authorization", "token": "X-Amz-Security-Token"}
            name = names.get(part, part)
            changed = with_header(signed, name, flip(header(signed, name), at, bit))
    if part in {"path", "query"}:  # `/./` and `//` are one path, `+` and a space one query
        assume(canonical_of(changed, TEMPORARY) != canonical_of(signed, TEMPORARY))
    now_ms = stamp_ms(header(signed, "X-Amz-Date"))
    with pytest.raises(AwsException) as caught:
        accept(changed, TEMPORARY, now_ms=now_ms)
    assert caught.value.status == 403


@given(st.integers(0, 2000), st.integers(0, 6))
def test_one_changed_bit_of_a_presigned_query_is_refused(at: int, bit: int) -> None:
    signed, now_ms = presign(TEMPORARY, target="/dev?room=7")
    changed = signed._replace(query=flip(signed.query, at, bit))
    assume(parse_qsl(changed.query) != parse_qsl(signed.query))  # `%2f` is `%2F`
    with pytest.raises(AwsException):
        accept(changed, TEMPORARY, now_ms=now_ms)


@given(st.text(max_size=200), st.text(max_size=80), st.text(max_size=80))
def test_no_header_and_no_query_makes_it_fail_in_another_way(
    authorization: str, stamp: str, query: str
) -> None:
    """Every refusal is AWS's; nothing that was sent gets through to an exception of Python's."""
    headers = (("Authorization", authorization), ("X-Amz-Date", stamp), ("Host", HOST))
    for request in (
        SignedRequest("GET", "/", query, headers, b""),
        SignedRequest("GET", "/", f"X-Amz-Date={query}&{query}", (), b""),
    ):
        with pytest.raises(AwsException):
            verify(
                read_signature(request), region=REGION, service=SERVICE, now_ms=0, find=LASTING.find
            )


@pytest.mark.rule("SEC-SIG-03", "DP-MGM-02", "DP-SUR-09")
@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/dev/@connections/abc%3D", "/dev/%40connections/abc%253D"),
        ("/test/@connections/atntqfjloAMCECg=", "/test/%40connections/atntqfjloAMCECg%3D"),
        ("/dev/%40connections/abc%3D", "/dev/%2540connections/abc%253D"),
    ],
)
def test_the_path_is_encoded_once_as_it_was_sent(path: str, canonical: str) -> None:
    request = sign(target=path)
    assert accept(request) is LASTING
    assert f"'POST\n{canonical}\n\n" in canonical_of(request)


@pytest.mark.rule("SEC-SIG-10", "SEC-ERR-02", "SEC-SIG-04")
def test_a_wrong_signature_is_answered_with_both_texts() -> None:
    request = with_header(sign(body=b""), "Authorization", header(sign(body=b"x"), "Authorization"))
    stamp = header(request, "X-Amz-Date")
    message = refuse(InvalidSignatureException, request)
    start, _, digest_on = message.rpartition(f"{stamp[:8]}/{REGION}/{SERVICE}/aws4_request\n")
    assert start == (
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details."
        "\n\nThe Canonical String for this request should have been\n"
        "'POST\n/dev/%40connections/gbgZmm6Q1QAYKEjmMA%253D%253D\n\n"
        f"host:{HOST}\nx-amz-date:{stamp}\n\nhost;x-amz-date\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'\n\n"
        f"The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n{stamp}\n"
    )
    assert len(digest_on) == 64 + len("'\n")


@pytest.mark.rule("SEC-ERR-01")
@pytest.mark.parametrize("query", ["", "room=7", "X-Amz-Meta=1"])
def test_an_unsigned_request_is_told_so(query: str) -> None:
    request = SignedRequest("GET", "/dev", query, (("Host", HOST),), b"")
    assert refuse(MissingAuthenticationTokenException, request, now_ms=1) == (
        "Missing Authentication Token"
    )


@pytest.mark.rule("SEC-ERR-03")
def test_an_unknown_key_is_refused() -> None:
    message = refuse(UnrecognizedClientException, sign(replace(LASTING, access_key_id="AKIAOTHER")))
    assert message == "The security token included in the request is invalid."


@pytest.mark.rule("SEC-ERR-03")
@pytest.mark.parametrize("token", [None, "", "another"])
def test_temporary_keys_need_their_token(token: str | None) -> None:
    request = with_header(sign(TEMPORARY), "X-Amz-Security-Token", token)
    refuse(UnrecognizedClientException, request, TEMPORARY)


@pytest.mark.rule("SEC-ERR-03")
def test_lasting_keys_take_no_token() -> None:
    request = with_header(sign(), "X-Amz-Security-Token", "some")
    refuse(UnrecognizedClientException, request)


@pytest.mark.rule("SEC-ERR-04")
def test_a_token_that_has_run_out_is_told_so() -> None:
    request = sign(TEMPORARY)
    now_ms = stamp_ms(header(request, "X-Amz-Date"))
    accept(request, replace(TEMPORARY, expires_ms=now_ms + 1))
    message = refuse(ExpiredTokenException, request, replace(TEMPORARY, expires_ms=now_ms))
    assert message == "The security token included in the request is expired"


@pytest.mark.rule("SEC-SKEW-01", "SEC-ERR-05")
def test_a_signature_is_good_for_five_minutes() -> None:
    request = sign()
    stamp = header(request, "X-Amz-Date")
    signed_ms = stamp_ms(stamp)
    accept(request, now_ms=signed_ms + 5 * MINUTE_MS + 999)
    now_ms = signed_ms + 5 * MINUTE_MS + 1000
    assert refuse(InvalidSignatureException, request, now_ms=now_ms) == (
        f"Signature expired: {stamp} is now earlier than "
        f"{format_amz_date(signed_ms + 1000)} ({format_amz_date(now_ms)} - 5 min.)"
    )


@pytest.mark.rule("SEC-SKEW-01", "SEC-ERR-06")
def test_a_signature_from_the_future_is_refused_after_five_minutes() -> None:
    request = sign()
    stamp = header(request, "X-Amz-Date")
    signed_ms = stamp_ms(stamp)
    accept(request, now_ms=signed_ms - 5 * MINUTE_MS)
    now_ms = signed_ms - 5 * MINUTE_MS - 1000
    assert refuse(InvalidSignatureException, request, now_ms=now_ms) == (
        f"Signature not yet current: {stamp} is still later than "
        f"{format_amz_date(signed_ms - 1000)} ({format_amz_date(now_ms)} + 5 min.)"
    )


@pytest.mark.rule("SEC-PRE-02")
@pytest.mark.parametrize(("expires", "span"), [(60, "1 min."), (90, "90 sec.")])
def test_a_presigned_url_is_good_for_as_long_as_it_says(expires: int, span: str) -> None:
    request, signed_ms = presign(expires=expires)
    accept(request, now_ms=signed_ms + expires * 1000)
    message = refuse(InvalidSignatureException, request, now_ms=signed_ms + expires * 1000 + 1000)
    assert message.endswith(f" - {span})")


@pytest.mark.rule("SEC-ERR-08")
@pytest.mark.parametrize(
    ("region", "service", "message"),
    [
        ("mars", SERVICE, "Credential should be scoped to a valid region, not 'mars'."),
        (REGION, "s3", "Credential should be scoped to correct service: 'execute-api'."),
    ],
)
def test_a_signature_for_another_place_is_refused(region: str, service: str, message: str) -> None:
    request = sign(region=region, service=service)
    assert refuse(InvalidSignatureException, request) == message


def test_the_scope_must_be_of_the_day_of_the_stamp_and_end_as_it_does() -> None:
    request = sign()
    stamp = header(request, "X-Amz-Date")
    authorization = header(request, "Authorization").replace(
        f"/{stamp[:8]}/{REGION}/{SERVICE}/aws4_request", f"/2/{REGION}/{SERVICE}/aws5_request"
    )
    message = refuse(
        InvalidSignatureException, with_header(request, "Authorization", authorization)
    )
    assert message == (
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. "
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        f"HTTP: '2' != '{stamp[:8]}', from '{stamp}'."
    )


def test_any_region_will_do_where_none_is_asked_for() -> None:
    request = sign(region="mars")
    now_ms = stamp_ms(header(request, "X-Amz-Date"))
    found = verify(
        read_signature(request), region=None, service=SERVICE, now_ms=now_ms, find=LASTING.find
    )
    assert found is LASTING


def test_a_body_that_is_left_unsigned_is_taken_when_the_signature_says_so() -> None:
    request = sign(headers=[("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD")])
    assert accept(request._replace(body=b"another")) is LASTING


def test_a_declared_hash_does_not_stand_in_for_that_of_the_body() -> None:
    declared = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # of "hello"
    request = sign(headers=[("X-Amz-Content-SHA256", declared)], body=b"hello")
    assert accept(request) is LASTING
    refuse(InvalidSignatureException, request._replace(body=b"jello"))


def test_chunks_with_signatures_of_their_own_are_refused() -> None:
    request = sign(headers=[("X-Amz-Content-SHA256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")])
    message = refuse(InvalidSignatureException, request)
    assert message == "The payload form in x-amz-content-sha256 is not supported by this service."


def test_a_header_that_was_signed_and_got_lost_breaks_the_signature() -> None:
    request = with_header(sign(headers=[("X-Own", "")]), "X-Own", None)
    refuse(InvalidSignatureException, request)


def test_the_key_can_be_read_without_a_check() -> None:
    assert read_signature(sign(TEMPORARY)).access_key_id == TEMPORARY.access_key_id
    with pytest.raises(IncompleteSignatureException):
        read_signature(with_header(sign(), "Authorization", "Bearer x"))


def test_keys_that_sign_nothing_here_are_unknown() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Sealed:
        session_token: str | None = None
        expires_ms: int | None = None

        def find_signing_key(self, date: str, region: str, service: str) -> bytes | None:
            known = {("20200101", REGION, SERVICE): b"of another day"}
            return known.get((date, region, service))

    keys = {LASTING.access_key_id: Sealed()}
    request = sign()
    now_ms = stamp_ms(header(request, "X-Amz-Date"))
    with pytest.raises(UnrecognizedClientException):
        verify(
            read_signature(request), region=REGION, service=SERVICE, now_ms=now_ms, find=keys.get
        )
