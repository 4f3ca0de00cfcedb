"""`routekey check`."""

import json
from pathlib import Path
from shutil import which

import pytest

from cli.processes import assert_is_one_error, routekey


def break_template(project: Path) -> int:
    """Take the route's target away, and tell the line that the route stands on."""
    template = project / "template.yaml"
    text = template.read_text().replace(', Target: !Sub "integrations/${Mock}"', "")
    template.write_text(text)
    return text.splitlines().index("  Default:") + 1


def test_a_project_without_findings_says_so(project: Path) -> None:
    done = routekey("check", str(project))
    assert (done.returncode, done.stdout) == (0, "no findings\n")


def test_a_finding_has_file_line_and_resource(project: Path) -> None:
    line = break_template(project)
    done = routekey("check", str(project))
    assert done.returncode == 1
    finding, count = done.stdout.splitlines()
    assert finding.startswith(f"{project / 'template.yaml'}:{line}: Default: ")
    assert finding.endswith(" [route-without-integration]")
    assert count == "1 finding"


def test_findings_can_be_read_by_programs(project: Path) -> None:
    line = break_template(project)
    done = routekey("check", str(project), "--format", "json")
    assert done.returncode == 1
    (finding,) = json.loads(done.stdout)
    assert finding["rule"] == "route-without-integration"
    assert (finding["line"], finding["resource"]) == (line, "Default")


def test_no_findings_are_an_empty_list_for_programs(project: Path) -> None:
    done = routekey("check", str(project), "--format", "json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_a_project_that_does_not_load_is_one_error(tmp_path: Path) -> None:
    assert_is_one_error(routekey("check", str(tmp_path)), str(tmp_path))


@pytest.mark.skipif(which("make") is None, reason="runs a makefile")
def test_what_is_built_is_told_beside_the_findings(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("build-Say:\n\ttouch $(ARTIFACTS_DIR)/bootstrap\n")
    (tmp_path / "template.yaml").write_text("""
Resources:
  Say:
    Type: AWS::Lambda::Function
    Metadata: {BuildMethod: makefile}
    Properties: {Code: ., Handler: any, Runtime: provided.al2023, Role: r}
""")
    cache = str(tmp_path / "cache")
    done = routekey("check", str(tmp_path), "--format", "json", XDG_CACHE_HOME=cache)
    assert (json.loads(done.stdout), done.stderr) == ([], "Building Say with make …\n")
