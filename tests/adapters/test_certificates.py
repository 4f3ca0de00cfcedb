"""Routekey's own certificate authority."""

import shutil
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from routekey.adapters.certificates import CertificateAuthority
from routekey.errors import InputError

API_HOST = "6behyoa40f.execute-api.eu-west-2.amazonaws.com"
DAY_MS = 24 * 60 * 60 * 1000
NOW_MS = 1_790_000_000_000


@dataclass
class SetClock:
    """A clock that stands where the test puts it."""

    ms: int = NOW_MS

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "routekey" / "certificates"


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str | None) -> ssl.SSLObject:
    """Shake hands in memory and give the client's end."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname=name)
    far = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for end in (near, far):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    near.read(0)
    return near


def client_context(bundle: Path, *, strict: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=bundle)
    if strict:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def peer_certificate(connection: ssl.SSLObject) -> x509.Certificate:
    der = connection.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der)


@pytest.fixture
def real_clock() -> SetClock:
    """Certificates that OpenSSL checks have to be valid today."""
    return SetClock(ms=int(Path("/proc/self").stat().st_ctime * 1000))


@pytest.mark.parametrize("name", [API_HOST, API_HOST.upper(), f"{'x' * 63}.{'y' * 63}.example.com"])
def test_a_client_that_has_the_bundle_trusts_any_host_name(
    folder: Path, real_clock: SetClock, name: str
) -> None:
    authority = CertificateAuthority(folder, real_clock)
    client = client_context(authority.write_bundle(), strict=True)
    connection = handshake(authority.server_context(), client, name)
    names = peer_certificate(connection).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == [name.lower()]
    assert connection.version() == "TLSv1.3"


def test_a_client_without_the_bundle_does_not_trust_us(folder: Path, real_clock: SetClock) -> None:
    authority = CertificateAuthority(folder, real_clock)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(authority.server_context(), ssl.create_default_context(), API_HOST)


def test_a_client_that_names_no_host_gets_the_certificate_of_localhost(
    folder: Path, real_clock: SetClock
) -> None:
    authority = CertificateAuthority(folder, real_clock)
    client = client_context(authority.write_bundle())
    client.check_hostname = False
    connection = handshake(authority.server_context(), client, None)
    names = peer_certificate(connection).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["localhost"]
    addresses = names.value.get_values_for_type(x509.IPAddress)
    assert [str(address) for address in addresses] == ["127.0.0.1", "::1"]


def test_a_host_name_that_cannot_be_one_is_refused(folder: Path, real_clock: SetClock) -> None:
    authority = CertificateAuthority(folder, real_clock)
    client = client_context(authority.write_bundle())
    with pytest.raises(ssl.SSLError, match="callback failed"):
        handshake(authority.server_context(), client, "a$b.example.com")


def test_the_bundle_holds_the_systems_roots_too(folder: Path, clock: SetClock) -> None:
    """`AWS_CA_BUNDLE` replaces the roots: without them a function could call nobody else."""
    bundle = CertificateAuthority(folder, clock).write_bundle()
    assert bundle.read_text().count("BEGIN CERTIFICATE") > 50


def test_without_system_roots_the_bundle_takes_those_of_boto3(
    folder: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/roots.pem")
    bundle = CertificateAuthority(folder, clock).write_bundle()
    assert bundle.read_text().count("BEGIN CERTIFICATE") > 50


def test_the_authority_is_kept_for_the_next_start(folder: Path, clock: SetClock) -> None:
    assert CertificateAuthority(folder, clock).pem == CertificateAuthority(folder, clock).pem


def test_nobody_else_can_read_the_key(folder: Path, clock: SetClock) -> None:
    CertificateAuthority(folder, clock).write_bundle()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    assert modes == {"certificates": 0o700, "authority.pem": 0o600, "bundle.pem": 0o600}


def test_an_authority_near_its_end_is_made_anew(folder: Path, clock: SetClock) -> None:
    first = CertificateAuthority(folder, clock).pem
    clock.ms += 3600 * DAY_MS
    assert CertificateAuthority(folder, clock).pem == first
    clock.ms += 25 * DAY_MS
    assert CertificateAuthority(folder, clock).pem != first


def test_a_host_keeps_its_certificate_until_it_nears_its_end(folder: Path, clock: SetClock) -> None:
    authority = CertificateAuthority(folder, clock)
    first = authority.context_for("localhost")
    clock.ms += 360 * DAY_MS
    assert authority.context_for("localhost") is first
    clock.ms += 10 * DAY_MS
    assert authority.context_for("localhost") is not first


def test_only_so_many_hosts_are_kept(folder: Path, real_clock: SetClock) -> None:
    authority = CertificateAuthority(folder, real_clock)
    server = authority.server_context()
    client = client_context(authority.write_bundle())
    for number in range(70):
        handshake(server, client, f"{number}.example.com")
    assert len(authority._contexts) == 64


@pytest.mark.parametrize("content", [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\nAA==\n"])
def test_a_damaged_authority_is_an_error_with_a_remedy(
    folder: Path, clock: SetClock, content: bytes
) -> None:
    CertificateAuthority(folder, clock)
    (folder / "authority.pem").write_bytes(content)
    with pytest.raises(InputError, match=r"authority.pem: .* damaged\. Delete the file"):
        CertificateAuthority(folder, clock)


def test_a_key_of_another_kind_is_an_error_with_a_remedy(folder: Path, clock: SetClock) -> None:
    CertificateAuthority(folder, clock)
    foreign = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "authority.pem").write_bytes(foreign)
    with pytest.raises(InputError, match="damaged"):
        CertificateAuthority(folder, clock)


def test_a_key_that_others_could_read_is_not_used(folder: Path, clock: SetClock) -> None:
    CertificateAuthority(folder, clock)
    (folder / "authority.pem").chmod(0o644)
    with pytest.raises(InputError, match=r"can be read by other users\. Delete the file"):
        CertificateAuthority(folder, clock)


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(
    tmp_path: Path, clock: SetClock
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Set XDG_DATA_HOME"):
        CertificateAuthority(tmp_path / "file" / "certificates", clock)


def test_a_folder_that_vanished_is_an_error(folder: Path, clock: SetClock) -> None:
    authority = CertificateAuthority(folder, clock)
    shutil.rmtree(folder)
    with pytest.raises(InputError, match="cannot be used"):
        authority.write_bundle()


MAKE = """
import sys
from pathlib import Path
from routekey.adapters.certificates import CertificateAuthority
from routekey.adapters.system import SystemClock
print("ready", flush=True)
sys.stdin.read()
print(CertificateAuthority(Path(sys.argv[1]), SystemClock()).pem)
"""


def test_processes_that_start_at_once_share_one_authority(folder: Path) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.close()
    authorities = []
    for child in children:
        with child:
            assert child.stdout is not None
            authorities.append(child.stdout.read())
    assert authorities[0].startswith("-----BEGIN CERTIFICATE-----")
    assert authorities == authorities[:1] * len(children)
