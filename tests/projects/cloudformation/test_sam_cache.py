"""Translations that are kept: found again, never wrong, never too many."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from projects.building import AROUND
from routekey.projects.cloudformation.sam import translate_sam
from routekey.projects.document import Value, parse_document
from routekey.projects.notices import Notices

TEMPLATE = """Transform: AWS::Serverless-2016-10-31
Parameters:
  Size: {Type: Number, Default: 128}
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src, Handler: app.handler, Runtime: python3.12, MemorySize: !Ref Size}
"""


def translate(cache: Path, text: str = TEMPLATE, **parameters: Value) -> Any:
    document = parse_document(text, file="template.yaml")
    around = replace(AROUND, cache=cache)
    return translate_sam(document, around, parameters=parameters, notices=Notices()).value


def kept(cache: Path) -> list[Path]:
    return sorted((cache / "sam").iterdir()) if (cache / "sam").exists() else []


def test_what_is_kept_is_what_was_translated(tmp_path: Path) -> None:
    first = translate(tmp_path)
    [file] = kept(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    made_at = file.stat().st_mtime_ns
    assert translate(tmp_path) == first
    assert kept(tmp_path) == [file]
    assert file.stat().st_mtime_ns == made_at


@pytest.mark.parametrize(
    ("text", "parameters"),
    [(TEMPLATE.replace("3.12", "3.13"), {}), (TEMPLATE, {"Size": 256})],
    ids=["a template", "a parameter"],
)
def test_what_has_changed_is_translated_anew(
    tmp_path: Path, text: str, parameters: dict[str, Value]
) -> None:
    translate(tmp_path)
    translate(tmp_path, text, **parameters)
    assert len(kept(tmp_path)) == 2


@pytest.mark.parametrize("damaged", [b"", b"{", b"\xff", b"null"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damaged: bytes) -> None:
    first = translate(tmp_path)
    [file] = kept(tmp_path)
    file.write_bytes(damaged)
    assert translate(tmp_path) == first
    assert len(file.read_bytes()) > len(damaged)


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "sam").write_text("a file, where the folder should be")
    assert translate(tmp_path) == translate(tmp_path)


@pytest.mark.parametrize("spelled", ["true", "'True'"])
def test_secrets_are_not_written_down(tmp_path: Path, spelled: str) -> None:
    secret = TEMPLATE.replace("{Type: Number,", f"{{Type: Number, NoEcho: {spelled},")
    assert translate(tmp_path, secret) == translate(tmp_path, secret)
    assert not kept(tmp_path)


def test_only_so_many_are_kept_and_the_oldest_goes(tmp_path: Path) -> None:
    translate(tmp_path)
    [oldest] = kept(tmp_path)
    os.utime(oldest, (0, 0))
    for number in range(40):
        (tmp_path / "sam" / f"{number}").write_text("{}")
    translate(tmp_path, Size=512)
    assert len(kept(tmp_path)) == 32
    assert not oldest.exists()
