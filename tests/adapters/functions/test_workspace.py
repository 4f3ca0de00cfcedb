"""Temporary folders, and those of gateways that died."""

import subprocess
import sys
from pathlib import Path

from routekey.adapters.functions.workspace import Workspace


def test_a_workspace_is_removed_with_all_that_is_in_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    folders = [workspace.make_folder("scratch"), workspace.make_folder("scratch")]
    (folders[0] / "file").touch()
    assert len(set(folders)) == 2
    workspace.close()
    assert list(tmp_path.iterdir()) == []


def test_the_workspace_of_a_living_gateway_stays(tmp_path: Path) -> None:
    living, other = Workspace(tmp_path), Workspace(tmp_path)
    assert living.folder.is_dir()
    living.close()
    other.close()


def test_the_workspace_of_a_dead_gateway_is_swept(tmp_path: Path) -> None:
    source = (
        "import os, sys, pathlib; from routekey.adapters.functions.workspace import Workspace; "
        "Workspace(pathlib.Path(sys.argv[1])); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", source, str(tmp_path)], check=True)
    [dead] = tmp_path.iterdir()
    workspace = Workspace(tmp_path)
    assert not dead.exists()
    workspace.close()


def test_a_folder_without_a_lock_is_not_ours_to_sweep(tmp_path: Path) -> None:
    (tmp_path / "routekey-functions-mine").mkdir()
    Workspace(tmp_path).close()
    assert [folder.name for folder in tmp_path.iterdir()] == ["routekey-functions-mine"]


def test_the_system_says_where_temporary_files_go() -> None:
    workspace = Workspace()
    assert workspace.folder.is_dir()
    workspace.close()
