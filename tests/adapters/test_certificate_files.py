"""The operator's own certificates."""

import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from routekey.adapters.certificate_files import CertificateFiles, make_server_context
from routekey.adapters.certificates import CertificateAuthority
from routekey.adapters.system import SystemClock
from routekey.errors import InputError
from routekey.testing.fakes import FakeClock


class Laboratory:
    """A folder of certificates, and a listener's context that serves them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock(SystemClock().now_ms())  # OpenSSL has the real time
        self.authority = CertificateAuthority(folder / "authority", self.clock)
        self.complaints: list[str] = []

    def write(self, name: str, *domains: str, days: int = 90, password: bytes | None = None) -> str:
        """Write a self-signed certificate and its key; give the pair as it is configured."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = dt.datetime.fromtimestamp(self.clock.now_ms() / 1000, dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=days))
        )
        if domains:
            names = x509.SubjectAlternativeName([x509.DNSName(domain) for domain in domains])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(key, hashes.SHA256())
        chain, key_file = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        encryption: serialization.KeySerializationEncryption = (
            serialization.NoEncryption()
            if password is None
            else serialization.BestAvailableEncryption(password)
        )
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
            )
        )
        return f"{chain}:{key_file}"

    def files(self, *pairs: str, tls_version_min: str = "1.2") -> CertificateFiles:
        return CertificateFiles(
            pairs,
            tls_version_min=tls_version_min,
            clock=self.clock,
            complain=self.complaints.append,
            local_context_for=self.authority.context_for,
        )


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    return Laboratory(tmp_path)


