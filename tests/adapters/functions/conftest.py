"""Every test of functions gets a laboratory, and leaves nothing behind in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.functions.laboratory import Lab


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    laboratory = Lab(tmp_path)
    yield laboratory
    await laboratory.pools.close()
    assert list(laboratory.temporary_folder.iterdir()) == []
