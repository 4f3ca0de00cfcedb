"""Clients of the local services."""

from adapters.functions.laboratory import REGION
from routekey.adapters.functions.local_clients import make_clients


def test_a_client_speaks_to_the_local_services_alone() -> None:
    client = make_clients("http://127.0.0.1:9", REGION)("sqs")
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert client.meta.region_name == REGION
    client.close()