def ask(
    server: ssl.SSLContext, name: str | None, version: ssl.TLSVersion | None = None
) -> tuple[str, str]:
    """Shake hands in memory; give the common name of the certificate and the version."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    if version is not None:
        client.maximum_version = version
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname=name)
    far = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(3):
        for end in (near, far):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    der = near.getpeercert(binary_form=True)
    assert der is not None
    (attribute,) = x509.load_der_x509_certificate(der).subject
    return str(attribute.value), near.version() or ""


def test_each_name_gets_its_certificate_and_none_the_first(laboratory: Laboratory) -> None:
    pairs = (
        laboratory.write("one", "ws.example.com"),
        laboratory.write("two", "*.example.com", "other.example.org"),
    )
    server = laboratory.files(*pairs).server_context()
    for name, certificate in (
        ("ws.example.com", "one"),
        ("WS.Example.com", "one"),
        ("chat.example.com", "two"),
        ("other.example.org", "two"),
        (None, "one"),
    ):
        assert ask(server, name)[0] == certificate


@pytest.mark.parametrize("name", ["example.net", "a.b.example.com", "example.com", "a.b.localhost"])
def test_a_name_without_a_certificate_is_refused(laboratory: Laboratory, name: str) -> None:
    server = laboratory.files(laboratory.write("one", "*.example.com")).server_context()
    with pytest.raises(ssl.SSLError, match="callback failed"):
        ask(server, name)


@pytest.mark.parametrize("name", ["localhost", "6behyoa40f.localhost"])
def test_a_name_of_this_machine_gets_one_of_our_authority(
    laboratory: Laboratory, name: str
) -> None:
    server = laboratory.files(laboratory.write("one", "ws.example.com")).server_context()
    assert ask(server, name)[0] == "Routekey"


@pytest.mark.rule("DP-URL-08")
def test_the_floor_is_tls_1_2_or_1_3(laboratory: Laboratory) -> None:
    pair = laboratory.write("one", "ws.example.com")
    server = laboratory.files(pair).server_context()
    assert ask(server, "ws.example.com")[1] == "TLSv1.3"
    assert ask(server, "ws.example.com", ssl.TLSVersion.TLSv1_2)[1] == "TLSv1.2"
    strict = laboratory.files(pair, tls_version_min="1.3").server_context()
    assert ask(strict, "ws.example.com")[1] == "TLSv1.3"
    with pytest.raises(ssl.SSLError):
        ask(strict, "ws.example.com", ssl.TLSVersion.TLSv1_2)


def test_a_renewed_certificate_serves_without_a_restart(laboratory: Laboratory) -> None:
    pair = laboratory.write("one", "ws.example.com")
    server = laboratory.files(pair).server_context()
    chain, key = (Path(part) for part in pair.split(":"))
    new_chain, new_key = (
        Path(part) for part in laboratory.write("renewed", "ws.example.com").split(":")
    )
    new_chain.replace(chain)
    new_key.replace(key)
    assert ask(server, "ws.example.com")[0] == "one"  # looked at a moment ago
    laboratory.clock.advance(1)
    assert ask(server, "ws.example.com")[0] == "renewed"
    assert ask(server, None)[0] == "renewed"


def test_files_that_break_leave_the_last_good_certificate(laboratory: Laboratory) -> None:
    pair = laboratory.write("one", "ws.example.com")
    server = laboratory.files(pair).server_context()
    chain = Path(pair.split(":")[0])
    good = chain.read_bytes()
    for damage in (chain.unlink, lambda: chain.write_text("half")):
        damage()
        laboratory.clock.advance(1)
        assert ask(server, "ws.example.com")[0] == "one"
        assert str(chain) in laboratory.complaints[-1]
        assert laboratory.complaints[-1].endswith("was read before still serves.")
    chain.write_bytes(good)
    laboratory.clock.advance(1)
    assert ask(server, "ws.example.com")[0] == "one"


def test_chain_and_key_may_be_one_file(laboratory: Laboratory) -> None:
    chain, key = (Path(part) for part in laboratory.write("one", "ws.example.com").split(":"))
    both = laboratory.folder / "both.pem"
    both.write_bytes(chain.read_bytes() + key.read_bytes())
    assert ask(laboratory.files(str(both)).server_context(), "ws.example.com")[0] == "one"


def test_the_operator_is_told_of_an_end_that_is_near(laboratory: Laboratory) -> None:
    server = laboratory.files(laboratory.write("one", "ws.example.com", days=30)).server_context()
    assert laboratory.complaints == []
    laboratory.clock.advance(17 * 24 * 3600)
    ask(server, "ws.example.com")
    (complaint,) = set(laboratory.complaints)
    assert complaint.endswith(": renew it")


def test_what_cannot_serve_is_an_error_that_names_the_file(laboratory: Laboratory) -> None:
    good = laboratory.write("good", "ws.example.com")
    other = laboratory.write("other", "ws.example.com")
    locked = laboratory.write("locked", "ws.example.com", password=b"secret")
    nameless = laboratory.write("nameless")
    chain, key = good.split(":")[0], other.split(":")[1]
    for pair, problem, file in (
        (f"{chain}:{key}", "is no certificate with its key: key values mismatch", chain),
        (f"{chain}:/nowhere.pem", "cannot be read: No such file or directory", chain),
        ("/nowhere.pem", "cannot be read: No such file or directory", "/nowhere.pem"),
        (locked, "is no certificate with its key", locked.split(":")[0]),
        (nameless, "names its domains", nameless.split(":")[0]),
        (key, "is no certificate with its key", key),
    ):
        with pytest.raises(InputError, match=problem) as caught:
            laboratory.files(pair)
        assert caught.value.file in {file, "/nowhere.pem"}
        assert "CHAIN:KEY" in caught.value.remedy


@pytest.mark.parametrize("has_files", [False, True])
def test_the_listener_has_the_operator_s_certificates_or_our_own(
    laboratory: Laboratory, *, has_files: bool
) -> None:
    pairs = (laboratory.write("one", "ws.example.com"),) if has_files else ()
    server = make_server_context(
        pairs,
        tls_version_min="1.3",
        authority=laboratory.authority,
        clock=laboratory.clock,
        complain=laboratory.complaints.append,
    )
    assert ask(server, "ws.example.com") == ("one" if has_files else "Routekey", "TLSv1.3")
    with pytest.raises(ssl.SSLError):
        ask(server, "ws.example.com", ssl.TLSVersion.TLSv1_2)
