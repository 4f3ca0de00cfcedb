"""The seed of a data folder."""

from pathlib import Path

import pytest

from routekey.adapters.seed import SEED_FILE, open_seed
from routekey.errors import InputError
from routekey.projects import SEED_BYTES


def test_it_is_made_once_and_stays(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    seed = open_seed(folder)
    assert len(seed) == SEED_BYTES
    assert open_seed(folder) == seed
    assert open_seed(tmp_path / "other") != seed


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    open_seed(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / SEED_FILE).stat().st_mode & 0o777 == 0o600


def test_a_seed_that_others_could_read_is_not_used(tmp_path: Path) -> None:
    open_seed(tmp_path)
    (tmp_path / SEED_FILE).chmod(0o640)
    with pytest.raises(InputError, match="can be read by other users"):
        open_seed(tmp_path)


@pytest.mark.parametrize("size", [0, SEED_BYTES - 1, SEED_BYTES + 1])
def test_a_damaged_seed_is_not_used(tmp_path: Path, size: int) -> None:
    open_seed(tmp_path)
    (tmp_path / SEED_FILE).write_bytes(bytes(size))
    with pytest.raises(InputError, match="damaged"):
        open_seed(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot be used: .*--data"):
        open_seed(tmp_path / "file" / "folder")
