"""Programs that a makefile or Go makes; Go is a small tool that writes what it was asked for."""

import sys
from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects.builds.programs import build_go, build_with_make

GO = f"""#!{sys.executable}
import os, pathlib, sys
assert sys.argv[1:5] == ["build", "-tags", "lambda.norpc", "-o"], sys.argv
assert os.environ["CGO_ENABLED"] == "0"
if pathlib.Path("broken.go").exists():
    sys.exit("undefined: say")
pathlib.Path(sys.argv[5]).write_bytes(pathlib.Path("main.go").read_bytes())
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tool = tmp_path / "bin" / "go"
    tool.parent.mkdir()
    tool.write_text(GO, encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tool.parent))
    folder = tmp_path / "module" / "say"
    folder.mkdir(parents=True)
    (folder / "main.go").write_text("package main")
    (folder.parent / "go.mod").touch()
    return folder


def test_go_compiles_to_bootstrap(source: Path, tmp_path: Path) -> None:
    made = build_go(source, tmp_path / "cache")
    assert made is not None
    assert (made / "bootstrap").read_text() == "package main"
    assert build_go(source, tmp_path / "cache") == made


def test_go_that_does_not_compile_is_an_error(source: Path, tmp_path: Path) -> None:
    (source / "broken.go").touch()
    with pytest.raises(ProjectError, match=r"go fails: undefined: say.*sam build"):
        build_go(source, tmp_path / "cache")


def test_without_a_module_or_the_tool_nothing_is_built(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "main.go").rename(source / "main.txt")
    assert build_go(source, tmp_path) is None
    (source.parent / "go.mod").unlink()
    assert build_go(source, tmp_path) is None
    assert build_with_make(source, "Say", tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert build_go(source, tmp_path) is None
