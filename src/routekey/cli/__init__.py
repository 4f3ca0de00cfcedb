"""The command line: one file per verb."""

from routekey.cli.program import main

__all__ = ["main"]
