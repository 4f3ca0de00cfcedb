"""Running tools."""

import sys
from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects.builds.tools import digest_of, find_tool, run_tool, upwards


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_a_tool_runs_in_its_folder_with_its_variables(tmp_path: Path) -> None:
    text = "import os; open(os.environ['NAME'], 'w').close()"
    run_tool(python(text), folder=tmp_path, environment={"NAME": "made"})
    assert (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("command", "seconds", "problem"),
    [
        (python("import sys; sys.exit('it is broken')"), 60, "fails: it is broken"),
        (python("print('said'); raise SystemExit(1)"), 60, "fails: said"),
        (python("import threading; threading.Event().wait()"), 1, "did not end within 1 seconds"),
        (["/nowhere/tool"], 60, "tool cannot be run: No such file"),
    ],
)
def test_a_tool_that_fails_is_an_error_with_what_it_said(
    tmp_path: Path, command: list[str], seconds: float, problem: str
) -> None:
    with pytest.raises(ProjectError, match=problem) as raised:
        run_tool(command, folder=tmp_path, environment={}, seconds_max=seconds, remedy="Mend it")
    assert raised.value.remedy == "Mend it"


def test_a_tool_of_the_project_goes_before_one_on_the_path(tmp_path: Path) -> None:
    assert find_tool("no-such-tool", tmp_path) is None
    own = tmp_path / ".venv" / "bin" / "env"
    assert find_tool("env", tmp_path) != str(own)
    own.parent.mkdir(parents=True)
    own.touch()
    assert find_tool("env", tmp_path) == str(own)


def test_digests_differ_where_the_parts_do() -> None:
    assert digest_of("a", "b") == digest_of(b"a", "b")
    assert digest_of("ab", "") != digest_of("a", "b")


def test_upwards_begins_with_the_folder_itself() -> None:
    assert list(upwards(Path("/a/b"))) == [Path("/a/b"), Path("/a"), Path("/")]


def test_what_takes_long_is_told_before(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "routekey.builds"):
        run_tool(["true"], folder=tmp_path, environment={}, doing="Packing")
        run_tool(["true"], folder=tmp_path, environment={})
    assert [record.getMessage() for record in caplog.records] == ["Packing …"]
