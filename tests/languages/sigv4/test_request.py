"""Headers as a signature sees them."""

from routekey.languages.sigv4.request import SignedRequest, fold_headers


def test_names_have_no_case_and_repeated_values_join_in_order() -> None:
    headers = (("X-Own", " b "), ("Host", "h"), ("x-own", "a  c "), ("X-OWN", "b"))
    request = SignedRequest("GET", "/", "", headers, b"")
    assert fold_headers(request) == {"x-own": "b,a  c,b", "host": "h"}
