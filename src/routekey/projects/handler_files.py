"""Whether a code folder has the file that a handler names.

Only what a folder can show: a module that fails on import is found when it runs. Runtimes whose
code is compiled are not looked into. Source: LAM-ENV rules on the handler's form.
"""

from dataclasses import dataclass
from pathlib import Path

from routekey.resources.function import Function, PackageType

SOURCE_BYTES_MAX = 1024 * 1024  # a handler's own file, or a bundle's beginning
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
    module = _module(handler, runtime)
    if module is None:
        return None
    if not module:
        return MissingHandler(
            f"{handler[:100]!r} is not a handler", "A handler reads FILE.FUNCTION, as app.handler"
        )
    suffixes = _suffixes(runtime)
    if _first_file(folder, module, suffixes) is not None:
        return None
    if find_typescript(folder, handler, runtime) is not None:
        return MissingHandler(
            f"the handler {handler} is TypeScript that is not built",
            "Build it first, as with `sam build`",
        )
    return MissingHandler(
        f"the handler {handler} is not there: {folder} has no {module}{suffixes[0]}",
        "Correct the handler or the code folder",
    )


def find_typescript(folder: Path, handler: str, runtime: str) -> Path | None:
    """Find the source of a Node handler that has to be built; None where there is none."""
    module = _module(handler, runtime)
    if not module or not runtime.startswith("nodejs"):
        return None
    return _first_file(folder, module, _TYPESCRIPT_SUFFIXES)


def is_packed_from(folder: Path, handler: str, runtime: str) -> bool:
    """Tell whether a folder has a handler's file, as source or ready to run."""
    if not _module(handler, runtime):
        return False
    has_source = find_typescript(folder, handler, runtime) is not None
    return has_source or find_handler(folder, handler, runtime) is None


def read_handler(function: Function) -> str:
    """Read the source of a handler's own file; nothing where it cannot be read."""
    code = function.code
    if code.package_type is not PackageType.DIRECTORY:
        return code.text
    module = _module(function.handler, function.runtime)
    path = _first_file(Path(code.path), module, _suffixes(function.runtime)) if module else None
    if path is None:
        return ""
    with path.open("rb") as stream:
        return stream.read(SOURCE_BYTES_MAX).decode(errors="replace")


def _module(handler: str, runtime: str) -> str | None:
    """Tell the path of the file, without its suffix; empty where the handler is malformed.

    None stands for a runtime whose code is compiled, and has no such file.
    """
    if runtime.startswith("python"):
        return handler.rpartition(".")[0].replace(".", "/")
    if runtime.startswith("nodejs"):
        head, slash, tail = handler.rpartition("/")
        module, dot, _ = tail.partition(".")
        return f"{head}{slash}{module}" if dot else ""
    return None


def _suffixes(runtime: str) -> tuple[str, ...]:
    return _PYTHON_SUFFIXES if runtime.startswith("python") else _NODE_SUFFIXES


def _first_file(folder: Path, module: str, suffixes: tuple[str, ...]) -> Path | None:
    paths = (folder / f"{module}{suffix}" for suffix in suffixes)
    return next((path for path in paths if is_file(path)), None)


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
