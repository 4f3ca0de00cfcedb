"""The operator's own certificates, for the gateway's listener.

Each is a pair of PEM files, a chain and its key, for the domain names that the certificate bears: a
client gets the one for the name that it asks for (SNI), or the first where it names none. The files
are looked at again while clients come, so a renewed certificate serves without a restart. What can
no longer be read leaves the last good one in place.

Names that exist only on this machine, as `localhost` does, get a certificate of our own authority.
"""

import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from routekey.adapters.certificates import CertificateAuthority
from routekey.clock import Clock
from routekey.errors import InputError

_LOOK_MS: Final = 1000
"""How often the files are looked at, at most: a `stat` of each, when a client comes."""
_WARNING: Final = timedelta(days=14)
"""ACME clients renew a month before the end; whose certificate is nearer has a renewal that
fails."""
_REMEDY: Final = "Give the PEM file of the chain and that of its key, as CHAIN:KEY."
_LOCAL: Final = re.compile(r"([a-z0-9-]{1,63}\.)?localhost")
"""Names that lead to this machine wherever they are asked for (RFC 6761)."""
_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def make_server_context(
    pairs: Sequence[str],
    *,
    tls_version_min: str,
    authority: CertificateAuthority,
    clock: Clock,
    complain: Callable[[str], None],
) -> ssl.SSLContext:
    """Make the context of the gateway's listener.

    Args:
        pairs: the operator's files; without any, every name gets a certificate of the authority.
        tls_version_min: `1.2` or `1.3`.
        authority: Routekey's own.
        clock: the time.
        complain: tells the operator.

    Raises:
        InputError: a file cannot be used.
    """
    if not pairs:
        context = authority.server_context()
        context.minimum_version = _VERSIONS[tls_version_min]
        return context
    return CertificateFiles(
        pairs,
        tls_version_min=tls_version_min,
        clock=clock,
        complain=complain,
        local_context_for=authority.context_for,
    ).server_context()


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A pair of files as they were read."""

    state: tuple[tuple[int, int, int], ...]
    context: ssl.SSLContext
    names: tuple[str, ...]
    expires: datetime


class CertificateFiles:
    """The certificates of the gateway's listener.

    Args:
        pairs: `CHAIN:KEY`, or one file that holds both; at least one.
        tls_version_min: `1.2` or `1.3` (DP-URL-08).
        clock: the time.
        complain: tells the operator of files that can no longer be read, and of ends that are near.
        local_context_for: makes a context for a name that only this machine knows.

    Raises:
        InputError: a file cannot be read, is no certificate, or the key is another's.
    """

    def __init__(
        self,
        pairs: Sequence[str],
        *,
        tls_version_min: str,
        clock: Clock,
        complain: Callable[[str], None],
        local_context_for: Callable[[str], ssl.SSLContext],
    ) -> None:
        self._clock = clock
        self._complain = complain
        self._local_context_for = local_context_for
        self._version = _VERSIONS[tls_version_min]
        self._looked_ms = clock.now_ms()
        self._loaded = {pair: self._load(pair) for pair in pairs}

    def server_context(self) -> ssl.SSLContext:
        """Make the listener's context: it chooses a certificate for each client."""
        context = self._make_context()
        _load_chain(context, next(iter(self._loaded)))
        context.sni_callback = self._select
        return context

    def _select(
        self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
    ) -> int | None:
        self._look()
        found = self._find(name.lower() if name else None)
        if found is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = found
        return None

    def _find(self, name: str | None) -> ssl.SSLContext | None:
        if name is None:
            return next(iter(self._loaded.values())).context
        for wanted in (name, f"*.{name.partition('.')[2]}"):
            for loaded in self._loaded.values():
                if wanted in loaded.names:
                    return loaded.context
        return self._local_context_for(name) if _is_local(name) else None

    def _look(self) -> None:
        """Read again what has changed."""
        now_ms = self._clock.now_ms()
        if 0 <= now_ms - self._looked_ms < _LOOK_MS:
            return
        self._looked_ms = now_ms
        for pair, loaded in self._loaded.items():
            try:
                if _state_of(pair) != loaded.state:
                    self._loaded[pair] = self._load(pair)
            except InputError as error:
                self._complain(f"{error} The certificate that was read before still serves.")
            self._warn(pair, self._loaded[pair].expires)

    def _load(self, pair: str) -> _Loaded:
        state = _state_of(pair)
        context = self._make_context()
        _load_chain(context, pair)
        with _file_errors(pair):
            certificate = x509.load_pem_x509_certificate(_split(pair)[0].read_bytes())
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        self._warn(pair, certificate.not_valid_after_utc)
        return _Loaded(
            state=state,
            context=context,
            names=tuple(name.lower() for name in names.value.get_values_for_type(x509.DNSName)),
            expires=certificate.not_valid_after_utc,
        )

    def _warn(self, pair: str, expires: datetime) -> None:
        if expires - datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC) < _WARNING:
            self._complain(
                f"the certificate {_split(pair)[0]} ends on {expires:%Y-%m-%d}: renew it"
            )

    def _make_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = self._version
        context.set_alpn_protocols(["http/1.1"])
        return context


def _split(pair: str) -> tuple[Path, Path]:
    chain, _, key = pair.partition(":")
    return Path(chain), Path(key or chain)


def _state_of(pair: str) -> tuple[tuple[int, int, int], ...]:
    """Tell two versions of the files apart; a link that leads elsewhere is another version."""
    with _file_errors(pair):
        states = [path.stat() for path in _split(pair)]
    return tuple((state.st_ino, state.st_size, state.st_mtime_ns) for state in states)


def _load_chain(context: ssl.SSLContext, pair: str) -> None:
    chain, key = _split(pair)
    with _file_errors(pair):
        # An encrypted key is an error: without a password OpenSSL would ask the terminal for one.
        context.load_cert_chain(chain, key, password="")


def _is_local(name: str) -> bool:
    return _LOCAL.fullmatch(name) is not None


@contextmanager
def _file_errors(pair: str) -> Iterator[None]:
    chain = str(_split(pair)[0])
    try:
        yield
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).replace("_", " ").lower()
        raise InputError(
            f"is no certificate with its key: {reason}", remedy=_REMEDY, file=chain
        ) from error
    except OSError as error:
        place = error.filename or chain
        reason = error.strerror or str(error)
        raise InputError(f"cannot be read: {reason}", remedy=_REMEDY, file=str(place)) from error
    except (ValueError, x509.ExtensionNotFound) as error:
        raise InputError(
            "is no certificate that names its domains (subjectAltName)", remedy=_REMEDY, file=chain
        ) from error
