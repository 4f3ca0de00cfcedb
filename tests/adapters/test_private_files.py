"""Files for their owner's eyes."""

from pathlib import Path

import pytest

from routekey.adapters.private_files import is_private, write_private_file


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_private_file(file, b"secret", replace=False)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(("replace", "content"), [(True, b"second"), (False, b"first")])
def test_a_file_that_is_there_stays_or_is_replaced(
    tmp_path: Path, replace: bool, content: bytes
) -> None:
    file = tmp_path / "key"
    for each in (b"first", b"second"):
        write_private_file(file, each, replace=replace)
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("mode", "expected"), [(0o600, True), (0o400, True), (0o640, False), (0o604, False)]
)
def test_a_file_that_others_can_read_is_not_private(
    tmp_path: Path, mode: int, expected: bool
) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o600)
    with file.open("rb") as stream:
        file.chmod(mode)
        assert is_private(stream) is expected
