"""debugpy in a Python function: it listens, and the function goes on whether anybody comes or not.

The process before this one may still hold the port for a moment, when a function has been reset or
its code has changed.
"""

import os
import socket
import sys
import time

_WAIT_SECONDS_MAX = 5
_LOOK_SECONDS = 0.05


def listen(port: int, folder: str) -> None:
    """Listen on loopback for a debugger.

    Args:
        port: where.
        folder: where debugpy is imported from; the function's own modules are not found there.
    """
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # a warning about our own Python
    sys.path.insert(0, folder)
    try:
        import debugpy  # noqa: PLC0415, T100  # only here, and it is what we are for

        _wait_for_port(port)
        debugpy.configure(subProcess=False)
        debugpy.listen(("127.0.0.1", port))  # noqa: T100  # as above
    except Exception as error:  # noqa: BLE001  # without a debugger it still is a function
        print(f"[WARNING] no debugger at port {port}: {error}", file=sys.stderr)  # noqa: T201  # the function's log
    finally:
        sys.path.remove(folder)


def _wait_for_port(port: int) -> None:
    """Wait until nobody listens there; one who stays is debugpy's to complain about."""
    end = time.monotonic() + _WAIT_SECONDS_MAX
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                time.sleep(_LOOK_SECONDS)
            else:
                return
