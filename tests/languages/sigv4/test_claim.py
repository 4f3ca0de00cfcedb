"""What is wrong with the form of a signature, in AWS's words."""

from base64 import b64encode
from hashlib import sha256

import pytest

from routekey.errors import (
    AwsException,
    IncompleteSignatureException,
    InvalidSignatureException,
)
from routekey.languages.sigv4.claim import Claim, read_claim
from routekey.languages.sigv4.request import SignedRequest, fold_headers

CREDENTIAL = "Credential=AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request"
WHOLE = f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature=5f"
STAMP = "20150830T123600Z"
QUERY = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": "AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fexecute-api%2Faws4_request",
    "X-Amz-Date": STAMP,
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Signature": "5f",
}


def read(authorization: str = "", query: str = "", **headers: str) -> Claim:
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    if authorization:
        fields.append(("Authorization", authorization))
    request = SignedRequest("GET", "/", query, fields, b"")
    return read_claim(request, fold_headers(request))


def complaint(
    kind: type[AwsException], authorization: str = "", query: str = "", **headers: str
) -> str:
    with pytest.raises(kind) as caught:
        read(authorization, query, **headers)
    return str(caught.value.message)


def digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def join(parameters: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in parameters.items())


@pytest.mark.parametrize(
    "authorization",
    [
        WHOLE,
        f"AWS4-HMAC-SHA256 Signature=5f, {CREDENTIAL}, SignedHeaders=host;x-amz-date",
        f"AWS4-HMAC-SHA256 {CREDENTIAL},SignedHeaders=host;x-amz-date,Signature=5f",
        f"  AWS4-HMAC-SHA256  {CREDENTIAL}  SignedHeaders=host;x-amz-date  Signature=5f ",
    ],
)
def test_the_parts_may_come_in_any_order_and_spacing(authorization: str) -> None:
    claim = read(authorization, X_Amz_Date=STAMP)
    signer = claim.signer
    assert (signer.access_key_id, signer.date) == ("AKIDEXAMPLE", "20150830")
    assert (signer.region, signer.service) == ("us-east-1", "execute-api")
    assert signer.signed_headers == ("host", "x-amz-date")
    assert (claim.signature, claim.stamp) == ("5f", STAMP)
    assert not claim.is_presigned


@pytest.mark.rule("SEC-ERR-07")
@pytest.mark.parametrize(
    ("authorization", "missing"),
    [
        ("AWS4-HMAC-SHA256 Signature=5f", ("Credential", "SignedHeaders")),
        (f"AWS4-HMAC-SHA256 {CREDENTIAL}", ("Signature", "SignedHeaders")),
        (f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders=host, Signature=", ("Signature",)),
        ("Basic dXNlcjpwYXNz=", ("Credential", "Signature", "SignedHeaders")),
    ],
)
def test_what_is_missing_is_listed(authorization: str, missing: tuple[str, ...]) -> None:
    listed = "".join(f"Authorization header requires '{name}' parameter. " for name in missing)
    assert complaint(IncompleteSignatureException, authorization, X_Amz_Date=STAMP) == (
        f"{listed}(Hashed with SHA-256 and encoded with Base64) "
        f"Authorization={digest(authorization)}"
    )


@pytest.mark.rule("SEC-ERR-07")
@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer a-secret-token",
        "garbage",
        f"{WHOLE}, {CREDENTIAL}",
        f"AWS4-HMAC-SHA256 {CREDENTIAL}, word, Signature=5f",
    ],
)
def test_the_token_of_another_scheme_is_never_echoed(authorization: str) -> None:
    message = complaint(IncompleteSignatureException, authorization, X_Amz_Date=STAMP)
    assert message == (
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 "
        f"and encoded with Base64): '{digest(authorization)}'."
    )


def test_another_algorithm_is_refused() -> None:
    authorization = WHOLE.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")
    assert complaint(IncompleteSignatureException, authorization, X_Amz_Date=STAMP) == (
        "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). "
    )


@pytest.mark.parametrize("credential", ["AKID", "a/b/c/d", "a/b/c/d/e/f"])
def test_a_credential_has_five_elements(credential: str) -> None:
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=5f"
    assert complaint(IncompleteSignatureException, authorization, X_Amz_Date=STAMP) == (
        "Credential must have exactly 5 slash-delimited elements, e.g. "
        f"keyid/date/region/service/term, got '{credential}'"
    )


def test_the_host_must_be_signed() -> None:
    authorization = WHOLE.replace("SignedHeaders=host;", "SignedHeaders=")
    assert complaint(InvalidSignatureException, authorization, X_Amz_Date=STAMP) == (
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    )


@pytest.mark.parametrize("stamp", ["", "2015", "20150830T123600", "20151330T123600Z", "x" * 9000])
def test_a_date_is_in_basic_format(stamp: str) -> None:
    assert complaint(IncompleteSignatureException, WHOLE, X_Amz_Date=stamp) == (
        f"Date must be in ISO-8601 'basic format'. Got '{stamp}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


@pytest.mark.parametrize(
    "date",
    ["Sun, 30 Aug 2015 12:36:00 GMT", "Sun, 30 Aug 2015 12:36:00 -0000", "20150830T123600Z"],
)
def test_the_date_header_will_do(date: str) -> None:
    assert read(WHOLE, Date=date).stamp == STAMP


def test_a_date_there_must_be() -> None:
    assert complaint(IncompleteSignatureException, WHOLE) == (
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    )
    assert "Got 'noon'" in complaint(IncompleteSignatureException, WHOLE, Date="noon")


@pytest.mark.rule("SEC-PRE-02")
def test_a_presigned_query_is_read() -> None:
    claim = read(query=join({**QUERY, "X-Amz-Security-Token": "a%2Fb"}))
    assert claim.is_presigned
    assert (claim.session_token, claim.expires_seconds) == ("a/b", None)
    assert claim.signer.signed_headers == ("host",)


def test_the_token_of_a_presigned_query_may_be_a_header() -> None:
    assert read(query=join(QUERY), X_Amz_Security_Token="t").session_token == "t"


@pytest.mark.parametrize("name", QUERY)
def test_a_presigned_query_is_complete(name: str) -> None:
    rest = join({key: value for key, value in QUERY.items() if key != name})
    assert complaint(IncompleteSignatureException, query=rest) == (
        f"AWS query-string parameters must include '{name}'. "
        "Re-examine the query-string parameters."
    )


def test_a_doubled_parameter_is_refused() -> None:
    query = f"{join(QUERY)}&X-Amz-Date={STAMP}"
    message = complaint(IncompleteSignatureException, query=query)
    assert message.startswith("AWS query-string parameters must include 'X-Amz-Date' only once. ")


@pytest.mark.rule("SEC-PRE-02")
@pytest.mark.parametrize("expires", ["", "0", "-1", "604801", "9" * 5000, "1.5", "soon", "٣"])
def test_a_lifetime_is_between_a_second_and_a_week(expires: str) -> None:
    message = complaint(
        IncompleteSignatureException, query=join({**QUERY, "X-Amz-Expires": expires})
    )
    assert message == "X-Amz-Expires must be a number of seconds between 1 and 604800"


@pytest.mark.rule("SEC-PRE-02")
@pytest.mark.parametrize("expires", [1, 604_800])
def test_the_longest_and_the_shortest_lifetime(expires: int) -> None:
    assert read(query=join({**QUERY, "X-Amz-Expires": str(expires)})).expires_seconds == expires


def test_two_signatures_are_one_too_many() -> None:
    assert complaint(InvalidSignatureException, WHOLE, join(QUERY), X_Amz_Date=STAMP) == (
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
    )
