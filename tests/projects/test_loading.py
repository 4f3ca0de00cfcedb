"""Goldens: each folder of `goldens/` is a project, and `expected.txt` what becomes of it.

`ROUTEKEY_WRITE_GOLDENS=1` writes the expectations anew; read the difference before it is kept.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from projects.building import SEED
from projects.describing import load_as_text
from routekey.errors import ProjectError
from routekey.projects import LoadOptions, load

GOLDENS = Path(__file__).parent / "goldens"


@pytest.mark.parametrize("folder", sorted(GOLDENS.iterdir()), ids=lambda folder: folder.name)
def test_a_project_becomes_what_its_golden_says(folder: Path) -> None:
    text = load_as_text(folder / "project", folder / "project", LoadOptions(seed=SEED))
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


def test_references_that_lead_too_deep_are_an_error(tmp_path: Path) -> None:
    topics = "".join(
        f"  T{n}: {{Type: AWS::SNS::Topic, Properties: {{TopicName: !Ref T{n + 1}}}}}\n"
        for n in range(2000)
    )
    end = "  T2000: {Type: AWS::SNS::Topic}\n  R: {Type: AWS::IAM::Role, Properties: "
    text = f"Resources:\n{topics}{end}{{RoleName: !Ref T0}}}}\n"
    (tmp_path / "template.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match="lead too deep"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("app.template", "Resources: {}"),
        ("stack.yml", "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}"),
        (".serverless/cloudformation-template-update-stack.json", '{"Resources": {}}'),
    ],
)
def test_a_template_is_found_by_what_it_says(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / "other.yaml").write_text("a: 1", encoding="utf-8")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert load(tmp_path).files == (str(tmp_path / name),)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("cdk.json", "cdk synth"),
        ("serverless.ts", "serverless package"),  # nothing is built without a cache
        (".chalice/config.json", "chalice package"),
    ],
)
def test_what_only_its_own_tool_reads_has_a_remedy(tmp_path: Path, name: str, remedy: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    with pytest.raises(ProjectError, match=remedy):
        load(tmp_path)


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no such file or folder"):
        load(tmp_path / "nothing")


def test_a_stack_is_called_after_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "2 rooms!"
    folder.mkdir()
    role = "Resources: {R: {Type: AWS::IAM::Role}}"
    (folder / "template.yaml").write_text(role, encoding="utf-8")
    assert ":role/project-2-rooms-R-" in load(folder).roles[0].arn


def test_the_manifest_of_an_assembly_may_be_named() -> None:
    project = load(GOLDENS / "cdk" / "project" / "cdk.out" / "manifest.json")
    assert [api.name for api in project.apis] == ["chat"]


@pytest.mark.parametrize("region", ["us_east_1", "-", "1", "eu-west-1.x"])
def test_a_region_is_part_of_host_names(tmp_path: Path, region: str) -> None:
    (tmp_path / "template.yaml").write_text("Resources: {}")
    with pytest.raises(ProjectError, match=r"is no region\. Write it as eu-west-1"):
        load(tmp_path, options=LoadOptions(region=region))
    assert load(tmp_path, options=LoadOptions(region="local")).region == "local"
