"""`routekey run [PATH]`: serve the WebSocket API of a project on this machine."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop

from routekey import projects
from routekey.adapters.console import Complaints, Console, ConsoleLog, is_coloured
from routekey.adapters.functions import LogLine, LogSource
from routekey.app import Gateway
from routekey.cli.banner import print_banner, print_notices
from routekey.cli.ready_file import remove_ready_file, write_ready_file
from routekey.cli.reloading import Reloader
from routekey.config import Config, load_config
from routekey.ids import AccountId
from routekey.resources.project import Project
from routekey.tasks import spawn

_FLUSH_SECONDS: Final = 2
"""How long the last lines may take at the end: a terminal that hangs does not keep us alive."""
_REPORTED: Final = ("START ", "END ", "REPORT ")
"""Lambda's lines about each call: three for every message would hide what the function says."""


def run_verb(
    path: Annotated[
        Path, typer.Argument(help="The project: a folder, or the file that describes it.")
    ] = Path(),
    *,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 takes a free one.")] = None,
    admin_port: Annotated[
        int | None, typer.Option(help="The port for operators; 0 takes a free one.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="The AWS region of the project.")] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write the addresses there, as JSON, once it serves.")
    ] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="A TOML file with settings.")
    ] = None,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Whether to follow saved changes.")
    ] = True,
) -> None:
    r"""Run the WebSocket API of a project on this machine.

    The template is found in PATH (this folder, where none is given). Functions run unchanged, each
    in a process of its own, and reach this gateway under AWS's own host names.

    \b
    Examples:
      routekey run
      routekey run examples/echo --port 9000
      routekey run template.yaml --port 0 --ready-file /tmp/ready.json
    """
    flags = {
        "gateway.host": host,
        "gateway.port": port,
        "admin.port": admin_port,
        "project.region": region,
    }
    config = load_config(config_file, os.environ, flags)
    load = partial(_load, path, config)
    project = load()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(config, project, load, ready_file, is_following=reload))


def _load(path: Path, config: Config) -> Project:
    options = projects.LoadOptions(
        region=config.project.region or None, account_id=AccountId(config.project.account_id)
    )
    return projects.load(path, options=options)


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
        print_notices(console, project.notices)
        print_banner(console, project, addresses)
        if ready_file is not None:
            write_ready_file(ready_file, addresses)
        following = Reloader(gateway, load, console).follow(project) if is_following else None
        task = spawn(following, "reloading") if following is not None else None
        await stopping.wait()
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
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
