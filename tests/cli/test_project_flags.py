"""The flags that say which project is meant."""

import pytest

from routekey.cli.project_flags import parse_parameters
from routekey.errors import InputError


def test_parameters_are_taken_apart_at_the_first_sign() -> None:
    assert parse_parameters(["Name=a=b", "Empty="]) == {"Name": "a=b", "Empty": ""}


def test_without_the_flag_there_are_none() -> None:
    assert parse_parameters(None) == {}


@pytest.mark.parametrize("text", ["Name", "=value", ""])
def test_what_is_no_parameter_is_an_error(text: str) -> None:
    with pytest.raises(InputError, match=r"is no parameter\. Write it as NAME=VALUE"):
        parse_parameters([text])
