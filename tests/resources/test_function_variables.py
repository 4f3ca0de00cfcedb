"""Which environment variables a function may set."""

import pytest

from routekey.resources.function_variables import are_too_long, find_malformed


@pytest.mark.rule("LAM-ENV-03")
def test_a_name_begins_with_a_letter_and_has_two_characters() -> None:
    names = ["TABLE", "a1", "A_", "A", "_A", "1A", "A-B", "", "É1"]
    assert find_malformed(names) == ["", "1A", "A", "A-B", "_A", "É1"]


@pytest.mark.rule("LAM-ENV-03")
@pytest.mark.parametrize(("text", "is_long"), [("x" * 4085, False), ("x" * 4086, True)])
def test_all_together_have_4_kb_as_json(text: str, is_long: bool) -> None:
    assert are_too_long({"MODE": text}) is is_long


@pytest.mark.rule("LAM-ENV-03")
def test_bytes_count_and_not_characters() -> None:
    assert are_too_long({"MODE": "é" * 2043})
    assert not are_too_long({"MODE": "é" * 2042})
