"""A laboratory for functions: real processes, a recorded log, and nothing left behind."""

import json
import os
import textwrap
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from routekey.adapters.functions import FunctionPools, FunctionSettings, LogLine, LogSource
from routekey.adapters.functions.remote import RemoteFunction
from routekey.gateway.ports import FunctionCall, FunctionResult
from routekey.ids import AccountId, ConnectionId
from routekey.resources.function import Code, Function, PackageType
from scenarios.running import wait_until

REGION = "us-east-1"
ACCOUNT = AccountId("123456789012")
ROLE = "arn:aws:iam::123456789012:role/r"


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class SystemIds:
    def uuid(self) -> str:
        return str(uuid.UUID(bytes=os.urandom(16), version=4))

    def connection_id(self) -> ConnectionId:
        raise AssertionError("functions know no connections")

    def message_id(self, connection_id: ConnectionId) -> str:
        raise AssertionError(connection_id)

    def request_id(self) -> str:
        raise AssertionError("functions have UUIDs")

    def trace_id(self, now_ms: int) -> str:
        return f"Root=1-{now_ms // 1000:08x}-{os.urandom(12).hex()}"


class Lab:
    """Functions written on the spot, and the pools that serve them."""

    def __init__(self, folder: Path, *, is_http: bool = False) -> None:
        self.folder = folder
        self.is_http = is_http
        self.lines: list[LogLine] = []
        self.said: list[str] = []
        self.temporary_folder = folder / "tmp"
        self.temporary_folder.mkdir()
        self.asked_roles: list[str] = []
        self.lent_keys: set[str] = set()
        """Those of processes that are there, as far as anybody has told."""
        self.remotes: dict[str, RemoteFunction] = {}
        self.pools = self.make_pools()

    def make_pools(self, *, on_end: Any = None, **settings: Any) -> FunctionPools:
        told = {} if on_end is None else {"on_end": on_end}
        return FunctionPools(
            FunctionSettings(
                region=REGION,
                account=ACCOUNT,
                temporary_folder=self.temporary_folder,
                is_http=self.is_http,
                **settings,
            ),
            clock=SystemClock(),
            ids=SystemIds(),
            sink=self.lines.append,
            say=self.said.append,
            keys=self,
            remotes=self.remotes,
            **told,
        )

    def folder_of(self, files: Mapping[str, str], name: str = "code") -> Path:
        folder = self.folder / name
        for path, text in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text))
        return folder

    def python(self, source: str, name: str = "f", **changes: Any) -> Function:
        """Describe a Python function with one module, `app.py`."""
        folder = self.folder_of({"app.py": source}, name)
        return self.function(folder, name, **changes)

    def node(self, source: str, name: str = "f", file: str = "app.js", **changes: Any) -> Function:
        """Describe a Node function with one module."""
        folder = self.folder_of({file: source}, name)
        settings: dict[str, Any] = {"handler": "app.handler", "runtime": "nodejs20.x", **changes}
        return self.function(folder, name, **settings)

    def function(self, folder: Path, name: str = "f", **changes: Any) -> Function:
        settings: dict[str, Any] = {
            "function_name": name,
            "code": Code(package_type=PackageType.DIRECTORY, path=str(folder)),
            "handler": "app.handler",
            "runtime": "python3.11",
            "role": ROLE,
            "timeout": 20,
            **changes,
        }
        return Function(**settings)

    async def serve(self, *functions: Function) -> None:
        await self.pools.replace(functions)

    async def call(self, event: object = None, function: str = "f", **changes: Any) -> Any:
        """Invoke a function that succeeds."""
        result = await self.invoke(event, function, **changes)
        assert result.function_error is None, result.payload
        return json.loads(result.payload)

    async def fail(self, event: object = None, function: str = "f") -> dict[str, Any]:
        """Invoke a function that fails, and give its error."""
        result = await self.invoke(event, function)
        assert result.function_error == "Unhandled", result.payload
        error: dict[str, Any] = json.loads(result.payload)
        return error

    async def invoke(
        self, event: object = None, function: str = "f", **changes: Any
    ) -> FunctionResult:
        payload = json.dumps(event).encode()
        return await self.pools.invoke(FunctionCall(function=function, payload=payload, **changes))

    def output(self) -> list[str]:
        """What the functions themselves have written, line by line."""
        return [line.text for line in self.lines if line.source is LogSource.FUNCTION]

    def platform(self) -> list[str]:
        return [line.text for line in self.lines if line.source is LogSource.PLATFORM]

    async def issue(self, role_arn: str, function_name: str) -> Mapping[str, str]:
        """Give a process its keys. Implements `ProcessKeys`."""
        self.asked_roles.append(role_arn)
        key = f"ASIA{len(self.asked_roles)}OF{function_name}"
        self.lent_keys.add(key)
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
        }

    def retire(self, variables: Mapping[str, str]) -> None:
        """Take back a process's keys. Implements `ProcessKeys`."""
        self.lent_keys.remove(variables["AWS_ACCESS_KEY_ID"])


async def wait_for(path: Path) -> None:
    """Wait until another process has made a file."""
    await wait_until(path.exists, f"the file {path}")


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
