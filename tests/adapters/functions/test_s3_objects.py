"""Code in S3: the emulator's, and nobody's."""

from collections.abc import AsyncIterator
from typing import Any

import boto3
import pytest

from routekey.adapters.aws_services import EmbeddedServices
from routekey.adapters.functions.s3_objects import S3Objects
from routekey.errors import InputError
from routekey.ids import AccountId
from routekey.resources.store import ObjectError

REGION = "us-east-1"


@pytest.fixture
async def services() -> AsyncIterator[EmbeddedServices]:
    embedded = EmbeddedServices(REGION, AccountId("123456789012"), lambda _: None)
    yield embedded
    await embedded.close()


async def put(services: EmbeddedServices, *contents: bytes) -> tuple[Any, list[str]]:
    """Put versions of one object; give a client, and the ids of the versions."""
    make: Any = boto3.client  # its overloads want a literal
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = make("s3", region_name=REGION, endpoint_url=await services.endpoint(), **keys)
    client.create_bucket(Bucket="code")
    client.put_bucket_versioning(Bucket="code", VersioningConfiguration={"Status": "Enabled"})
    made = [client.put_object(Bucket="code", Key="a/b.zip", Body=each) for each in contents]
    return client, [each["VersionId"] for each in made]


async def test_an_object_is_read_in_the_version_that_is_asked_for(
    services: EmbeddedServices,
) -> None:
    client, versions = await put(services, b"first", b"second")
    objects = S3Objects(services.endpoint, REGION)
    assert await objects.read("code", "a/b.zip", None, bytes_max=10) == b"second"
    assert await objects.read("code", "a/b.zip", versions[0], bytes_max=10) == b"first"
    with pytest.raises(ObjectError) as caught:
        await objects.read("code", "a/b.zip", None, bytes_max=5)
    assert caught.value.code == "EntityTooLarge"
    for bucket, key, code in (("none", "a", "NoSuchBucket"), ("code", "none", "NoSuchKey")):
        with pytest.raises(ObjectError) as caught:
            await objects.read(bucket, key, None, bytes_max=10)
        assert caught.value.code == code
    client.close()


async def test_services_that_nobody_reaches_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def find_nobody() -> str:
        return "http://127.0.0.1:1"

    async def fail() -> str:
        raise InputError("the emulator is not installed")

    async def find_aws() -> None:
        return None

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for find, text in (
        (find_nobody, "Could not connect"),
        (fail, "not installed"),
        (find_aws, "Unable to locate credentials"),
    ):
        with pytest.raises(ObjectError) as caught:
            await S3Objects(find, REGION).read("code", "a", None, bytes_max=10)
        assert caught.value.code == "ServiceUnavailable"
        assert text in str(caught.value)
