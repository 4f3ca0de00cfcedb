"""Which file, and which folder below, has a project."""

from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects import load
from routekey.projects.finding import find_template

ROLE = "Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: found}}}"


def write(folder: Path, name: str, text: str = ROLE) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_the_one_project_below_is_loaded_and_said(tmp_path: Path) -> None:
    write(tmp_path, "README.md")
    write(tmp_path, "services/chat/template.yaml")
    write(tmp_path, "services/chat/inner/template.yaml", "a: 1")
    for name in ("node_modules/x", ".git", "a/b/c/d"):
        write(tmp_path, f"{name}/template.yaml", "a: 1")
    project = load(tmp_path)
    assert project.roles[0].arn.endswith(":role/found")
    assert project.notices[0].text == "the project is in services/chat"


def test_of_several_below_the_one_with_a_websocket_api_is_loaded(tmp_path: Path) -> None:
    write(tmp_path, "site/template.yaml")
    write(tmp_path, "jobs/serverless.yml", "service: jobs\nprovider: {name: aws}")
    write(tmp_path, "chat/template.yaml", f"{ROLE}\n# ProtocolType: WEBSOCKET\n")
    assert load(tmp_path).notices[0].text == "the project is in chat"


def test_a_module_is_no_project_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "infra/envs/dev/main.tf", 'module "api" { source = "../../modules/api" }')
    inner = 'module "topic" { source = "../topic" }'
    write(tmp_path, "infra/modules/api/main.tf", f"{inner} # WEBSOCKET")
    write(tmp_path, "infra/modules/topic/main.tf", 'resource "aws_sns_topic" "t" {}')
    write(tmp_path, "infra/network/main.tf", 'resource "aws_sns_topic" "other" {}')
    assert load(tmp_path).notices[0].text == "the project is in infra/envs/dev"


@pytest.mark.parametrize("name", ["serverless.dev.yml", "template.yaml"])
def test_a_service_is_known_by_what_it_says(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "service: s\nprovider: {name: aws, region: eu-west-3}")
    assert load(tmp_path).region == "eu-west-3"


def test_several_projects_below_are_named(tmp_path: Path) -> None:
    for number in range(7):
        write(tmp_path, f"p{number}/template.yaml")
    with pytest.raises(ProjectError, match=r"Name one of p0, p1, p2, p3, p4 and 2 more"):
        load(tmp_path)


def test_no_project_anywhere_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "a/b/notes.yaml", "a: 1")
    with pytest.raises(ProjectError, match=r"there is no project in this folder\. Give a folder"):
        load(tmp_path)


def test_a_template_with_a_websocket_api_comes_first(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml")
    write(tmp_path, "b.yaml", f"{ROLE}\n# ProtocolType: WEBSOCKET\n")
    assert find_template(tmp_path) == tmp_path / "b.yaml"
    (tmp_path / "b.yaml").unlink()
    assert find_template(tmp_path) == tmp_path / "a.yaml"


def test_a_file_that_is_none_of_ours_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "site: !!python/name:x [")
    write(tmp_path, "b.json", "{")
    assert find_template(tmp_path) is None
    write(tmp_path, "c.yml")
    assert find_template(tmp_path) == tmp_path / "c.yml"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Pulumi.yaml", "a Pulumi program"),
        ("sst.config.ts", "an SST application"),
        ("app.arc", "an Architect application"),
        ("cdktf.json", "the CDK for Terraform"),
    ],
)
def test_what_only_its_own_tool_reads_is_named(tmp_path: Path, name: str, what: str) -> None:
    write(tmp_path, f"deploy/{name}", "a: 1")
    for folder in (tmp_path, tmp_path / "deploy"):
        with pytest.raises(ProjectError, match=what) as told:
            load(folder)
        assert told.value.file == str(tmp_path / "deploy" / name)


def test_a_template_of_any_name_below_counts_where_it_has_a_websocket_api(tmp_path: Path) -> None:
    write(tmp_path, "cloudformation/main.yaml", f"{ROLE}\n# ProtocolType: WEBSOCKET\n")
    write(tmp_path, "other/stack.yaml")
    write(tmp_path, "chart/values.yaml", "a: [WEBSOCKET]\nResources: 1\n")
    write(tmp_path, "chart/broken.yaml", "Resources: [WEBSOCKET")
    project = load(tmp_path)
    assert project.roles[0].arn.endswith(":role/found")
    assert project.notices[0].text == "the project is in cloudformation"
    write(tmp_path, "lambdas/resize/template.yaml", "a: 1")
    assert load(tmp_path).notices[0].text == "the project is in cloudformation"


def test_a_template_below_has_the_settings_of_sam_where_it_is_run(tmp_path: Path) -> None:
    write(tmp_path, "cloudformation/template.yaml")
    settings = "[default.deploy.parameters]\nregion = "
    write(tmp_path, "samconfig.toml", f'{settings}"eu-west-1"')
    assert load(tmp_path).region == "eu-west-1"
    assert load(tmp_path / "cloudformation").region == "us-east-1"
    write(tmp_path, "cloudformation/samconfig.toml", f'{settings}"eu-west-2"')
    assert load(tmp_path).region == "eu-west-2"


def test_templates_of_any_name_below_are_named_where_several_have_one(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path, f"{name}/main.yaml", f"{ROLE}\n# ProtocolType: WEBSOCKET\n")
    with pytest.raises(ProjectError, match="Name one of one, two"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        ("AWS::CloudFormation::Stack", "TemplateURL"),
        ("AWS::Serverless::Application", "Location"),
    ],
)
def test_a_template_that_another_one_nests_is_a_part_of_it(
    tmp_path: Path, kind: str, member: str
) -> None:
    nested = f"""Resources:
  Chat: {{Type: {kind}, Properties: {{{member}: ./chat.yaml}}}}
  Bucket: {{Type: AWS::S3::Bucket}}
  Odd: 1
  Nowhere: {{Type: {kind}, Properties: {{{member}: "\\0"}}}}
"""
    write(tmp_path, "chat.yaml", "Resources: {R: {Type: AWS::SNS::Topic}}\n# WEBSOCKET")
    write(tmp_path, "alone.yaml")
    write(tmp_path, "main.yaml", nested)
    assert find_template(tmp_path) == tmp_path / "main.yaml"


def test_templates_that_nest_each_other_are_found_all_the_same(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        properties = f"{{TemplateURL: {other}.yaml}}"
        stack = f"{{Type: AWS::CloudFormation::Stack, Properties: {properties}}}"
        write(tmp_path, f"{name}.yaml", f"Resources: {{S: {stack}}}")
    assert find_template(tmp_path) == tmp_path / "a.yaml"
