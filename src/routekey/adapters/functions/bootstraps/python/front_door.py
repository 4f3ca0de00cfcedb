"""Lead connections to AWS's names to the gateway, inside this process only.

Whatever library connects asks `socket.getaddrinfo` first and connects to the address *and port*
that come back, while TLS keeps the name that was asked for.
"""

import re
import socket
from collections.abc import Sequence


def redirect(*, host: str, port: int, patterns: Sequence[str]) -> None:
    """Resolve names that match one of the patterns (`*` for any text) to one address and port."""
    matches = re.compile(
        "|".join(".*".join(map(re.escape, pattern.split("*"))) for pattern in patterns),
        re.IGNORECASE,
    ).fullmatch
    resolve = socket.getaddrinfo

    def getaddrinfo(  # the signature is the socket module's
        asked_host: bytes | str | None,
        asked_port: bytes | str | int | None,
        family: int = 0,
        type: int = 0,  # noqa: A002  # as above
        proto: int = 0,
        flags: int = 0,
    ) -> object:
        name = (
            asked_host.decode("ascii", "replace") if isinstance(asked_host, bytes) else asked_host
        )
        if name is None or matches(name.rstrip(".")) is None:
            return resolve(asked_host, asked_port, family, type, proto, flags)
        return resolve(host, port, socket.AF_INET, type, proto)

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]  # typeshed's is more exact
