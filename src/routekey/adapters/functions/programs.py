"""Make functions ready to start: find code, layers and interpreter of each."""

from pathlib import Path

from routekey.adapters.functions.program import Program
from routekey.adapters.functions.runtime_folder import make_runtime_folder
from routekey.adapters.functions.workspace import Workspace
from routekey.adapters.functions.zygote import Zygote
from routekey.arn import function_arn
from routekey.errors import ProjectError
from routekey.ids import AccountId
from routekey.resources.function import Function
import sys


class Programs:
    """What functions are started with: interpreters, and a zygote for each Python."""

    def __init__(self, workspace: Workspace, *, region: str, account: AccountId) -> None:
        self._workspace = workspace
        self._region = region
        self._account = account
        self._runtime_folder: Path | None = None
        self._zygotes: dict[str, Zygote] = {}

    def prepare(self, function: Function) -> Program:
        """Make one function ready. It reads files and may take a while: not for the loop.

        Raises:
            ProjectError: its code is not there, or its runtime cannot run here.
        """
        folder = Path(function.code.path)
        if not folder.is_dir():
            raise ProjectError(
                f"its code folder {folder} is not there", resource=function.function_name
            )
        return Program(
            function=function,
            arn=function_arn(self._region, self._account, function.function_name),
            region=self._region,
            code_folder=folder,
            layers_folder=None,
            zygote=self._zygote(sys.executable),
            runtime_folder=self._shared_runtime_folder(),
            argv=None,
            paths=(str(folder),),
            variables={
                "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
                "PYTHONPATH": str(self._shared_runtime_folder()),
            },
        )

    async def close(self) -> None:
        """End the zygotes, and with them every process."""
        for zygote in self._zygotes.values():
            await zygote.close()

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
