"""The ready file: where programs that start a gateway learn its addresses.

    {"gateway": "http://127.0.0.1:8080", "admin": "http://127.0.0.1:8081",
     "apis": [{"apiId": …, "stage": …, "url": "ws://127.0.0.1:8080/dev", "callbackUrl": …}]}

Its presence means that the gateway serves: what a killed one has left goes before the next start.
It is written elsewhere first, so it is whole.
"""

import json
import os
from pathlib import Path

from routekey.endpoints.addresses import Addresses
from routekey.errors import InputError


def write_ready_file(file: Path, addresses: Addresses) -> None:
    """Write the addresses of a gateway that serves.

    Raises:
        InputError: the file cannot be written.
    """
    content = {
        "gateway": addresses.gateway,
        "admin": addresses.admin,
        "apis": [
            {
                "apiId": stage.api_id,
                "stage": stage.stage,
                "url": stage.url,
                "callbackUrl": stage.callback_url,
            }
            for stage in addresses.stages
        ],
    }
    draft = file.with_name(f".{file.name}.{os.getpid()}~")  # a name that no reload looks at
    try:
        draft.unlink(missing_ok=True)
        try:
            with draft.open("x", encoding="utf-8") as opened:  # new: nobody's link is followed
                json.dump(content, opened, indent=2)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"the ready file cannot be written: {error.strerror or error}", file=str(file)
        ) from error


def remove_ready_file(file: Path) -> None:
    """Remove the file: the gateway that it told of serves no more.

    Raises:
        InputError: something else is in its place, as a folder or a device, or it has to stay.
    """
    try:
        if file.exists() and not file.is_file():
            raise InputError("the ready file would replace what is no file", file=str(file))
        file.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"the ready file cannot be removed: {error.strerror or error}", file=str(file)
        ) from error
