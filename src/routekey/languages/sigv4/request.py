"""The request that carries a signature, and the credential that it is checked against."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class SignedRequest(NamedTuple):
    """An HTTP request as it was on the wire, latin-1 where bytes became text.

    A tuple rather than a dataclass: one is made for each push, and this costs a third.
    """

    method: str
    path: str
    """The target's path, not decoded: the signature covers it as it was sent (SEC-SIG-03)."""
    query: str
    """The target's query, not decoded, without the question mark."""
    headers: Sequence[tuple[str, str]]
    body: bytes


def fold_headers(request: SignedRequest) -> dict[str, str]:
    """Collect the headers by lower-case name; the values of a repeated one joined by commas."""
    folded: dict[str, str] = {}
    for name, value in request.headers:
        key = name.lower()
        if key in folded:
            folded[key] = f"{folded[key].strip()},{value.strip()}"
        else:
            folded[key] = value
    return folded


class Secret(Protocol):
    """What a signature is checked against."""

    def find_signing_key(self, date: str, region: str, service: str) -> bytes | None:
        """Find the key that signs on a day, in a region, for a service; None where there is none.

        Whoever has the secret derives it (`derive_signing_key`).
        """
        ...

    @property
    def session_token(self) -> str | None:
        """The token without which temporary keys are no good; None for lasting keys."""
        ...

    @property
    def expires_ms(self) -> int | None:
        """Milliseconds since 1970 of the end; None for lasting keys."""
        ...
