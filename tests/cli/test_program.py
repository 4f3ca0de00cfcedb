"""The program as a person starts it: verbs, help, and errors that are one message."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.processes import SECONDS_MAX, assert_is_one_error, routekey
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


def test_closed_standard_streams_are_no_trouble(project: Path) -> None:
    """As a service manager may start it; no socket may take the numbers 0 to 2."""
    ready_file = project / "ready.json"
    command = [sys.executable, "-m", "routekey", "run", str(project), "--ready-file"]
    closed = ["sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh"]
    with subprocess.Popen(
        [*closed, *command, str(ready_file), "--port", "0", "--admin-port", "0"]
    ) as process:
        while not ready_file.exists():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS_MAX) == 0
