"""Routekey's own certificate authority, for names that only functions see.

A function calls `https://{api}.execute-api.{region}.amazonaws.com`, and the front door answers in
AWS's place: it needs a certificate that the function's process trusts. The authority is made on
first use in a private folder and never leaves it. Nothing is installed on the machine: only the
processes of functions trust it, through the bundle of `write_bundle`.

A certificate for a host is made when a client first names the host (SNI), and lives in memory.
"""

import re
import ssl
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

import botocore
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from routekey.adapters.private_files import is_private, write_private_file
from routekey.clock import Clock
from routekey.errors import InputError

_AUTHORITY_FILE: Final = "authority.pem"
_BUNDLE_FILE: Final = "bundle.pem"
_AUTHORITY_LIFE: Final = timedelta(days=3650)
_LEAF_LIFE: Final = timedelta(days=397)  # what browsers accept at most
_RENEWAL: Final = timedelta(days=30)
"""An authority or leaf with less life left than this is made anew."""
_BACKDATING: Final = timedelta(days=1)
"""Functions may run in containers whose clock is a little behind."""
_CONTEXTS_MAX: Final = 64
"""Host names kept at once. A project's functions call a handful; a loop over made-up names only
costs itself the signing."""
_HOST_NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_FALLBACK_NAME: Final = "localhost"
"""For clients that send no SNI, as those do that connect to an address."""
_LOOPBACK: Final = (
    x509.IPAddress(IPv4Address("127.0.0.1")),
    x509.IPAddress(IPv6Address("::1")),
)


@dataclass(frozen=True, slots=True)
class _Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.key_pem + self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def expires_before(self, moment: datetime) -> bool:
        return self.certificate.not_valid_after_utc < moment


class CertificateAuthority:
    """Make certificates for host names, signed by an authority of our own.

    Args:
        folder: where the authority lives; made with mode 0700 when missing.
        clock: tells from when on a certificate is valid, and when it has to be renewed.

    Raises:
        InputError: the folder or the files in it cannot be used.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._contexts: OrderedDict[str, tuple[ssl.SSLContext, datetime]] = OrderedDict()
        with _file_errors(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._authority = self._open()

    @property
    def pem(self) -> str:
        """The authority's certificate, for whoever has to trust it."""
        encoded = self._authority.certificate.public_bytes(serialization.Encoding.PEM)
        return encoded.decode("ascii")

    def write_bundle(self) -> Path:
        """Write the system's roots and our authority into one file, and tell where it is.

        `AWS_CA_BUNDLE` and its kind replace the system's roots, so both have to be in it.
        """
        bundle = self._folder / _BUNDLE_FILE
        with _file_errors(self._folder):
            text = f"{_system_roots()}\n# Routekey's own authority\n{self.pem}"
            write_private_file(bundle, text.encode("utf-8"), replace=True)
        return bundle

    def server_context(self) -> ssl.SSLContext:
        """Make a TLS context that has a certificate for any host name a client asks for."""
        context, _ = self._make_context(_FALLBACK_NAME)
        context.sni_callback = self._select_context
        return context

    def _select_context(
        self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
    ) -> int | None:
        if name is None:
            return None
        if not _HOST_NAME.fullmatch(name.lower()):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self.context_for(name.lower())
        return None

    def context_for(self, name: str) -> ssl.SSLContext:
        """Make a TLS context with a certificate for one host name, in lower case."""
        now = self._now()
        cached = self._contexts.pop(name, None)
        if cached is None or cached[1] < now:
            cached = self._make_context(name)
        self._contexts[name] = cached  # now the last to go
        while len(self._contexts) > _CONTEXTS_MAX:
            self._contexts.popitem(last=False)
        return cached[0]

    def _make_context(self, name: str) -> tuple[ssl.SSLContext, datetime]:
        leaf = _issue_leaf(name, self._authority, self._now())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2  # DP-URL-08
        context.set_alpn_protocols(["http/1.1"])
        # OpenSSL takes a key from a file only: it exists, in our private folder, for a moment.
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".pem") as file:
            file.write(leaf.pem)
            file.flush()
            context.load_cert_chain(file.name)
        return context, leaf.certificate.not_valid_after_utc - _RENEWAL

    def _open(self) -> _Issued:
        """Read the authority, or make it; of two processes that make it, the first one wins."""
        file = self._folder / _AUTHORITY_FILE
        renewal = self._now() + _RENEWAL
        authority = _read_authority(file)
        if authority is not None and not authority.expires_before(renewal):
            return authority
        fresh = _issue_authority(self._now())
        write_private_file(file, fresh.pem, replace=authority is not None)
        stored = _read_authority(file)
        if stored is None:
            raise InputError("the certificate authority vanished while it was made", file=str(file))
        return stored

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)


def _read_authority(file: Path) -> _Issued | None:
    try:
        with file.open("rb") as stream:
            is_ours, content = is_private(stream), stream.read()
    except FileNotFoundError:
        return None
    if not is_ours:
        raise InputError(
            "the key of Routekey's certificate authority can be read by other users",
            remedy="Delete the file: a new one is made at the next start.",
            file=str(file),
        )
    with suppress(ValueError, TypeError, UnsupportedAlgorithm):
        key = serialization.load_pem_private_key(content, password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return _Issued(x509.load_pem_x509_certificate(content), key)
    raise InputError(
        "the certificate authority is damaged",
        remedy="Delete the file: a new one is made at the next start.",
        file=str(file),
    )


def _issue_authority(now: datetime) -> _Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Routekey local authority")])
    builder = _certificate(name, name, key.public_key(), now, _AUTHORITY_LIFE)
    # Python 3.13 checks strictly: without key usage and key identifiers it trusts nothing.
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(is_authority=True), critical=True)
    return _Issued(builder.sign(key, hashes.SHA256()), key)


def _issue_leaf(name: str, authority: _Issued, now: datetime) -> _Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    # The name stands in the extension alone: a common name holds 64 characters, a host name 253.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Routekey")])
    issuer = authority.certificate.subject
    builder = _certificate(subject, issuer, key.public_key(), now, _LEAF_LIFE)
    addresses = _LOOPBACK if name == _FALLBACK_NAME else ()
    for extension, is_critical in (
        (x509.SubjectAlternativeName([x509.DNSName(name), *addresses]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(is_authority=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical=is_critical)
    return _Issued(builder.sign(authority.key, hashes.SHA256()), key)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    """Begin a certificate with what an authority and a leaf have in common."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATING)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _system_roots() -> str:
    """Read the roots that OpenSSL trusts here, else those that boto3 brings.

    A company's own root is in the system's file, and the functions' calls to the outside need it.
    """
    paths = ssl.get_default_verify_paths()
    if paths.cafile is not None:
        return Path(paths.cafile).read_text(encoding="utf-8", errors="replace")
    return (Path(botocore.__file__).parent / "cacert.pem").read_text(encoding="utf-8")


@contextmanager
def _file_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"the folder for certificates cannot be used: {error.strerror or error}",
            remedy="Set XDG_DATA_HOME to a folder that you can write to.",
            file=str(folder),
        ) from error
