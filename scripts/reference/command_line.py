"""docs/reference/command-line.md: what every verb says of itself."""

import typer
from typer.testing import CliRunner

from reference.markdown import page
from routekey.cli.program import program

_WIDTH = 80
_INTRODUCTION = """\
This is what `routekey --help` and `routekey VERB --help` print.
Each setting has an environment variable too: see [configuration](configuration.md).
The exit code is 0 when all went well, 2 when something that you gave us is wrong, and 1 otherwise.
"""


def render() -> str:
    """Render the page."""
    parts = [f"## routekey {verb}\n\n{_help_of(verb)}" for verb in verbs()]
    return page("Command line", "src/routekey/cli", _INTRODUCTION, _help_of(), "\n".join(parts))


def verbs() -> list[str]:
    """Name the verbs, in the order in which `--help` lists them."""
    group = typer.main.get_group(program)
    return list(group.commands)


def _help_of(*verb: str) -> str:
    # The width is fixed: a page must not depend on the terminal of whoever writes it.
    asked = CliRunner().invoke(
        program,
        [*verb, "--help"],
        prog_name="routekey",
        terminal_width=_WIDTH,
        env={"COLUMNS": str(_WIDTH)},
    )
    if asked.exit_code:
        raise AssertionError("a verb explains itself")
    text = "\n".join(line.rstrip() for line in asked.output.strip("\n").splitlines())
    return f"```text\n{text}\n```\n"
