from collections.abc import AsyncIterator

import pytest

from adapters.emulated import Local


@pytest.fixture
async def local() -> AsyncIterator[Local]:
    made = Local()
    yield made
    await made.services.close()
