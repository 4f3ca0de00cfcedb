"""Code of functions that lies in S3: of the local services, or at AWS.

At AWS it is read with the machine's own keys, as whoever starts the gateway has them.
"""

import asyncio
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from routekey.adapters.functions.local_clients import FindEndpoint
from routekey.errors import InputError
from routekey.resources.store import ObjectError

_READ_SECONDS_MAX: Final = 60
_UNAVAILABLE: Final = "ServiceUnavailable"


class S3Objects:
    """Objects of S3. Implements `resources.store.ObjectStore`.

    Args:
        find_endpoint: tells where the services are.
        region: of the services.
    """

    def __init__(self, find_endpoint: FindEndpoint, region: str) -> None:
        self._find_endpoint = find_endpoint
        self._region = region
        self._turn = asyncio.Lock()
        """Of whoever reads: one package at a time is held here, however many are asked for."""

    async def read(self, bucket: str, key: str, version: str | None, *, bytes_max: int) -> bytes:
        """Read an object, so large at most."""
        async with self._turn:
            try:
                endpoint = await self._find_endpoint()
                client = await asyncio.to_thread(self._make_client, endpoint)
                return await asyncio.to_thread(
                    _read, client, bytes_max, Bucket=bucket, Key=key, **_name_version(version)
                )
            except ClientError as error:
                found = error.response.get("Error", {})
                raise ObjectError(
                    found.get("Code", _UNAVAILABLE), found.get("Message", str(error))
                ) from error
            except (BotoCoreError, InputError) as error:
                raise ObjectError(_UNAVAILABLE, str(error)) from error

    def _make_client(self, endpoint: str | None) -> Any:
        import boto3  # noqa: PLC0415  # a twentieth of a start, for those who have code in S3
        from botocore.config import Config  # noqa: PLC0415  # the same

        config = Config(
            retries={"max_attempts": 2},
            connect_timeout=5,
            read_timeout=_READ_SECONDS_MAX,
            s3={} if endpoint is None else {"addressing_style": "path"},
        )
        keys = {"aws_access_key_id": "routekey", "aws_secret_access_key": "routekey"}
        local = {} if endpoint is None else {**keys, "endpoint_url": endpoint}
        make: Any = boto3.session.Session(region_name=self._region).client  # wants a literal
        return make("s3", config=config, **local)


def _name_version(version: str | None) -> dict[str, str]:
    return {} if version is None else {"VersionId": version}


def _read(client: Any, bytes_max: int, **named: str) -> bytes:
    try:
        found = client.get_object(**named)
        with found["Body"] as body:
            if found["ContentLength"] > bytes_max:
                raise ObjectError("EntityTooLarge", f"The object has more than {bytes_max} bytes")
            content: bytes = body.read()
            return content
    finally:
        client.close()
