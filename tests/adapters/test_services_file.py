"""The file in which the emulator's data stays."""

import json
import stat
from importlib.metadata import version
from pathlib import Path

import pytest

from routekey.adapters.services_file import (
    SNAPSHOT_FILE,
    hold_folder,
    read_snapshot,
    write_snapshot,
)
from routekey.errors import InputError


def rewrite_head(folder: Path, **changes: object) -> None:
    file = folder / SNAPSHOT_FILE
    head, _, content = file.read_bytes().partition(b"\n")
    file.write_bytes(json.dumps(json.loads(head) | changes).encode() + b"\n" + content)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_snapshot(tmp_path) is None
    for content in (b"one\ntwo\n", b""):
        write_snapshot(tmp_path, content)
        assert read_snapshot(tmp_path) == content
    assert stat.S_IMODE((tmp_path / SNAPSHOT_FILE).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [SNAPSHOT_FILE]


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"no json\nx", b"[]\nx", b'{"format": 1}\nx', b"{" * 5000]
)
def test_a_file_that_does_not_say_what_it_is_is_damaged(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / SNAPSHOT_FILE
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(InputError, match=r"services\.snapshot: .* is damaged: its first line"):
        read_snapshot(tmp_path)
    assert file.read_bytes() == content


@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda content: content + b"x"])
def test_a_file_that_has_changed_is_damaged_and_says_what_to_do(
    tmp_path: Path, change: object
) -> None:
    assert callable(change)
    file = tmp_path / SNAPSHOT_FILE
    write_snapshot(tmp_path, b"content")
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(
        InputError, match=r"it has changed since it was written\. Restore it"
    ) as caught:
        read_snapshot(tmp_path)
    assert caught.value.file == str(file)


def test_another_version_of_the_emulator_cannot_read_it_and_both_are_named(tmp_path: Path) -> None:
    write_snapshot(tmp_path, b"content")
    rewrite_head(tmp_path, moto="4.0.1")
    with pytest.raises(InputError) as caught:
        read_snapshot(tmp_path)
    assert caught.value.problem == (
        f"moto 4.0.1 has written the data of the local services, and this is {version('moto')}"
    )
    assert "pip install moto==4.0.1" in caught.value.remedy


def test_a_later_form_of_the_file_is_not_read(tmp_path: Path) -> None:
    write_snapshot(tmp_path, b"content")
    rewrite_head(tmp_path, format=2)
    with pytest.raises(InputError, match="another version of Routekey"):
        read_snapshot(tmp_path)


def test_a_file_that_others_may_write_or_read_is_not_used(tmp_path: Path) -> None:
    write_snapshot(tmp_path, b"content")
    (tmp_path / SNAPSHOT_FILE).chmod(0o640)
    with pytest.raises(InputError, match="open to other users"):
        read_snapshot(tmp_path)


def test_what_is_no_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / SNAPSHOT_FILE).mkdir()
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_snapshot(tmp_path)


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    hold_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(InputError, match="another process keeps") as caught:
        hold_folder(folder, seconds_max=0.15)
    assert "another data folder" in caught.value.remedy


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be kept: Not a directory"):
        hold_folder(tmp_path / "file" / "data")
