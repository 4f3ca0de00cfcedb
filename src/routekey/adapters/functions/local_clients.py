"""Clients of the local services, which want keys and take any."""

from collections.abc import Awaitable, Callable
from typing import Any

FindEndpoint = Callable[[], Awaitable[str | None]]
"""Finds the URL of the local services; None is AWS itself."""


def make_clients(endpoint: str, region: str) -> Callable[[str], Any]:
    """Give what makes a client of a service, by the service's name."""
    import boto3  # noqa: PLC0415  # a twentieth of a start, for projects that have use for it
    from botocore.config import Config  # noqa: PLC0415  # the same

    session = boto3.session.Session(region_name=region)
    config = Config(retries={"max_attempts": 1}, connect_timeout=5, read_timeout=10)
    keys = {"aws_access_key_id": "routekey", "aws_secret_access_key": "routekey"}
    make: Any = session.client  # its overloads want a literal
    return lambda service: make(service, endpoint_url=endpoint, config=config, **keys)
