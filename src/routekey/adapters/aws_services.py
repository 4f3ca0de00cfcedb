"""Other AWS services for local work: moto's server, in a process of its own.

It starts when the project declares tables, queues and the like, or when a function first speaks to
such a service, and ends with us. What the project declares is made by moto's own CloudFormation,
with the names that functions use; a reload updates it, and so does a start that finds the data of
an earlier one. Secrets are made beside it.
"""

import asyncio
import ctypes
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from routekey.adapters.local_secrets import Secrets, make_secrets, read_secrets
from routekey.adapters.local_stacks import Template, make_stacks, write_template
from routekey.adapters.services_file import SNAPSHOT_FILE
from routekey.errors import InputError
from routekey.ids import AccountId
from routekey.resources.service import ServiceResource
from routekey.tasks import at_rest, spawn

logger = logging.getLogger("routekey.services")

_LOOPBACK: Final = "127.0.0.1"
_START_SECONDS_MAX: Final = 60
"""Importing moto takes two seconds on an idle machine."""
_STOP_SECONDS_MAX: Final = 5
_LOAD_SECONDS_MAX: Final = 300
"""Reading 100,000 items takes some ten seconds."""
_SAVE_SECONDS_MAX: Final = 60
"""How long a stop waits for the last saving; the one before stays where it takes longer."""
_LOCAL: Final = "local"
_AWS: Final = "aws"
_PR_SET_PDEATHSIG: Final = 1
_KEY: Final = "routekey"
"""The emulator asks for an access key and a secret, and takes any."""


class KeptDataError(InputError):
    """What the emulator held in an earlier run cannot be used."""


class EmbeddedServices:
    """The emulator, and what the project wants of it.

    Args:
        region: where the project's resources are.
        account_id: whose they are.
        say: tells the user what takes long, and what the emulator lacks.
        folder: where its data is kept; None is in memory, until it ends.
        on_start: is told the URL whenever it has started.
    """

    def __init__(
        self,
        region: str,
        account_id: AccountId,
        say: Callable[[str], None],
        folder: Path | None = None,
        on_start: Callable[[str], None] | None = None,
    ) -> None:
        self._region = region
        self._account_id = account_id
        self._say = say
        self._folder = folder
        self._on_start = on_start
        self._listening: asyncio.Task[None] | None = None
        """Hears what cannot be kept."""
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._made: Template | None = {}
        """What was made last; None is that of an earlier run, whatever it was."""
        self._secrets: Secrets | None = {}
        """The secrets, likewise."""
        self._endpoint: str | None = None

    async def endpoint(self) -> str:
        """Start the emulator, if it does not run, and tell its URL.

        Raises:
            InputError: it is not installed, or does not start.
        """
        async with self._starting:
            process = self._process
            if self._endpoint is None or process is None or process.returncode is not None:
                before: dict[str, Any] | None = None if self._has_kept() else {}
                self._endpoint = await self._start()
                self._made = self._secrets = before
                if self._on_start is not None:
                    self._on_start(self._endpoint)
            return self._endpoint

    async def make(self, resources: Iterable[ServiceResource]) -> None:
        """Make what the project declares; what it declared before and no longer does, goes.

        A resource that the emulator cannot make is named, and the others are made without it. So is
        an emulator that is not there: functions that do not need it work as well.

        Raises:
            KeptDataError: the data of an earlier run is there, and cannot be used.
        """
        resources = tuple(resources)
        template, secrets = write_template(resources), read_secrets(resources)
        runs = self._process is not None
        if not runs and not resources and not self._has_kept():
            return
        if runs and template == self._made and secrets == self._secrets:
            return
        try:
            endpoint = await self.endpoint()
        except KeptDataError:
            raise
        except InputError as error:
            self._say(f"note {error}")
            return
        await asyncio.to_thread(self._make, endpoint, template, secrets)
        self._made, self._secrets = template, secrets

    async def close(self) -> None:
        """Stop the emulator; what it held is kept, or gone."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.terminate()
        seconds = _STOP_SECONDS_MAX if self._folder is None else _SAVE_SECONDS_MAX
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        listening, self._listening = self._listening, None
        if listening is not None:
            await asyncio.wait([listening], timeout=_STOP_SECONDS_MAX)

    async def _start(self) -> str:
        try:
            import moto.server  # noqa: F401, PLC0415  # an extra, and a second to import
        except ImportError:
            raise InputError(
                "the emulator of other AWS services is not installed",
                remedy="Install it with: pip install 'routekey[local]'. Or use AWS itself with "
                "--aws real, or another emulator with --aws-endpoint URL.",
            ) from None
        seconds = _START_SECONDS_MAX if self._folder is None else _LOAD_SECONDS_MAX
        with _hold_port() as held:
            port: int = held.getsockname()[1]
            process = self._process = await self._open(port)
            try:
                async with asyncio.timeout(seconds):
                    await _wait_until_open(port, process)
            except (TimeoutError, ConnectionError):
                await self.close()
                await _raise_problem(process)
                raise InputError(
                    "the emulator of other AWS services does not start",
                    remedy=f"Try it by itself: {sys.executable} -m moto.server -p {port}",
                ) from None
        if process.stdout is not None:
            self._listening = spawn(self._listen(process.stdout), "the notes of local services")
        return f"http://{_LOOPBACK}:{port}"

    async def _open(self, port: int) -> asyncio.subprocess.Process:
        """Start the process: moto's own server, or ours where data is kept."""
        command = ["moto.server", f"-H{_LOOPBACK}", f"-p{port}"]
        output, at_our_end = asyncio.subprocess.DEVNULL, signal.SIGKILL
        if self._folder is not None:
            folder = str(self._folder.absolute())
            command = ["routekey.adapters.kept_services", _LOOPBACK, str(port), folder]
            output, at_our_end = asyncio.subprocess.PIPE, signal.SIGTERM  # it saves then
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(self._account_id),
            start_new_session=True,  # a Ctrl-C is ours: the last functions still need it
            preexec_fn=partial(_end_with_parent, at_our_end),
        )

    def _has_kept(self) -> bool:
        return self._folder is not None and (self._folder / SNAPSHOT_FILE).exists()

    async def _listen(self, messages: asyncio.StreamReader) -> None:
        """Say what the emulator has to say, until it ends."""
        with at_rest():
            async for line in messages:
                self._say(f"note {json.loads(line)['note']}")

    def _make(self, endpoint: str, template: Template, secrets: Secrets) -> None:
        """Make what has to be otherwise; beside the loop."""
        problems: list[str] = []
        make_client = partial(_client, endpoint=endpoint, region=self._region)
        try:
            if template != self._made:
                problems += make_stacks(make_client, template)
            if secrets != self._secrets:
                problems += make_secrets(make_client, secrets)
        except (BotoCoreError, ClientError) as error:
            problems.append(f"make what the project declares: {error}")
        for problem in problems:
            self._say(f"note the local services cannot {problem}")


