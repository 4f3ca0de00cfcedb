"""The ready file."""

import json
import os
from pathlib import Path

import pytest

from routekey.cli.ready_file import remove_ready_file, write_ready_file
from routekey.endpoints.addresses import Addresses, StageAddress
from routekey.errors import InputError
from routekey.ids import ApiId, StageName

ADDRESSES = Addresses(
    gateway="http://127.0.0.1:8080",
    admin="http://127.0.0.1:8081",
    stages=(
        StageAddress(
            api_id=ApiId("6behyoa40f"),
            stage=StageName("dev"),
            url="ws://127.0.0.1:8080/dev",
            callback_url="https://6behyoa40f.execute-api.eu-west-2.amazonaws.com/dev",
        ),
    ),
)


def test_it_tells_where_everything_is(tmp_path: Path) -> None:
    write_ready_file(tmp_path / "ready.json", ADDRESSES)
    assert json.loads((tmp_path / "ready.json").read_text()) == {
        "gateway": "http://127.0.0.1:8080",
        "admin": "http://127.0.0.1:8081",
        "apis": [
            {
                "apiId": "6behyoa40f",
                "stage": "dev",
                "url": "ws://127.0.0.1:8080/dev",
                "callbackUrl": "https://6behyoa40f.execute-api.eu-west-2.amazonaws.com/dev",
            }
        ],
    }


def test_it_replaces_that_of_an_earlier_run(tmp_path: Path) -> None:
    (tmp_path / "ready.json").write_text("old")
    write_ready_file(tmp_path / "ready.json", ADDRESSES)
    assert json.loads((tmp_path / "ready.json").read_text())["gateway"] == "http://127.0.0.1:8080"


def test_nothing_else_is_left_beside_it(tmp_path: Path) -> None:
    write_ready_file(tmp_path / "ready.json", ADDRESSES)
    assert [file.name for file in tmp_path.iterdir()] == ["ready.json"]


def test_it_can_be_removed_twice(tmp_path: Path) -> None:
    write_ready_file(tmp_path / "ready.json", ADDRESSES)
    remove_ready_file(tmp_path / "ready.json")
    remove_ready_file(tmp_path / "ready.json")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing/ready\.json: the ready file cannot be written"):
        write_ready_file(tmp_path / "missing" / "ready.json", ADDRESSES)


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    """And what was written first, under another name, is gone again."""
    (tmp_path / "ready.json").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_ready_file(tmp_path / "ready.json", ADDRESSES)
    assert [file.name for file in tmp_path.iterdir()] == ["ready.json"]


def test_what_somebody_else_put_where_it_is_written_first_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / f".ready.json.{os.getpid()}~").symlink_to("theirs")
    write_ready_file(tmp_path / "ready.json", ADDRESSES)
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["ready.json", "theirs"]


def test_what_is_no_file_stays(tmp_path: Path) -> None:
    """A folder, or `/dev/stdout`, which would be gone for everybody."""
    (tmp_path / "device").symlink_to("/dev/null")
    for place in (tmp_path, tmp_path / "device"):
        with pytest.raises(InputError, match="would replace what is no file"):
            remove_ready_file(place)
    assert (tmp_path / "device").exists()


def test_a_file_that_has_to_stay_is_an_error() -> None:
    with pytest.raises(InputError, match="the ready file cannot be removed"):
        remove_ready_file(Path("/proc/self/status"))
