"""The code of functions, in a folder."""

import errno
from pathlib import Path

import pytest

from routekey.adapters.store.code_folder import CodeFolder
from routekey.resources.store import StoreError


def read(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.iterdir()}


async def test_a_package_is_kept_under_its_hash(tmp_path: Path) -> None:
    folder = CodeFolder(tmp_path / "data" / "code")
    one = await folder.keep(b"PK one")
    assert await folder.keep(b"PK one") == one
    two = await folder.keep(b"PK two")
    assert read(tmp_path / "data" / "code") == {one: b"PK one", two: b"PK two"}


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "code").write_text("a file")
    with pytest.raises(StoreError, match="could not be written"):
        await CodeFolder(tmp_path / "code").keep(b"PK")


async def test_nothing_is_left_of_a_write_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(StoreError, match="No space left"):
        await CodeFolder(tmp_path).keep(b"PK")
    assert read(tmp_path) == {}


async def test_a_package_is_found_by_its_name_and_by_nothing_else(tmp_path: Path) -> None:
    folder = CodeFolder(tmp_path / "code")
    path = await folder.keep(b"PK")
    assert await folder.find(Path(path).name) == path
    (tmp_path / "other.zip").write_bytes(b"PK")
    assert await folder.find("../other.zip") is None
