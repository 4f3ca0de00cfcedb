"""What holds for every test: the same examples in each run, and nothing of the user's own."""

import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

STRANGERS = ("AWS_", "OTEL_", "ROUTEKEY_")
"""Beginnings of variables that the program or an SDK reads, and that a test sets where it wants."""
OURS = {"ROUTEKEY_WRITE_GOLDENS"}
"""Read by the tests themselves."""

# A run fails for what has changed, and not for an example that it happened to draw or for a pause
# of the machine. `pytest --hypothesis-profile=wide` looks for new examples.
settings.register_profile(
    "same",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "wide", settings.get_profile("same"), derandomize=False, max_examples=2000
)
settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def _nothing_of_the_user_s(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's variables and data out; caches of downloads stay."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(STRANGERS) and name not in OURS:
                patch.delenv(name)
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setattr(socket, "getaddrinfo", look_up)
        yield


@pytest.fixture(scope="session", autouse=True)
def _programs_can_be_interrupted() -> None:
    """A run in a shell's background ignores Ctrl-C, and so would the programs that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def look_up(host: Any, *arguments: Any, ask: Any = socket.getaddrinfo, **named: Any) -> Any:
    """Look a name up; for what can be no name (RFC 6761, 6.4) no server is asked."""
    if isinstance(host, str) and host.endswith(".invalid"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return ask(host, *arguments, **named)
