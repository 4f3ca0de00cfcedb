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
from routekey.adapters.functions.local_clients import FindEndpoint
from routekey.adapters.functions.s3_objects import S3Objects
from routekey.adapters.store import CodeFolder
from routekey.adapters.system import SystemClock, SystemIds
from routekey.clock import Clock
from routekey.endpoints.lambda_api import LambdaApi
from routekey.endpoints.lambda_packages import LambdaPackages
from routekey.testing.apis import ACCOUNT_ID, REGION

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/runner"
ECHO = "def handler(event, context):\n    return event\n"


def pack(source: str, path: str = "app.py") -> bytes:
    """Zip one Python module, as people do who upload it; the same bytes at any time of day."""
    module = zipfile.ZipInfo(path)
    module.external_attr = 0o644 << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(module, source)
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


async def find_nothing() -> str:
    """Find the other services where nobody listens."""
    return "http://127.0.0.1:1"


@asynccontextmanager
async def open_laboratory(
    folder: Path,
    more_routes: Callable[[Laboratory], list[Route]] = lambda _: [],
    *,
    is_strict: bool = False,
    find_services: FindEndpoint = find_nothing,
    clock: Clock | None = None,
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
    packages = LambdaPackages(
        code=CodeFolder(folder / "code"),
        objects=S3Objects(find_services, REGION),
        clock=clock or SystemClock(),
        signing_key=os.urandom(32),
    )
    laboratory = Laboratory(
        is_strict=is_strict,
        functions=pools,
        more_routes=lambda self: [
            *LambdaApi(
                plane=self.plane,
                door=self.door,
                functions=pools,
                packages=packages,
                account_id=ACCOUNT_ID,
            ).routes(),
            *more_routes(self),
        ],
    )
    async with laboratory:
        yield laboratory
    await pools.close()
