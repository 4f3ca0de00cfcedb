"""Lambda's API on a real socket, with real processes behind it."""

import io
import os
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.routing import Route

from endpoints.control_plane.laboratory import Laboratory
from routekey.adapters.credentials import IssuedCredentials
from routekey.adapters.function_keys import FunctionKeys
from routekey.adapters.functions import FunctionPools, FunctionSettings
from routekey.adapters.store import CodeFolder
from routekey.adapters.system import SystemClock, SystemIds
from routekey.endpoints.lambda_api import LambdaApi
from routekey.testing.apis import ACCOUNT_ID, REGION

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/runner"
ECHO = "def handler(event, context):\n    return event\n"


def pack(source: str) -> bytes:
    """Zip one Python module, as people do who upload it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", source)
    return packed.getvalue()


def minimum(source: str = ECHO, **more: Any) -> dict[str, Any]:
    """Say what CreateFunction needs."""
    return {
        "Code": {"ZipFile": pack(source)},
        "FunctionName": "echo",
        "Handler": "app.handler",
        "Role": ROLE,
        "Runtime": "python3.11",
        **more,
    }


@asynccontextmanager
async def open_laboratory(
    folder: Path,
    more_routes: Callable[[Laboratory], list[Route]] = lambda _: [],
    *,
    is_strict: bool = False,
) -> AsyncIterator[Laboratory]:
    """Open a control plane whose functions run."""
    temporary = folder / "tmp"
    temporary.mkdir()
    pools = FunctionPools(
        FunctionSettings(
            region=REGION,
            account=ACCOUNT_ID,
            temporary_folder=temporary,
            cache_folder=folder / "cache",
        ),
        clock=SystemClock(),
        ids=SystemIds(),
        sink=lambda _: None,
        say=lambda _: None,
        keys=FunctionKeys(
            IssuedCredentials(clock=SystemClock(), entropy=os.urandom, account_id=ACCOUNT_ID)
        ),
    )
    code = CodeFolder(folder / "code")
    laboratory = Laboratory(
        is_strict=is_strict,
        functions=pools,
        more_routes=lambda self: [
            *LambdaApi(
                plane=self.plane, door=self.door, functions=pools, code=code, account_id=ACCOUNT_ID
            ).routes(),
            *more_routes(self),
        ],
    )
    async with laboratory:
        yield laboratory
    await pools.close()
