"""The program as a person starts it: verbs, help, and errors that are one message."""

from pathlib import Path

import pytest

from cli.processes import assert_is_one_error, routekey
from routekey import __version__


def test_it_tells_its_version() -> None:
    assert routekey("--version").stdout == f"routekey {__version__}\n"


def test_without_a_verb_it_helps() -> None:
    done = routekey()
    for verb in ("run", "connect"):
        assert f"  {verb} " in done.stdout + done.stderr


@pytest.mark.parametrize("verb", ["run", "connect"])
def test_each_verb_has_examples(verb: str) -> None:
    done = routekey(verb, "--help")
    assert done.returncode == 0
    assert f"  Examples:\n    routekey {verb}" in done.stdout


def test_an_unknown_flag_is_refused() -> None:
    done = routekey("run", "--prot", "1")
    assert done.returncode == 2
    assert "--prot" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_that_does_not_exist_is_one_error(project: Path) -> None:
    done = routekey("run", str(project), ROUTEKEY_GATEWAY_PROT="1")
    assert_is_one_error(done, "Did you mean ROUTEKEY_GATEWAY_PORT?")
