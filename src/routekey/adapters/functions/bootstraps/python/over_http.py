"""A Python function's process that speaks the HTTP Runtime API, by awslambdaric's own client.

A program of its own, not a fork: for wrappers (LAM-ENV-04), and for whoever wants Lambda's
transport to the last byte.
"""

import contextlib
import json
import os
import sys

from . import debugger, front_door, placeholder


def main() -> None:
    """Take what the gateway wants of this program, and become the runtime."""
    settings = json.loads(os.environ.pop("ROUTEKEY_BOOTSTRAP"))
    sys.path[:0] = settings["paths"]
    sys.dont_write_bytecode = True  # the code folder is read-only on AWS, and watched here
    sys.argv = ["/var/runtime/bootstrap.py", os.environ["_HANDLER"]]
    if settings["front_door"] is not None:
        front_door.redirect(**settings["front_door"])
    if settings["callback_url"]:
        with contextlib.suppress(ImportError):  # then its handler does without it
            import botocore.session  # noqa: F401, PLC0415  # a fork has it preloaded
        placeholder.fill_in(settings["callback_url"])
    if settings["debugger"] is not None:
        debugger.listen(**settings["debugger"])
    from awslambdaric.__main__ import main as run  # noqa: PLC0415  # only now is its path known

    run(sys.argv)
