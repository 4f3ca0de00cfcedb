"""Client certificates: what the gateway shows to backends that ask who it is.

A stage names its certificate by id (`ClientCertificateId`). API Gateway makes and keeps the keys;
here they are files of the operator's, `{id}.pem` in one folder, each with a private key and the
certificate, and those above it if there are any. Source: DP-INT-34.
"""

import ssl
from pathlib import Path

from routekey.adapters.integrations.http import TlsContexts, system_context
from routekey.errors import InputError


def load_tls(folder: Path) -> TlsContexts:
    """Trust what the system trusts, and show the certificates of a folder.

    Args:
        folder: read now, and not again.

    Raises:
        InputError: a file cannot be read, or is no certificate with its key.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder", file=str(folder))
    contexts = {file.stem: _load(file) for file in sorted(folder.glob("*.pem"))}
    return lambda name: system_context() if name is None else contexts.get(name)


def _load(file: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    try:
        # Without a password of ours, OpenSSL would ask for one on the terminal.
        context.load_cert_chain(file, password=lambda: "")
    except ssl.SSLError as error:
        raise InputError(
            "is no client certificate",
            remedy="It needs a certificate and its private key, unencrypted, both as PEM.",
            file=str(file),
        ) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=str(file)) from error
    return context
