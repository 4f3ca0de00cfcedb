"""Client certificates, shown to a backend that wants one."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.integrations.conftest import Backend
from routekey.adapters.certificates import CertificateAuthority
from routekey.adapters.integrations.client_certificates import load_tls
from routekey.adapters.integrations.http import HttpIntegration, system_context, system_tls
from routekey.adapters.integrations.http_pool import HttpPool
from routekey.adapters.system import SystemClock
from routekey.errors import InputError, IntegrationFailure
from routekey.gateway.ports import HttpCall


def make_certificate(password: bytes | None = None) -> bytes:
    """Make a certificate that signs itself, with its key, as one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    now = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "client-certificates"
    folder.mkdir()
    (folder / "a1b2c3.pem").write_bytes(make_certificate())
    (folder / "README.txt").write_text("what is no .pem file is left alone")
    return folder


@pytest.fixture
async def strict_backend(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Backend]:
    """A backend that asks for the client's certificate; the system trusts its own."""
    authority = CertificateAuthority(tmp_path / "authority", SystemClock())
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write_bundle()))
    system_context.cache_clear()
    context = authority.context_for("localhost")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(folder / "a1b2c3.pem")
    backend = Backend()
    server = await asyncio.start_server(backend.serve, "127.0.0.1", 0, ssl=context)
    backend.port = server.sockets[0].getsockname()[1]
    yield backend
    server.close()
    system_context.cache_clear()


def call(backend: Backend, certificate_id: str | None) -> HttpCall:
    return HttpCall(
        method="POST",
        url=f"https://localhost:{backend.port}/",
        headers=(),
        body=b"",
        timeout_ms=10_000,
        client_certificate_id=certificate_id,
        tls_server_name="localhost",
    )


@pytest.mark.rule("DP-INT-34")
async def test_a_backend_sees_the_certificate_of_the_stage(
    strict_backend: Backend, folder: Path
) -> None:
    pool = HttpPool(allows_private=True)
    http = HttpIntegration(pool, load_tls(folder))
    assert (await http.invoke(call(strict_backend, "a1b2c3"))).status == 200
    with pytest.raises(IntegrationFailure, match="localhost"):
        await http.invoke(call(strict_backend, None))
    with pytest.raises(IntegrationFailure, match="there is no client certificate other"):
        await http.invoke(call(strict_backend, "other"))
    pool.close()


def test_without_a_folder_there_are_no_certificates() -> None:
    assert system_tls(None) is not None
    assert system_tls("a1b2c3") is None


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.pem", b"", "is no client certificate"),
        ("locked.pem", make_certificate(b"secret"), "is no client certificate"),
        ("folder.pem", None, "cannot be read|is no client certificate"),
    ],
)
def test_a_file_that_is_none_is_named_with_the_remedy(
    folder: Path, name: str, content: bytes | None, problem: str
) -> None:
    if content is None:
        (folder / name).mkdir()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=problem) as caught:
        load_tls(folder)
    assert str(caught.value).startswith(str(folder / name))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"/nowhere: there is no such folder"):
        load_tls(tmp_path / "nowhere")
