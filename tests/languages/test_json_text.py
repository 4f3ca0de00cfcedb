"""What counts as JSON, everywhere."""

import pytest

from routekey.languages.json_text import MISSING, parse_json, to_double


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a":[1,2.5,true,null,"\\u00e9"]}', {"a": [1, 2.5, True, None, "é"]}),
        ('"text"', "text"),
        ("1e999", float("inf")),
        ("[-1e999]", [float("-inf")]),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ('{"a":1,"a":2}', {"a": 2}),
        (" 7 ", 7),
    ],
)
def test_json_becomes_values(text: bytes | str, value: object) -> None:
    assert parse_json(text) == value


@pytest.mark.rule("DP-RTE-11")
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"hello",
        b"{",
        b"NaN",
        b"[1,]",
        b"{'a':1}",
        b"01",
        b"1 2",
        b'"\\ud800"',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b"[" * 100_000,
        b"9" * 5000,
        "\ud800",
    ],
)
def test_anything_else_is_missing(text: bytes | str) -> None:
    assert parse_json(text) is MISSING


@pytest.mark.parametrize(
    ("number", "double"),
    [(7, 7.0), (2.5, 2.5), (10**400, float("inf")), (-(10**400), float("-inf"))],
)
def test_a_number_beyond_a_double_is_infinite(number: float, double: float) -> None:
    found = to_double(number)
    assert (found, type(found)) == (double, float)
