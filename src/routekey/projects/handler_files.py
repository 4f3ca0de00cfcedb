"""Whether a code folder has the file that a handler names.

Only what a folder can show: a module that fails on import is found when it runs. Of runtimes whose
code is compiled, it is what they run. Source: LAM-ENV rules on the handler's form; LAM-RT-02.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from routekey.resources.function import Function, PackageType

SOURCE_BYTES_MAX = 1024 * 1024  # a handler's own file, or a bundle's beginning
_COMPILED = ("dotnet", "go", "java", "provided")
_PYTHON_SUFFIXES = (".py", "/__init__.py", ".so", ".pyc")
_NODE_SUFFIXES = (".js", ".mjs", ".cjs")
_TYPESCRIPT_SUFFIXES = (".ts", ".mts", ".cts", ".tsx")
_AROUND_MAX = 3  # folders above in which a package is looked for
_OUTPUTS = frozenset((".build", "build", "dist", "lib", "out"))
"""Where the compiler of TypeScript is told to write."""


@dataclass(frozen=True, slots=True)
class MissingHandler:
    """Why a handler cannot be found."""

    problem: str
    remedy: str


def find_handler(folder: Path, handler: str, runtime: str) -> MissingHandler | None:
    """Look for the file of a handler; None where it is there, or nobody can tell."""
    if is_compiled(runtime):
        return _find_program(folder, handler, runtime)
    module = handler_module(handler, runtime)
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
        _build_script(folder, runtime) or "Correct the handler or the code folder",
    )


def find_unbuilt(folder: Path, handler: str, runtime: str) -> Path | None:
    """Find the source of a folder that a compiler would write; None where nobody can tell."""
    if folder.name not in _OUTPUTS or not runtime.startswith("nodejs"):
        return None
    around = (folder.parent / "src", folder.parent)
    return next((each for each in around if is_packed_from(each, handler, runtime)), None)


def tell_build(folder: Path, runtime: str) -> str:
    """Tell how what is missing is built, by a package that it lies in; nothing if nobody says."""
    around = [folder, *folder.parents][:_AROUND_MAX]
    return next(filter(None, (_build_script(each, runtime) for each in around)), "")


def _build_script(folder: Path, runtime: str) -> str:
    """Tell how a package builds what is missing; nothing where it does not say."""
    manifest = folder / "package.json"
    if not runtime.startswith("nodejs") or not is_file(manifest):
        return ""
    try:
        scripts = json.loads(manifest.read_bytes()).get("scripts", {})
        has_build = "build" in scripts
    except (AttributeError, OSError, TypeError, ValueError):
        return ""  # npm will say what is wrong with it
    return f"Build it first: `npm run build`, in {folder}" if has_build else ""


def is_compiled(runtime: str) -> bool:
    """Tell whether what a runtime runs is not what somebody writes."""
    return runtime.startswith(_COMPILED)


def _find_program(folder: Path, handler: str, runtime: str) -> MissingHandler | None:
    name = handler.partition("::")[0]
    patterns = {
        "dotnet": (f"{name}.dll",),
        "go": (name,),
        "java": (f"{name.replace('.', '/')}.class", "lib/*.jar", "*.jar"),
    }
    language = next((each for each in patterns if runtime.startswith(each)), "")
    for pattern in ("bootstrap", *patterns.get(language, ())):
        with suppress(ValueError, NotImplementedError):  # a handler that is no path
            if any(is_file(each) for each in folder.glob(pattern)):
                return None
    return MissingHandler(
        f"{folder} has nothing that the runtime {runtime} runs",
        "Build it first, as with `sam build`: what that leaves in .aws-sam is run",
    )


def find_typescript(folder: Path, handler: str, runtime: str) -> Path | None:
    """Find the source of a Node handler that has to be built; None where there is none."""
    module = handler_module(handler, runtime)
    if not module or not runtime.startswith("nodejs"):
        return None
    found = (_first_file(folder, each, _TYPESCRIPT_SUFFIXES) for each in _sources(module))
    return next((path for path in found if path is not None), None)


def _sources(module: str) -> Iterator[str]:
    """Tell where the source of a module may be: beside it, or where compilers write it from."""
    yield module
    head, _, tail = module.removeprefix("./").partition("/")
    if head in _OUTPUTS and tail:
        yield f"src/{tail}"
        yield tail


def is_packed_from(folder: Path, handler: str, runtime: str) -> bool:
    """Tell whether a folder has a handler's file, as source or ready to run."""
    if not handler_module(handler, runtime):
        return False
    has_source = find_typescript(folder, handler, runtime) is not None
    return has_source or find_handler(folder, handler, runtime) is None


def read_handler(function: Function) -> str:
    """Read the source of a handler's own file; nothing where it cannot be read."""
    code = function.code
    if code.package_type is not PackageType.DIRECTORY:
        return code.text
    module = handler_module(function.handler, function.runtime)
    path = _first_file(Path(code.path), module, _suffixes(function.runtime)) if module else None
    if path is None:
        return ""
    with path.open("rb") as stream:
        return stream.read(SOURCE_BYTES_MAX).decode(errors="replace")


def handler_module(handler: str, runtime: str) -> str | None:
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
