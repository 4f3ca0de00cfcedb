"""Modules that Terraform fetches; Terraform is a small tool that copies one folder."""

import sys
from pathlib import Path

import pytest

from projects.terraform.test_loading import load_text
from routekey.projects.builds.terraform import ModuleFetcher
from routekey.projects.options import LoadOptions

SOURCE = "git::https://x.org/a-lambda"
TERRAFORM = f"""#!{sys.executable}
import json, os, pathlib, sys
assert sys.argv[1:] == ["get", "-no-color"], sys.argv
if pathlib.Path("offline").exists():
    sys.exit("could not reach x.org")
modules = pathlib.Path(os.environ["TF_DATA_DIR"]) / "modules"
(modules / "say").mkdir(parents=True, exist_ok=True)
(modules / "say" / "main.tf").write_text(pathlib.Path("far.hcl").read_text())
entry = {{"Key": "say", "Source": pathlib.Path("source").read_text(), "Dir": str(modules / "say")}}
(modules / "modules.json").write_text(json.dumps({{"Modules": [entry]}}))
with open("runs", "a") as runs:
    print("run", file=runs)
"""
FAR = """
variable "name" {}
resource "aws_sns_topic" "t" { name = var.name }
output "topic_arn" { value = aws_sns_topic.t.arn }
"""
HERE = """
module "say" {
  source = "SOURCE"
  name   = "far"
}
resource "aws_iam_role" "r" { name = "r" }
output "arn" { value = module.say.topic_arn }
"""
INTEGRATION = """
resource "aws_apigatewayv2_api" "a" {
  name                       = "a"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"
}
resource "aws_apigatewayv2_integration" "i" {
  api_id           = aws_apigatewayv2_api.a.id
  integration_type = "AWS_PROXY"
  integration_uri  = module.say.invoke_arn
}
"""


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadOptions:
    tool = tmp_path / "bin" / "terraform"
    tool.parent.mkdir()
    tool.write_text(TERRAFORM, encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tool.parent))
    return LoadOptions(cache=tmp_path / "cache", has_outputs=True)


def arn_of(folder: Path, options: LoadOptions, source: str = SOURCE) -> object:
    files = {"far.hcl": FAR, "source": source}
    project = load_text(folder, HERE.replace("SOURCE", source), options, files)
    ((_, outputs),) = project.outputs.items()
    return outputs["arn"]


def test_a_module_from_elsewhere_is_fetched_once(tmp_path: Path, options: LoadOptions) -> None:
    folder = tmp_path / "project"
    assert arn_of(folder, options) == "arn:aws:sns:us-east-1:000000000000:far"
    assert arn_of(folder, options) == "arn:aws:sns:us-east-1:000000000000:far"
    assert len((folder / "runs").read_text().split()) == 1
    assert not (folder / ".terraform").exists()


def test_another_version_is_fetched_again(tmp_path: Path, options: LoadOptions) -> None:
    folder = tmp_path / "project"
    arn_of(folder, options)
    arn_of(folder, options, f"{SOURCE}?ref=v2")
    assert len((folder / "runs").read_text().split()) == 2


def test_what_has_nothing_to_do_with_functions_is_not_fetched(
    tmp_path: Path, options: LoadOptions
) -> None:
    folder = tmp_path / "project"
    assert arn_of(folder, options, "x/vpc/aws") == "module.say.topic_arn"
    assert not (folder / "runs").exists()


def test_what_cannot_be_fetched_is_a_notice(tmp_path: Path, options: LoadOptions) -> None:
    files = {"offline": "", "far.hcl": FAR}
    text = HERE.replace("SOURCE", SOURCE)
    project = load_text(tmp_path / "project", text, options, files)
    (notice,) = [each.text for each in project.notices if "comes from" in each.text]
    assert "is not here (terraform fails: could not reach x.org)" in notice


@pytest.mark.parametrize(
    ("attribute", "replacement"),
    [("", ""), ("aws_apigatewayv2_integration", "aws_apigatewayv2_authorizer")],
)
def test_an_integration_of_a_missing_module_is_refused(
    tmp_path: Path, attribute: str, replacement: str
) -> None:
    text = HERE.replace("SOURCE", SOURCE) + INTEGRATION
    if attribute:
        text = text.replace(attribute, replacement).replace("integration_uri", "authorizer_uri")
    with pytest.raises(Exception, match=r"module\.say\.invoke_arn is known to a module.*get`"):
        load_text(tmp_path, text)


def test_without_a_cache_or_the_tool_nothing_is_fetched(
    tmp_path: Path, options: LoadOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    ModuleFetcher(tmp_path, None).fetch()
    monkeypatch.setenv("PATH", "")
    ModuleFetcher(tmp_path, options.cache).fetch()
    assert not (tmp_path / "cache").exists()
