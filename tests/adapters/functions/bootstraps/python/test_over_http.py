"""AWS's own client and transport; the cases themselves are in test_function_process.py."""

import pytest

from adapters.functions.laboratory import Lab
from routekey.adapters.functions import FrontDoor

URL = "https://6behyoa40f.execute-api.us-east-1.amazonaws.com/dev"


@pytest.fixture
def is_http() -> bool:
    """Use the HTTP Runtime API only."""
    return True


async def test_an_endpoint_that_is_no_address_gets_the_one_that_is_served(lab: Lab) -> None:
    source = """
    import boto3
    def handler(event, context):
        client = boto3.client("apigatewaymanagementapi", endpoint_url="xxx.com/production")
        return client.meta.endpoint_url
    """
    door = FrontDoor(host="127.0.0.1", port=9, ca_bundle=lab.folder / "none", callback_url=URL)
    lab.pools.set_front_door(door)
    await lab.serve(lab.python(source))
    assert await lab.call() == URL
    assert any("'xxx.com/production' has no scheme" in line for line in lab.output())


@pytest.mark.rule("LAM-RAPI-01", "LAM-ENV-01")
async def test_the_process_speaks_the_runtime_api_and_shows_nothing_of_ours(lab: Lab) -> None:
    source = """
    import os, sys
    def handler(event, context):
        ours = [name for name in os.environ if "ROUTEKEY" in name]
        return [os.environ["AWS_LAMBDA_RUNTIME_API"], ours, "runtime_client" in sys.modules]
    """
    await lab.serve(lab.python(source))
    address, ours, is_native = await lab.call()
    assert address.startswith("127.0.0.1:")
    assert (ours, is_native) == ([], True)
    assert (await lab.call())[0] == address
