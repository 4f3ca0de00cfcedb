"""AWS's own client and transport; the cases themselves are in test_function_process.py."""

import pytest

from adapters.functions.laboratory import Lab


@pytest.fixture
def is_http() -> bool:
    """Use the HTTP Runtime API only."""
    return True


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
