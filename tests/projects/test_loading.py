"""Goldens: each folder of `goldens/` is a project, and `expected.txt` what becomes of it.

`ROUTEKEY_WRITE_GOLDENS=1` writes the expectations anew; read the difference before it is kept.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from projects.describing import load_as_text
from routekey.errors import ProjectError
from routekey.projects import LoadOptions, load

GOLDENS = Path(__file__).parent / "goldens"


@pytest.mark.parametrize("folder", sorted(GOLDENS.iterdir()), ids=lambda folder: folder.name)
def test_a_project_becomes_what_its_golden_says(folder: Path) -> None:
    text = load_as_text(folder / "project", folder / "project", LoadOptions())
    expected = folder / "expected.txt"
    if os.environ.get("ROUTEKEY_WRITE_GOLDENS"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@given(content=st.binary(max_size=200))
@example(content=b"\xff\xfe")
@example(content=b"")
@example(content=b"[" * 50_000)
@example(content=b"{" * 50_000)
@example(content=b"a: &a [*a]")
@example(content=b"? [a]\n: b")
@example(content=b"Resources: {A: {Type: 1}}")
@example(content=b"--- a\n--- b")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@pytest.mark.parametrize("name", ["template.yaml", "template.json"])
def test_any_bytes_give_a_project_or_an_error(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    where = str(tmp_path)
    try:
        load(tmp_path)
    except ProjectError as error:
        where = str(error)
    assert where.startswith(str(tmp_path))
