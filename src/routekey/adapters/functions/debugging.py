"""Debuggers: each function has a port of its own, at which an editor attaches when it wants.

Python functions listen with debugpy, Node's with their own inspector. While a debugger is attached
no time runs out: whoever looks at a variable must not find the process killed.
"""

import itertools
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from routekey.errors import ProjectError

_CONNECTED: Final = "01"
"""TCP's state ESTABLISHED, as Linux writes it."""
_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_COLUMNS: Final = 4  # number, local address, remote address, state


class DebugPorts:
    """Which function is debugged at which port.

    Args:
        first: the port of the first function; the others have the next ones. 0 debugs none.
    """

    def __init__(self, first: int) -> None:
        self._is_wanted = first > 0
        self._numbers = itertools.count(first)
        self._ports: dict[str, int] = {}

    def assign(self, function_name: str, language: str) -> int | None:
        """Give a function its port: the same one each time.

        Raises:
            ProjectError: the debugger of Python is not installed.
        """
        if not self._is_wanted or language not in {"python", "nodejs"}:
            return None
        if language == "python" and find_spec("debugpy") is None:
            raise ProjectError(
                "it cannot be debugged: debugpy is not installed",
                remedy="Install routekey[debug], or leave out --debug-port.",
            )
        if function_name not in self._ports:
            self._ports[function_name] = next(self._numbers)
        return self._ports[function_name]


def find_debugpy() -> str:
    """Tell the folder that debugpy is imported from, which functions do not see otherwise."""
    spec = find_spec("debugpy")
    if spec is None or spec.origin is None:
        raise AssertionError("a port is assigned only where debugpy is installed")
    return str(Path(spec.origin).parents[1])


def is_attached(port: int) -> bool:
    """Tell whether a debugger is connected to a port of this machine."""
    for table in _TABLES:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:  # a system without IPv6
            continue
        if any(map(_is_connected, lines, itertools.repeat(f"{port:04X}"))):
            return True
    return False


def _is_connected(line: str, port: str) -> bool:
    fields: Iterable[str] = line.split(maxsplit=_COLUMNS)
    _, local, _, state, *_ = fields
    return state == _CONNECTED and local.rpartition(":")[2] == port
