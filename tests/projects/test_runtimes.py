"""Retired runtimes."""

import pytest

from routekey.projects.runtimes import RETIRED, is_retired


@pytest.mark.rule("LAM-RT-01")
def test_old_runtimes_are_retired_and_new_ones_are_not() -> None:
    assert is_retired("nodejs16.x")
    assert is_retired("python3.7")
    assert not is_retired("python3.12")
    assert not is_retired("provided.al2023")
    assert sorted(RETIRED) == sorted(set(RETIRED))
