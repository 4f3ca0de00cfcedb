"""cdk.out: manifests, stages of the CDK, and what is wrong with them."""

import json
from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects.cdk import is_assembly, read_assembly


def write(folder: Path, artifacts: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "cdk.out").write_text("{}", encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}), encoding="utf-8")
    (folder / "a.json").write_text('{"Resources": {}}', encoding="utf-8")
    return folder


@pytest.mark.rule("CP-CDK-06")
def test_a_stage_of_the_cdk_is_an_assembly_below(tmp_path: Path) -> None:
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://1/eu-west-1",
        "properties": {"templateFile": "a.json", "stackName": "prod-a", "parameters": {"x": "1"}},
    }
    write(tmp_path / "assembly-prod", {"a": stack})
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-prod"}}
    assembly = read_assembly(write(tmp_path, {"prod": nested}), {"y": "2"})
    assert is_assembly(tmp_path)
    assert assembly.region == "eu-west-1"
    assert [source.stack_name for source in assembly.sources] == ["prod-a"]
    assert assembly.sources[0].parameters == {"x": "1", "y": "2"}


def test_an_assembly_that_names_itself_comes_to_an_end(tmp_path: Path) -> None:
    itself = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}
    assert read_assembly(write(tmp_path, {"again": itself}), {}).sources == ()


@pytest.mark.parametrize(
    ("artifacts", "problem"),
    [
        (3, "has no artifacts"),
        ({"a": {"type": "aws:cloudformation:stack"}}, "has no templateFile"),
        ({"a": {"type": "cdk:cloud-assembly", "properties": 1}}, "has no directoryName"),
    ],
)
def test_a_manifest_that_lacks_something_says_so(
    tmp_path: Path, artifacts: object, problem: str
) -> None:
    with pytest.raises(ProjectError, match=problem):
        read_assembly(write(tmp_path, artifacts), {})
