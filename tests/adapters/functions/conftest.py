"""Every test of functions gets a laboratory, and leaves nothing behind in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.functions.laboratory import Lab


@pytest.fixture
def is_http() -> bool:
    """Tell which transport functions use; test files may hold their cases on both."""
    return False


@pytest.fixture
async def lab(tmp_path: Path, *, is_http: bool) -> AsyncIterator[Lab]:
    laboratory = Lab(tmp_path, is_http=is_http)
    yield laboratory
    await laboratory.pools.close()
    assert list(laboratory.temporary_folder.iterdir()) == []
