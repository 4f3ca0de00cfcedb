"""A gateway in this process, from the first line on the console to the last."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import uvloop

from routekey.adapters.console import Complaints, Console, ConsoleLog, is_coloured
from routekey.adapters.functions import LogLine, LogSource
from routekey.app import Gateway
from routekey.cli.banner import print_banner, print_notices
from routekey.cli.ready_file import remove_ready_file, write_ready_file
from routekey.cli.reloading import Reloader
from routekey.config import Config
from routekey.resources.project import Project
from routekey.tasks import spawn

_FLUSH_SECONDS: Final = 2
"""How long the last lines may take at the end: a terminal that hangs does not keep us alive."""
_REPORTED: Final = ("START ", "END ", "REPORT ")
"""Lambda's lines about each call: three for every message would hide what the function says."""


def serve(
    config: Config, load: Callable[[], Project], *, ready_file: Path | None, is_following: bool
) -> None:
    """Serve a project until a signal asks to stop.

    Args:
        config: what the operator set.
        load: loads the project, anew each time.
        ready_file: where to write the addresses, or None for nowhere.
        is_following: whether to follow saved changes.

    Raises:
        InputError: the project does not load, or an address cannot be had.
    """
    project = load()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(config, project, load, ready_file, is_following=is_following))


async def _serve(
    config: Config,
    project: Project,
    load: Callable[[], Project],
    ready_file: Path | None,
    *,
    is_following: bool,
) -> None:
    """Serve until a signal asks to stop."""
    console = _open_console()
    gateway = Gateway(
        config,
        project,
        sink=partial(_print_log, console),
        telemetry=Complaints(console.print),
        say=console.print,
    )
    stopping = _catch_signals(console, gateway)
    try:
        addresses = await gateway.start()
        print_notices(console, project.notices, gateway.notices)
        print_banner(console, project, addresses)
        reloader = Reloader(gateway, load, console)
        if is_following:
            await reloader.watch(project)
        following = spawn(reloader.follow(), "reloading")
        if ready_file is not None:
            write_ready_file(ready_file, addresses)
        await stopping.wait()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    finally:
        if ready_file is not None:
            remove_ready_file(ready_file)
        await gateway.stop()
        await asyncio.to_thread(console.close, _FLUSH_SECONDS)


def _open_console() -> Console:
    """Print to the standard output, and everybody's log records with it."""
    is_terminal = sys.stdout.isatty()
    console = Console(
        sys.stdout.fileno(), is_coloured=is_coloured(os.environ, is_terminal=is_terminal)
    )
    logging.basicConfig(level=logging.WARNING, handlers=[ConsoleLog(console.print)])
    return console


def _print_log(console: Console, line: LogLine) -> None:
    if line.source is LogSource.PLATFORM and line.text.startswith(_REPORTED):
        return
    console.print_log(line.function_name, line.request_id, line.text)


def _catch_signals(console: Console, gateway: Gateway) -> asyncio.Event:
    """Stop at the first Ctrl-C or SIGTERM, and hurry at the second."""
    stopping = asyncio.Event()

    def stop() -> None:
        if stopping.is_set():
            gateway.hurry()
            return
        console.print("Stopping: closing connections. Ctrl-C again does not wait.")
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    return stopping
