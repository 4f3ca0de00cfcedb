"""A gateway in production, called with a key of `routekey keys` over TLS of the operator's own."""

import asyncio
import datetime as dt
import ssl
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cli.processes import routekey
from routekey.adapters.system import SystemClock
from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, write_project
from scenarios.running import Running, ask, connect, wait_until

DOMAIN = "ws.example.com"
TELL = Source(
    text="""
def handler(event, context):
    return {"statusCode": 200, "body": event["requestContext"]["connectionId"]}
"""
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(
        tmp_path / "project", {"Tell": TELL}, {"$default": "Tell"}, two_way=("$default",)
    )


def keys(tmp_path: Path, *arguments: str) -> str:
    done = routekey("keys", *arguments, XDG_DATA_HOME=str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_key(tmp_path: Path, policy: str) -> dict[str, str]:
    lines = keys(tmp_path, "create", "backend", "--policy", policy).splitlines()
    pairs = [line.partition("=") for line in lines]
    return {name.lower(): value for name, _, value in pairs}


def push(running: Running, key: dict[str, str], connection_id: str) -> None:
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=running.callback_url,
        region_name="us-east-1",
        aws_access_key_id=key["aws_access_key_id"],
        aws_secret_access_key=key["aws_secret_access_key"],
    )
    client.post_to_connection(ConnectionId=connection_id, Data=b"pushed")
    client.close()


def refusal(running: Running, key: dict[str, str], connection_id: str) -> str:
    with pytest.raises(ClientError) as caught:
        push(running, key, connection_id)
    code: str = caught.value.response["Error"]["Code"]
    return code


async def test_a_key_pushes_until_it_is_revoked(
    project: Path, tmp_path: Path, routekey_serve: RoutekeyRun
) -> None:
    running = await routekey_serve(project)
    async with running.connect() as client:
        connection_id = await ask(client, "who am I")
        key = await asyncio.to_thread(make_key, tmp_path, "AmazonAPIGatewayInvokeFullAccess")
        weak = await asyncio.to_thread(make_key, tmp_path, "AWSLambdaRole")

        def is_known() -> bool:
            return refusal(running, weak, connection_id) == "AccessDeniedException"

        await wait_until(is_known, "the gateway to learn of the keys")
        await running.wait_for_output("Add to its identity-based policy")
        await asyncio.to_thread(push, running, key, connection_id)
        assert await client.recv() == "pushed"
        await asyncio.to_thread(keys, tmp_path, "revoke", key["aws_access_key_id"])

        def is_refused() -> bool:
            try:
                push(running, key, connection_id)
            except ClientError as error:
                return bool(error.response["Error"]["Code"] == "UnrecognizedClientException")
            return False

        await wait_until(is_refused, "the gateway to learn that the key is revoked")
    assert key["aws_secret_access_key"] not in running.output


async def test_the_holder_of_a_key_can_ask_who_he_is(
    project: Path, tmp_path: Path, routekey_serve: RoutekeyRun
) -> None:
    key = await asyncio.to_thread(make_key, tmp_path, "AWSLambdaRole")
    running = await routekey_serve(project)
    sts = boto3.client(
        "sts",
        endpoint_url=running.addresses["admin"],
        region_name="us-east-1",
        aws_access_key_id=key["aws_access_key_id"],
        aws_secret_access_key=key["aws_secret_access_key"],
    )
    identity = await asyncio.to_thread(sts.get_caller_identity)
    sts.close()
    assert identity["Arn"] == "arn:aws:iam::000000000000:user/backend"


def write_certificate(folder: Path) -> Path:
    """Write a self-signed certificate and its key into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DOMAIN)])
    now = dt.datetime.fromtimestamp(SystemClock().now_ms() / 1000, dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(DOMAIN)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.mark.rule("DP-URL-08")
async def test_clients_see_the_operator_s_certificate(
    project: Path, tmp_path: Path, routekey_serve: RoutekeyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("ROUTEKEY_GATEWAY_CERTIFICATES", str(certificate))
    monkeypatch.setenv("ROUTEKEY_GATEWAY_TLS_VERSION_MIN", "1.3")
    running = await routekey_serve(project)
    context = ssl.create_default_context(cafile=str(certificate))
    host, _, port = running.addresses["gateway"].removeprefix("http://").partition(":")
    async with running.connect() as plain:  # one port for both
        assert await ask(plain, "who am I")
    url = f"wss://{DOMAIN}:{port}/dev"
    async with connect(url, host=host, port=int(port), ssl=context) as client:
        assert await ask(client, "who am I")
