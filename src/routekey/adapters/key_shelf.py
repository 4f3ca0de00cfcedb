"""Temporary keys of one kind, of which only so many are kept: one kind never crowds out another.

Source: SEC-ERR-03, SEC-ERR-04.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from routekey.resources.identity import Credential, Principal

_REMEMBERED_MS: Final = 3600 * 1000
"""How long a key that has run out is kept, so that its owner is told that it has (SEC-ERR-04)."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A credential, and what to make its principal from when the project changes."""

    credential: Credential
    make_principal: Callable[[], Principal]

    def renew(self) -> "IssuedKey":
        """Make it anew from the project as it is now."""
        credential = replace(self.credential, principal=self.make_principal())
        return IssuedKey(credential, self.make_principal)

    @property
    def expires_ms(self) -> int:
        """When it runs out."""
        if self.credential.expires_ms is None:
            raise AssertionError("only temporary keys are put on a shelf")
        return self.credential.expires_ms


class KeyShelf:
    """Keys in the order in which they were given out.

    Args:
        keys_max: above it the oldest are forgotten.
    """

    __slots__ = ("_keys", "_keys_max")

    def __init__(self, keys_max: int) -> None:
        self._keys: dict[str, IssuedKey] = {}
        self._keys_max = keys_max

    def __iter__(self) -> Iterator[IssuedKey]:
        return iter(self._keys.values())

    def find(self, access_key_id: str) -> Credential | None:
        """Find a key."""
        issued = self._keys.get(access_key_id)
        return None if issued is None else issued.credential

    def put(self, issued: IssuedKey, now_ms: int) -> None:
        """Take a key. What ran out an hour ago goes, so most calls find nothing to do."""
        oldest = next(iter(self), None)
        horizon_ms = now_ms - _REMEMBERED_MS
        if oldest is not None and oldest.expires_ms < horizon_ms:
            kept = (pair for pair in self._keys.items() if pair[1].expires_ms >= horizon_ms)
            self._keys = dict(kept)
        while len(self._keys) >= self._keys_max:
            del self._keys[next(iter(self._keys))]
        self._keys[issued.credential.access_key_id] = issued

    def remove(self, access_key_id: str) -> IssuedKey | None:
        """Forget a key and give it back; None when it is not here."""
        return self._keys.pop(access_key_id, None)

    def renew(self) -> None:
        """Make every key anew from the project as it is now."""
        self._keys = {name: issued.renew() for name, issued in self._keys.items()}
