"""The program `routekey`: its verbs, and how it says that something is wrong.

What the operator got wrong is one message and exit code 2, never a traceback.
"""

import os
import signal
import sys
from typing import Annotated

import typer

from routekey import __version__
from routekey.cli import check, check_config, connect, keys, logs, outputs, run, serve
from routekey.errors import InputError

EXIT_INPUT = 2
"""The exit code for wrong input, as of the shell's own commands."""
EXIT_INTERRUPTED = 130
"""What a shell shows for a program that Ctrl-C ended."""

program = typer.Typer(
    name="routekey",
    help="A self-hosted Amazon API Gateway for WebSocket APIs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text: examples keep their lines
    context_settings={"help_option_names": ["-h", "--help"]},
)
program.command("run", epilog=run.EXAMPLES)(run.run_verb)
program.command("serve", epilog=serve.EXAMPLES)(serve.serve_verb)
program.command("check", epilog=check.EXAMPLES)(check.check_verb)
program.command("check-config", epilog=check_config.EXAMPLES)(check_config.check_config_verb)
program.command("outputs", epilog=outputs.EXAMPLES)(outputs.outputs_verb)
program.command("connect", epilog=connect.EXAMPLES)(connect.connect_verb)
program.command("logs", epilog=logs.EXAMPLES)(logs.logs_verb)
program.add_typer(keys.keys_program)


def main() -> None:
    """Run the program with the arguments of this process."""
    _fill_standard_streams()
    # As Ctrl-C: whatever has been started, as a tool that builds a function, is ended first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        program()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201  # the terminal is what we are for
        sys.exit(EXIT_INPUT)
    except KeyboardInterrupt:  # before anything was started that would have to be stopped
        sys.exit(EXIT_INTERRUPTED)


def _fill_standard_streams() -> None:
    """Open what is closed of the standard streams, so that no socket takes their numbers.

    Whatever is printed would go to that socket, and libuv ends the process when it sees one.
    """
    for descriptor, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
            setattr(sys, name, os.fdopen(descriptor, mode, closefd=False))


def _print_version(is_wanted: bool) -> None:  # noqa: FBT001  # the signature is Typer's
    if is_wanted:
        print(f"routekey {__version__}")  # noqa: T201  # as above
        raise typer.Exit


@program.callback()
def options(
    *,
    version: Annotated[  # its callback acts
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take what comes before the verb."""
