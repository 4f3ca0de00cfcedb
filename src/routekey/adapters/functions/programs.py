"""Make functions ready to start: the code, layers, interpreter and libraries of each."""

import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from routekey.adapters.functions.concurrency import find_refused_concurrency, read_concurrency
from routekey.adapters.functions.debugging import DebugPorts
from routekey.adapters.functions.interpreters import Choice, choose_interpreter
from routekey.adapters.functions.node_sdk import NodeSdk
from routekey.adapters.functions.packages import cache_folder, fingerprint, open_package
from routekey.adapters.functions.program import Program, find_refused_variables
from routekey.adapters.functions.runtime_folder import make_runtime_folder
from routekey.adapters.functions.runtimes import (
    Package,
    Shape,
    shape_node,
    shape_program,
    shape_python,
)
from routekey.adapters.functions.workspace import Workspace
from routekey.adapters.functions.zygote import Zygote
from routekey.arn import function_arn
from routekey.errors import ProjectError
from routekey.ids import AccountId
from routekey.resources.function import LATEST, Function

_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
_PATH_VARIABLES = ("LD_LIBRARY_PATH", "NODE_PATH", "PATH", "PYTHONPATH", _WRAPPER)
"""What a function sets in AWS's paths, and means its own files by."""


class Programs:
    """What functions are started with: interpreters, and a zygote for each Python."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        region: str,
        account: AccountId,
        say: Callable[[str], None],
        cache: Path | None = None,
        is_http: bool = False,
        debug_port: int = 0,
    ) -> None:
        """Take where things are kept.

        Args:
            workspace: for what goes with this gateway.
            region: of the functions.
            account: of the functions.
            say: tells the user what takes long; may be called from another thread.
            cache: for what stays; None takes the user's cache folder.
            is_http: whether Python and Node too speak the HTTP Runtime API.
            debug_port: of the first function that is debugged; 0 debugs none.
        """
        self._workspace = workspace
        self._region = region
        self._account = account
        self._is_http = is_http
        self._cache = cache_folder() if cache is None else cache
        self._debug_ports = DebugPorts(debug_port)
        self._sdk = NodeSdk(self._cache / "node", say)
        self._runtime_folder: Path | None = None
        self._zygotes: dict[str, Zygote] = {}
        self._layers: dict[str, Path] = {}
        """Layers laid over each other, by the fingerprints of the layers."""
        self._lock = threading.Lock()
        """Held by `prepare`, which runs beside the loop."""

    async def preload(self) -> None:
        """Start the zygote of our own Python, which every kind of function needs."""
        with self._lock:
            zygote = self._zygote(sys.executable)
        await zygote.prepare()

    def prepare(self, function: Function) -> Program:
        """Make one function ready. It reads files and may take long: not for the loop's thread.

        Raises:
            ProjectError: its code is not there, or its runtime cannot run here.
        """
        with self._lock:
            try:
                return self._prepare(function)
            except ProjectError as error:
                raise _locate(error, function) from error

    async def close(self) -> None:
        """End the zygotes, and with them every process."""
        for zygote in self._zygotes.values():
            await zygote.close()

    def _prepare(self, function: Function) -> Program:
        package = Package(
            handler=function.handler,
            memory_mb=function.memory_size,
            code=open_package(function.code, runtime=function.runtime, cache=self._cache),
            layers=self._lay_over(function),
        )
        choice = choose_interpreter(function.runtime)
        debug_port = self._find_debug_port(function, choice)
        concurrency = 1 if debug_port else read_concurrency(function, choice)
        shape = self._shape(function, package, choice, is_shared=concurrency > 1)
        environment = _map_paths(function.environment, package, shape.runtime_folder)
        argv = shape.argv
        if argv is not None and environment.get(_WRAPPER):
            argv = (environment[_WRAPPER], *argv)
        # Any zygote can execute a program; only its own Python can it fork.
        python = sys.executable if choice is None or argv else choice.interpreter.path
        version = "" if choice is None else choice.notice
        notices = (
            version,
            find_refused_variables(function.environment),
            find_refused_concurrency(function, choice),
        )
        return Program(
            function=function,
            arn=function_arn(self._region, self._account, function.function_name),
            region=self._region,
            code_folder=package.code,
            zygote=self._zygote(python),
            runtime_folder=shape.runtime_folder,
            argv=argv,
            is_http=shape.is_http,
            paths=shape.paths,
            variables={**_runtime_variables(function, package, choice), **shape.variables},
            environment=environment,
            fingerprint=" ".join(map(fingerprint, package.folders())),
            notice="; ".join(filter(None, notices)),
            debug_port=debug_port,
            concurrency=concurrency,
        )

    def _find_debug_port(self, function: Function, choice: Choice | None) -> int | None:
        if function.version != LATEST:
            return None  # one edits $LATEST, and a port has one listener
        language = choice.interpreter.language if choice is not None else ""
        return self._debug_ports.assign(function.function_name, language)

    def _shape(
        self, function: Function, package: Package, choice: Choice | None, *, is_shared: bool
    ) -> Shape:
        # A wrapper executes a program, and may not keep descriptors open for it; several calls at
        # once are AWS's own client's.
        is_http = self._is_http or is_shared or bool(function.environment.get(_WRAPPER))
        if choice is None:
            return shape_program(package, function.runtime)
        interpreter = choice.interpreter
        if interpreter.language == "python":
            folder = self._shared_runtime_folder()
            return shape_python(package, interpreter, folder, is_http=is_http)
        sdk = self._sdk.find(package.folders(), node=Path(interpreter.path))
        return shape_node(package, interpreter, sdk, is_http=is_http)

    def _lay_over(self, function: Function) -> Path | None:
        """Lay the layers over each other: of two files with one name the later one wins."""
        if not function.layers:
            return None
        sources = [
            open_package(layer, runtime=function.runtime, cache=self._cache)
            for layer in function.layers
        ]
        key = " ".join(map(fingerprint, sources))
        if key not in self._layers:
            folder = self._workspace.make_folder("opt")
            for source in sources:
                shutil.copytree(source, folder, symlinks=True, dirs_exist_ok=True)
            self._layers[key] = folder
        return self._layers[key]

    def _zygote(self, interpreter: str) -> Zygote:
        if interpreter not in self._zygotes:
            home = self._workspace.make_folder("zygote")
            self._zygotes[interpreter] = Zygote(interpreter, self._shared_runtime_folder(), home)
        return self._zygotes[interpreter]

    def _shared_runtime_folder(self) -> Path:
        if self._runtime_folder is None:
            folder = self._workspace.make_folder("runtime")
            make_runtime_folder(folder)
            self._runtime_folder = folder
        return self._runtime_folder


def _runtime_variables(
    function: Function, package: Package, choice: Choice | None
) -> dict[str, str]:
    """Set `AWS_EXECUTION_ENV` (absent on provided.*, LAM-ENV-01) and where programs are found."""
    interpreter = [str(Path(choice.interpreter.path).parent)] if choice is not None else []
    layers = [str(package.layers / "bin")] if package.layers else []
    search = [*interpreter, os.environ.get("PATH", os.defpath), *layers]
    libraries = [folder / sub for folder in package.folders() for sub in ("", "lib")]
    variables = {
        "PATH": ":".join(search),
        "LD_LIBRARY_PATH": ":".join(str(folder) for folder in libraries),
    }
    if function.runtime.startswith("provided"):
        return variables
    return {**variables, "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}"}


def _map_paths(
    environment: Mapping[str, str], package: Package, runtime_folder: Path
) -> dict[str, str]:
    """Lead AWS's folders in the variables that hold paths to where those files are here.

    Elsewhere, as in a handler that opens `/opt/data.json`, AWS's paths cannot be mapped: there is
    one file system for all functions.
    """
    places = {"/var/task": package.code, "/opt": package.layers, "/var/runtime": runtime_folder}
    mapped = dict(environment)
    for name in environment.keys() & set(_PATH_VARIABLES):
        for place, folder in places.items():
            if folder is not None:
                parts = re.split(rf"(?<![^:]){place}(?=[:/]|$)", mapped[name])
                mapped[name] = str(folder).join(parts)
    return mapped


def _locate(error: ProjectError, function: Function) -> ProjectError:
    """Say in which resource a problem is."""
    origin = function.origin
    return ProjectError(
        error.problem,
        remedy=error.remedy,
        file=origin.file if origin else None,
        line=origin.line if origin else None,
        resource=(origin.logical_id if origin else None) or function.function_name,
    )
