"""A gateway in this process, from the first line on the console to the last."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import uvloop

from routekey.adapters.console import (
    Complaints,
    Console,
    ConsoleLog,
    Output,
    is_coloured,
    make_visible,
)
from routekey.adapters.functions import LogLine, LogSource
from routekey.adapters.journals import LogEvent
from routekey.adapters.json_lines import JsonLines, JsonLog
from routekey.adapters.system import SystemClock
from routekey.app import Gateway
from routekey.app.parts import seed_folder
from routekey.cli.banner import list_notices, print_banner, print_notices
from routekey.cli.ready_file import remove_ready_file, write_ready_file
from routekey.cli.reloading import Reloader
from routekey.config import Config
from routekey.endpoints.addresses import Addresses
from routekey.projects.builds.tools import end_tools
from routekey.resources.project import Project
from routekey.tasks import spawn

_STANDARD_OUTPUT: Final = 1
"""The descriptor: `sys.stdout` buffers, and is None where a service manager gave none."""
_OUTPUTS: Final = (1, 2)
"""The descriptors that a shell may have opened on files."""
_FLUSH_SECONDS: Final = 2
"""How long the last lines may take at the end: a terminal that hangs does not keep us alive."""
_REPORTED: Final = ("INIT_START ", "START ", "END ", "REPORT ")
"""Lambda's lines about each start and call: they would hide what the function says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How `run` and `serve` differ."""

    is_strict: bool
    """Whether every caller has to show a key that we know, this machine's own included."""
    is_following: bool
    """Whether saved changes are served."""
    log_format: str
    """`text` or `json`."""


def serve(
    config: Config, load: Callable[[], Project], manner: Manner, ready_file: Path | None
) -> None:
    """Serve a project until a signal asks to stop.

    Args:
        config: what the operator set.
        load: loads the project, anew each time.
        manner: how to serve it.
        ready_file: where to write the addresses, or None for nowhere.

    Raises:
        InputError: the project does not load, an address cannot be had, or the ready file cannot
            be written.
        KeyboardInterrupt: a signal came before it served.
    """
    if ready_file is not None:
        remove_ready_file(ready_file)
    gc.disable()  # what a load makes stays: looking for garbage in it was a tenth of its time
    try:
        project = load()
    finally:
        gc.enable()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_serve(config, project, load, manner, ready_file))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


async def _serve(
    config: Config,
    project: Project,
    load: Callable[[], Project],
    manner: Manner,
    ready_file: Path | None,
) -> None:
    is_terminal = os.isatty(_STANDARD_OUTPUT)
    console = Console(
        _STANDARD_OUTPUT, is_coloured=is_coloured(os.environ, is_terminal=is_terminal)
    )
    output = _open_output(console, manner.log_format)
    gateway = Gateway(
        config,
        project,
        is_strict=manner.is_strict,
        sink=partial(_print_log, output),
        telemetry=Complaints(output.print),
        say=output.print,
        log=partial(_print_event, output),
    )
    stopping = _catch_signals(output, gateway)
    try:
        addresses = await gateway.start()
        print_notices(output, list_notices(project, gateway.notices))
        _announce(output, project, addresses, is_following=manner.is_following)
        reloader = Reloader(gateway, load, output, _list_own(config, ready_file))
        if manner.is_following:
            await reloader.watch(project)
        following = spawn(reloader.follow(), "reloading")
        if ready_file is not None:
            write_ready_file(ready_file, addresses)
        await stopping.wait()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    finally:
        end_tools()  # a reload may wait for one, and Python's end for the reload
        try:
            if ready_file is not None:
                remove_ready_file(ready_file)
        finally:
            await gateway.stop()
            await asyncio.to_thread(console.close, _FLUSH_SECONDS)


def _list_own(config: Config, ready_file: Path | None) -> Iterator[Path]:
    """List what we write ourselves: a project's folder is where people let us write it."""
    yield seed_folder(config)
    if config.telemetry.log_folder:
        yield Path(config.telemetry.log_folder)
    if ready_file is not None:
        yield ready_file
    for descriptor in _OUTPUTS:
        with suppress(OSError):  # a system without /proc
            yield Path(f"/proc/self/fd/{descriptor}").readlink()


def _open_output(console: Console, log_format: str) -> Output:
    """Print on the console as people or machines want it, everybody's log records included."""
    if log_format == "json":
        lines = JsonLines(console.print, SystemClock())
        logging.basicConfig(level=logging.WARNING, handlers=[JsonLog(lines)])
        return lines
    logging.basicConfig(level=logging.WARNING, handlers=[ConsoleLog(console.print)])
    return console


def _announce(
    output: Output, project: Project, addresses: Addresses, *, is_following: bool
) -> None:
    """Say that it serves, and where."""
    if isinstance(output, JsonLines):
        output.write(
            level="INFO",
            message="serving",
            gateway=addresses.gateway,
            admin=addresses.admin,
            urls=" ".join(stage.url for stage in addresses.stages),
        )
    else:
        print_banner(output, project, addresses, is_following=is_following)


def _print_log(output: Output, line: LogLine) -> None:
    if line.source is LogSource.PLATFORM and line.text.startswith(_REPORTED):
        return
    output.print_log(line.function_name, line.request_id, line.text)


def _print_event(output: Output, event: LogEvent) -> None:
    if isinstance(output, JsonLines):
        output.write(level="INFO", logGroup=event.group, message=event.message)
    else:
        output.print(make_visible(f"{event.group} {event.message}"))


def _catch_signals(output: Output, gateway: Gateway) -> asyncio.Event:
    """Stop at the first Ctrl-C or SIGTERM, and hurry at the second; give up a start at once."""
    stopping = asyncio.Event()
    serving = asyncio.current_task()

    def stop() -> None:
        if stopping.is_set():
            gateway.hurry()
            return
        stopping.set()
        if not gateway.is_ready:
            if serving is not None:
                serving.cancel()
            return
        output.print("Stopping: closing connections. Ctrl-C again does not wait.")

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # `nohup`
            loop.add_signal_handler(number, stop)
    return stopping
