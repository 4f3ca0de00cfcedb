"""What a function may ask for: several calls in one environment."""

from typing import Any

import pytest

from adapters.functions.laboratory import Lab
from routekey.adapters.functions.concurrency import find_refused_concurrency, read_concurrency
from routekey.adapters.functions.interpreters import choose_interpreter


def read(lab: Lab, text: str | None, **changes: Any) -> tuple[int, str]:
    environment = {} if text is None else {"AWS_LAMBDA_MAX_CONCURRENCY": text}
    function = lab.function(lab.folder, environment=environment, **changes)
    choice = choose_interpreter(function.runtime)
    return read_concurrency(function, choice), find_refused_concurrency(function, choice)


@pytest.mark.rule("LAM-ENV-10")
@pytest.mark.parametrize(("text", "number"), [(None, 1), ("1", 1), ("2", 2), ("64", 64)])
def test_a_variable_says_how_many(lab: Lab, text: str | None, number: int) -> None:
    assert read(lab, text) == (number, "")
    assert read(lab, text, runtime="provided.al2023") == (number, "")


@pytest.mark.parametrize("text", ["", "0", "65", "many", "-1", "2.0", "²"])
def test_what_is_no_such_number_is_ignored_and_said(lab: Lab, text: str) -> None:
    number, problem = read(lab, text)
    assert number == 1
    assert "no number from 1 to 64" in problem


def test_node_functions_take_one_call_at_a_time(lab: Lab) -> None:
    number, problem = read(lab, "4", runtime="nodejs20.x")
    assert number == 1
    assert "Node functions take one call at a time" in problem
