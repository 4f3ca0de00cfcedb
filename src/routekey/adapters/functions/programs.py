"""Make functions ready to start: the code, layers, interpreter and libraries of each."""

import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from routekey.adapters.functions.interpreters import Interpreter, choose_interpreter
from routekey.adapters.functions.node_sdk import NodeSdk
from routekey.adapters.functions.packages import cache_folder, fingerprint, open_package
from routekey.adapters.functions.program import Program
from routekey.adapters.functions.runtime_folder import make_runtime_folder
from routekey.adapters.functions.workspace import Workspace
from routekey.adapters.functions.zygote import Zygote
from routekey.arn import function_arn
from routekey.errors import ProjectError
from routekey.ids import AccountId
from routekey.resources.function import Function

_Shape = tuple[tuple[str, ...] | None, Path, tuple[str, ...], dict[str, str]]
"""Program to execute, runtime folder, import paths, variables."""
_NODE_BOOTSTRAP = Path(__file__).parent / "bootstraps" / "node"


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
    ) -> None:
        """Take where things are kept.

        Args:
            workspace: for what goes with this gateway.
            region: of the functions.
            account: of the functions.
            say: tells the user what takes long; may be called from another thread.
            cache: for what stays; None takes the user's cache folder.
        """
        self._workspace = workspace
        self._region = region
        self._account = account
        self._cache = cache_folder() if cache is None else cache
        self._sdk = NodeSdk(self._cache / "node", say)
        self._runtime_folder: Path | None = None
        self._zygotes: dict[str, Zygote] = {}
        self._layers: dict[str, Path] = {}
        """Layers laid over each other, by the fingerprints of the layers."""
        self._lock = threading.Lock()
        """Held by `prepare`, which runs beside the loop."""

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
        code = open_package(function.code, runtime=function.runtime, cache=self._cache)
        layers = self._lay_over(function)
        choice = choose_interpreter(function.runtime)
        shape = self._shape_python if choice.interpreter.language == "python" else self._shape_node
        argv, runtime_folder, paths, variables = shape(choice.interpreter, code, layers)
        return Program(
            function=function,
            arn=function_arn(self._region, self._account, function.function_name),
            region=self._region,
            code_folder=code,
            layers_folder=layers,
            zygote=self._zygote(sys.executable if argv else choice.interpreter.path),
            runtime_folder=runtime_folder,
            argv=argv,
            paths=paths,
            variables={
                "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
                "PATH": _search_path(choice.interpreter, layers),
                **variables,
            },
            fingerprint=" ".join(fingerprint(folder) for folder in (code, layers) if folder),
            notice=choice.notice,
        )

    def _shape_python(self, interpreter: Interpreter, code: Path, layers: Path | None) -> _Shape:
        """Fork from a zygote, with `sys.path` in the order of LAM-ENV-06."""
        runtime_folder = self._shared_runtime_folder()
        paths = [code]
        if layers is not None:
            version = f"python3.{interpreter.version[1]}"
            paths += [
                layers / "python" / "lib" / version / "site-packages",
                layers / "python",
            ]
        variables = {"PYTHONPATH": str(runtime_folder)}
        return None, runtime_folder, tuple(map(str, paths)), variables

    def _shape_node(self, interpreter: Interpreter, code: Path, layers: Path | None) -> _Shape:
        """Execute our bootstrap, with `NODE_PATH` in the order of LAM-ENV-01."""
        sdk = self._sdk.find([code, *([layers] if layers else [])], node=Path(interpreter.path))
        folders = [code]
        if sdk is not None:
            folders.insert(0, sdk / "node_modules")
        if layers is not None:
            version = f"node{interpreter.version[0]}"
            folders[:0] = [
                layers / "nodejs" / version / "node_modules",
                layers / "nodejs" / "node_modules",
            ]
        argv = (interpreter.path, str(_NODE_BOOTSTRAP / "index.mjs"))
        paths = () if sdk is None else (str(sdk),)
        return argv, _NODE_BOOTSTRAP, paths, {"NODE_PATH": ":".join(map(str, folders))}

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


def _search_path(interpreter: Interpreter, layers: Path | None) -> str:
    """Build `PATH`: the interpreter's folder, this machine's, the layers' (LAM-ENV-06)."""
    folders = [str(Path(interpreter.path).parent), os.environ.get("PATH", os.defpath)]
    return ":".join([*folders, *([str(layers / "bin")] if layers else [])])


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
