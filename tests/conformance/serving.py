"""A whole gateway on real sockets, in a thread of its own, and AWS's own SDK to ask it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config as SdkConfig

from routekey.adapters.console import Complaints
from routekey.app import Gateway
from routekey.config import load_config
from routekey.resources.project import Project
from routekey.testing.apis import ACCOUNT_ID, REGION

SECONDS_MAX: Final = 60
_SDK: Final[Any] = boto3.Session()  # `Any`: the service is an argument


class Clients:
    """SDK clients of one gateway. They validate nothing themselves, so that the gateway has to."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.of = cache(self._make)

    def _make(self, service: str) -> Any:
        return _SDK.client(
            service,
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="secret",
            region_name=REGION,
            endpoint_url=self._url,
            config=SdkConfig(parameter_validation=False, retries={"max_attempts": 0}),
        )


@contextmanager
def serve(folder: Path) -> Iterator[Clients]:
    """Serve an account in which nothing is yet."""
    flags = {"gateway.port": 0, "admin.port": 0, "functions.data_folder": str(folder)}
    gateway = Gateway(
        load_config(None, {}, flags),
        Project(region=REGION, account_id=ACCOUNT_ID, apis=(), functions=()),
        is_strict=False,
        sink=lambda _: None,
        telemetry=Complaints(lambda _: None),
        say=lambda _: None,
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        addresses = asyncio.run_coroutine_threadsafe(gateway.start(), loop).result(SECONDS_MAX)
        yield Clients(addresses.admin)
        asyncio.run_coroutine_threadsafe(gateway.stop(), loop).result(SECONDS_MAX)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(SECONDS_MAX)
        loop.close()
