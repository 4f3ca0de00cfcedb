"""AWS's published test vectors, and the spellings that mean the same."""

from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from routekey.languages.sigv4 import SignedRequest, derive_signing_key, read_signature, verify
from routekey.languages.sigv4.canonical import canonical_path, canonical_query

UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
FORM = "application/x-www-form-urlencoded"
FORM_DIGEST = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"
SIGNED_AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


class Vector(NamedTuple):
    """One request of the signing test suite that AWS's SDKs share, as it goes over the wire."""

    name: str
    signature: str
    target: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    signed_headers: str = "host;x-amz-date"
    method: str = "GET"
    body: bytes = b""
    token: str | None = None


def utf8(text: str) -> str:
    """Write text as the wire gives it: the bytes of UTF-8, one character each."""
    return text.encode().decode("latin-1")


MINE = "host;my-header1;x-amz-date"
VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
VECTORS = [
    Vector("get-vanilla", VANILLA),
    Vector("get-relative-relative-normalized", VANILLA, "/example1/example2/../.."),
    Vector(
        "get-slash-pointless-dot-normalized",
        "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
        "/./example",
    ),
    Vector(
        "get-slashes-normalized",
        "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
        "//example//",
    ),
    Vector(
        "get-space-normalized",
        "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
        "/example space/",
    ),
    Vector(
        "get-unreserved",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        f"/{UNRESERVED}",
    ),
    Vector(
        "get-utf8",
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
        utf8("/ሴ"),
    ),
    Vector(
        "get-vanilla-utf8-query",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        utf8("/?ሴ=bar"),
    ),
    Vector(
        "get-vanilla-query-unreserved",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        f"/?{UNRESERVED}={UNRESERVED}",
    ),
    Vector(
        "get-vanilla-query-order-key-case",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        "/?Param2=value2&Param1=value1",
    ),
    Vector(
        "get-vanilla-query-order-encoded",
        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
        "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
    ),
    Vector(
        "get-header-key-duplicate",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        headers=(("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")),
        signed_headers=MINE,
    ),
    Vector(
        "get-header-value-order",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
        headers=tuple(("My-Header1", f"value{number}") for number in (4, 1, 3, 2)),
        signed_headers=MINE,
    ),
    Vector(
        "get-header-value-trim",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        headers=(("My-Header1", " value1"), ("My-Header2", ' "a   b   c"')),
        signed_headers="host;my-header1;my-header2;x-amz-date",
    ),
    Vector(
        "get-vanilla-with-session-token",
        "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
        headers=(("X-Amz-Security-Token", TOKEN),),
        signed_headers="host;x-amz-date;x-amz-security-token",
        token=TOKEN,
    ),
    Vector(
        "post-vanilla",
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        method="POST",
    ),
    Vector(
        "post-x-www-form-urlencoded",
        "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
        method="POST",
        headers=(
            ("Content-Type", FORM),
            ("Content-Length", "13"),
            ("x-amz-content-sha256", FORM_DIGEST),
        ),
        signed_headers="content-length;content-type;host;x-amz-content-sha256;x-amz-date",
        body=b"Param1=value1",
    ),
]


class Example(NamedTuple):
    """The keys of the suite."""

    secret_access_key: str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    session_token: str | None = None
    expires_ms: int | None = None

    def find_signing_key(self, date: str, region: str, service: str) -> bytes:
        return derive_signing_key(self.secret_access_key, date, region, service)


def check(request: SignedRequest, keys: Example) -> Example:
    return verify(
        read_signature(request),
        region="us-east-1",
        service="service",
        now_ms=int(SIGNED_AT.timestamp()) * 1000,
        find={"AKIDEXAMPLE": keys}.get,
    )


@pytest.mark.rule("SEC-SIG-02", "SEC-SIG-05")
@pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
def test_the_published_vectors_are_accepted(vector: Vector) -> None:
    path, _, query = vector.target.partition("?")
    authorization = (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={vector.signed_headers}, Signature={vector.signature}"
    )
    headers = (
        ("Host", "example.amazonaws.com"),
        *vector.headers,
        ("Authorization", authorization),
        ("X-Amz-Date", "20150830T123600Z"),
    )
    keys = Example(session_token=vector.token)
    request = SignedRequest(vector.method, path, query, headers, vector.body)
    assert check(request, keys) is keys


@pytest.mark.rule("SEC-PRE-01")
@pytest.mark.parametrize(
    ("own", "signature"),
    [
        ("", "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"),
        (
            "Param1=value1&",
            "49096700cbbaa5753443850f40df10f904fc2fdb544dc9512203cc77c471a9de",
        ),
        (
            "Param-3=Value3&Param=Value2&%E1%88%B4=Value1&",
            "c5f1848ceec943ac2ca68ee720460c23aaae30a2300586597ada94c4a65e4787",
        ),
    ],
    ids=["get-vanilla-query", "get-vanilla-empty-query-key", "get-vanilla-query-order-encoded"],
)
def test_the_published_presigned_vectors_are_accepted(own: str, signature: str) -> None:
    query = (
        f"{own}X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request"
        "&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Expires=3600"
        f"&X-Amz-Signature={signature}"
    )
    request = SignedRequest("GET", "/", query, (("Host", "example.amazonaws.com"),), b"")
    keys = Example()
    assert check(request, keys) is keys


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("", "/"),
        ("/", "/"),
        ("/.", "/"),
        ("/..", "/"),
        ("/a/..", "/"),
        ("/a/../", "/"),
        ("/a/./b/", "/a/b/"),
        ("/.hidden/a.b", "/.hidden/a.b"),
        ("/~a-b_c.d", "/~a-b_c.d"),
        ("/€", "/%3F"),  # cannot come off the wire, and must not fail
    ],
)
def test_paths_in_canonical_form(path: str, canonical: str) -> None:
    assert canonical_path(path) == canonical


@pytest.mark.rule("SEC-SIG-05", "DP-EVT-19")
@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("b=2&a=1", "a=1&b=2"),
        ("a=2&a=1", "a=1&a=2"),
        ("a=1&a-b=1", "a=1&a-b=1"),
        ("a", "a="),
        ("&a=1&&", "a=1"),
        ("=x", "=x"),
        ("a=b=c", "a=b%3Dc"),
        ("a=x+y", "a=x%20y"),
        ("a=%7e%2d&%61=1", "a=1&a=~-"),
        ("a=%zz", "a=%25zz"),
        ("a=1&X-Amz-Signature=0", "a=1"),
    ],
)
def test_queries_in_canonical_form(query: str, canonical: str) -> None:
    assert canonical_query(query, is_presigned=True) == canonical


def test_a_parameter_called_signature_counts_where_the_signature_is_in_the_header() -> None:
    query = "X-Amz-Signature=0&a=1"
    assert canonical_query(query, is_presigned=False) == query
