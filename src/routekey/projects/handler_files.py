"""Whether a code folder has the file that a handler names.

Only what a folder can show: a module that fails on import is found when it runs. Runtimes whose
code is compiled are not looked into. Source: LAM-ENV rules on the handler's form.
"""

from dataclasses import dataclass
from pathlib import Path

_PYTHON_SUFFIXES = (".py", "/__init__.py", ".so", ".pyc")
_NODE_SUFFIXES = (".js", ".mjs", ".cjs")
_TYPESCRIPT_SUFFIXES = (".ts", ".mts", ".cts", ".tsx")


@dataclass(frozen=True, slots=True)
class MissingHandler:
    """Why a handler cannot be found."""

    problem: str
    remedy: str


def find_handler(folder: Path, handler: str, runtime: str) -> MissingHandler | None:
    """Look for the file of a handler; None where it is there, or nobody can tell."""
    if runtime.startswith("python"):
        return _find_python(folder, handler)
    if runtime.startswith("nodejs"):
        return _find_node(folder, handler)
    return None


def _find_python(folder: Path, handler: str) -> MissingHandler | None:
    module, dot, _ = handler.rpartition(".")
    if not dot:
        return _malformed(handler)
    return _find(folder, module.replace(".", "/"), handler, _PYTHON_SUFFIXES)


def _find_node(folder: Path, handler: str) -> MissingHandler | None:
    head, slash, tail = handler.rpartition("/")
    module, dot, _ = tail.partition(".")
    if not dot:
        return _malformed(handler)
    return _find(folder, f"{head}{slash}{module}", handler, _NODE_SUFFIXES)


def _find(
    folder: Path, module: str, handler: str, suffixes: tuple[str, ...]
) -> MissingHandler | None:
    if any(is_file(folder / f"{module}{suffix}") for suffix in suffixes):
        return None
    if any(is_file(folder / f"{module}{suffix}") for suffix in _TYPESCRIPT_SUFFIXES):
        return MissingHandler(
            f"the handler {handler} is TypeScript that is not built",
            "Build it first, as with `sam build`",
        )
    return MissingHandler(
        f"the handler {handler} is not there: {folder} has no {module}{suffixes[0]}",
        "Correct the handler or the code folder",
    )


def _malformed(handler: str) -> MissingHandler:
    return MissingHandler(
        f"{handler[:100]!r} is not a handler", "A handler reads FILE.FUNCTION, as app.handler"
    )


def is_file(path: Path) -> bool:
    """Tell whether there is a file, however strange the path."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or that no file system takes
        return False


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder, however strange the path."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
