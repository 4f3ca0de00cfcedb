"""Where a gateway is reached: the URLs that people and programs are told."""

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from routekey.errors import InputError
from routekey.ids import ApiId, StageName
from routekey.resources.snapshot import execute_api_domain

_EVERY_ADDRESS: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # nosec B104  # compared, not bound
"""What is listened on, and how it is reached from this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageAddress:
    """Where one stage of one API is served."""

    api_id: ApiId
    stage: StageName
    url: str
    """For clients: `ws://127.0.0.1:8080/dev`, or `…/{apiId}/dev` where there are several APIs."""
    callback_url: str
    """For functions, as AWS would have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a running gateway is reached."""

    gateway: str
    admin: str
    stages: tuple[StageAddress, ...]


def list_addresses(
    served: Mapping[ApiId, Iterable[StageName]],
    region: str,
    gateway: tuple[str, int],
    admin: tuple[str, int],
) -> Addresses:
    """List where APIs are served.

    One API is served at the bare host; of several, each has its id in the path.

    Args:
        served: the stages of each.
        region: of all of them.
        gateway: host and port of the gateway's listener.
        admin: host and port of the admin listener.
    """
    host, port = name_host(gateway[0]), gateway[1]
    is_only = len(served) == 1
    stages = tuple(
        StageAddress(
            api_id=api_id,
            stage=stage,
            url=f"ws://{host}:{port}{'' if is_only else f'/{api_id}'}/{stage}",
            callback_url=f"https://{execute_api_domain(api_id, region)}/{stage}",
        )
        for api_id, stages in served.items()
        for stage in stages
    )
    return Addresses(
        gateway=f"http://{host}:{port}",
        admin=f"http://{name_host(admin[0])}:{admin[1]}",
        stages=stages,
    )


def name_host(host: str) -> str:
    """Name a host as URLs do; "every address" is reached through loopback."""
    name = _EVERY_ADDRESS.get(host, host)
    return f"[{name}]" if ":" in name else name


@contextmanager
def listening_errors(flag: str, host: str, port: int) -> Iterator[None]:
    """Turn the failure to listen into words.

    Args:
        flag: the command line's flag for the port, without dashes.
        host: what was to be listened on.
        port: what was to be listened on.

    Raises:
        InputError: instead of an `OSError` inside.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(
                f"port {port} is in use",
                remedy=f"Stop the program that listens on it, or choose another with --{flag}.",
            ) from error
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise InputError(f"cannot listen on {host}:{port}: {reason}") from error