class ServicesSwitch:
    """Where other AWS services are: embedded, elsewhere, or at AWS.

    Args:
        choice: `local`, `aws`, or the URL of another emulator.
        embedded: the emulator, for `local`.
    """

    def __init__(self, choice: str, embedded: EmbeddedServices) -> None:
        self._choice = choice
        self._embedded = embedded

    @property
    def are_at_aws(self) -> bool:
        """Whether they are those of AWS itself."""
        return self._choice == _AWS

    @property
    def patterns(self) -> tuple[str, ...]:
        """The host names that functions are led away from; AWS itself leaves all but ours."""
        own = ("*.execute-api.*.amazonaws.com", "*.execute-api.*.amazonaws.com.cn")
        return own if self.are_at_aws else ("*.amazonaws.com", "*.amazonaws.com.cn")

    async def find(self) -> str | None:
        """Tell the URL of the services; starts the emulator where it is one. None is AWS."""
        if self._choice == _LOCAL:
            return await self._embedded.endpoint()
        return None if self.are_at_aws else self._choice

    async def make(self, resources: Iterable[ServiceResource]) -> None:
        """Make what the project declares, in the embedded emulator alone: others have their own."""
        if self._choice == _LOCAL:
            await self._embedded.make(tuple(resources))

    async def close(self) -> None:
        """Stop the emulator."""
        await self._embedded.close()


def _client(service: str, endpoint: str, region: str) -> Any:
    """Make a client that reads no configuration of the user's."""
    import boto3  # noqa: PLC0415  # a twentieth of a start, for the projects that declare services

    session = boto3.session.Session(region_name=region)
    client: Any = session.client  # its overloads want a literal
    return client(
        service,
        aws_access_key_id=_KEY,
        aws_secret_access_key=_KEY,
        endpoint_url=endpoint,
        config=Config(retries={"max_attempts": 1}, read_timeout=60),
    )


def _environment(account_id: AccountId) -> dict[str, str]:
    """Give the emulator the account, and nothing of the user's AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "MOTO_ACCOUNT_ID": account_id,
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _hold_port() -> socket.socket:
    """Take a free port, and keep it until it is closed, for a server that shares its address.

    A port that is merely free may be another program's when the emulator, after a second of
    imports, comes to listen there; and whoever tries until then may connect to himself.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Python's HTTP servers do
    held.bind((_LOOPBACK, 0))
    return held


async def _wait_until_open(port: int, process: asyncio.subprocess.Process) -> None:
    """Wait until somebody listens.

    Raises:
        ConnectionError: the process ended instead.
    """
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_connection(_LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise ConnectionError(f"it ended with status {process.returncode}")


async def _raise_problem(process: asyncio.subprocess.Process) -> None:
    """Raise what an emulator that has ended gave as the reason, if it did."""
    said = b"" if process.stdout is None else await process.stdout.read()
    for line in said.splitlines():
        message = json.loads(line)
        if "problem" in message:
            raise KeptDataError(message["problem"], remedy=message["remedy"], file=message["file"])


def _end_with_parent(number: signal.Signals) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
