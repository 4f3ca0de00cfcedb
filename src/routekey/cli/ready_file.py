"""The ready file: where programs that start a gateway learn its addresses.

    {"gateway": "http://127.0.0.1:8080", "admin": "http://127.0.0.1:8081",
     "apis": [{"apiId": …, "stage": …, "url": "ws://127.0.0.1:8080/dev", "callbackUrl": …}]}

Its presence means that the gateway serves. It is written whole, under another name first.
"""

import json
import os
import tempfile
from pathlib import Path

from routekey.app import Addresses
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
    try:
        descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=2)
        Path(temporary).replace(file)
    except OSError as error:
        raise InputError(
            f"the ready file cannot be written: {error.strerror or error}", file=str(file)
        ) from error


def remove_ready_file(file: Path) -> None:
    """Remove the file: the gateway that it told of serves no more."""
    file.unlink(missing_ok=True)
