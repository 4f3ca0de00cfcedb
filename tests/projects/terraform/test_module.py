"""Modules: variables, locals, repeated blocks, and modules below."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from projects.building import AROUND
from routekey.errors import ProjectError
from routekey.projects.document import Value
from routekey.projects.notices import Notices
from routekey.projects.terraform import module as under_test
from routekey.projects.terraform.evaluation import Namespace
from routekey.projects.terraform.module import Configuration, Module


def open_module(
    folder: Path,
    text: str,
    inputs: Mapping[str, Value] | None = None,
    files: Mapping[str, str] | None = None,
) -> Module:
    for name, content in {"main.tf": text, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    configuration = Configuration(root=folder, surroundings=AROUND, notices=Notices())
    return Module(folder, configuration, inputs or {}, "")


def output(
    folder: Path, expression: str, text: str = "", files: Mapping[str, str] | None = None
) -> Value:
    module = open_module(folder, f'{text}\noutput "x" {{\n value = {expression}\n}}\n', files=files)
    value = module.output("x", module.place(module.blocks("output")[0]))
    assert not isinstance(value, Namespace)
    return value


TOPICS = """
resource "aws_sns_topic" "one" { name = "one" }
resource "aws_sns_topic" "counted" {
  count = 2
  name  = "t${count.index}"
}
resource "aws_sns_topic" "each" {
  for_each = { a = "x", b = "y" }
  name     = "${each.key}-${each.value}"
}
resource "aws_vpc" "net" { cidr_block = "10.0.0.0/8" }
data "aws_region" "here" {}
variable "given" { default = "v" }
locals {
  a = "${local.b}!"
  b = "b"
}
"""


@pytest.mark.rule("CP-TF-01")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("var.given", "v"),
        ("local.a", "b!"),
        ("path.module == path.root", True),
        ("terraform.workspace", "default"),
        ("data.aws_region.here.name", "eu-west-1"),
        ("aws_sns_topic.one.arn", "arn:aws:sns:eu-west-1:000000000000:one"),
        ("aws_sns_topic.one.name", "one"),
        ("aws_sns_topic.counted[1].name", "t1"),
        ("aws_sns_topic.counted[*].name", ["t0", "t1"]),
        ("length(aws_sns_topic.counted)", 2),
        ('aws_sns_topic.each["a"].name', "a-x"),
        ("[for k, t in aws_sns_topic.each : t.name]", ["a-x", "b-y"]),
        ("aws_vpc.net.cidr_block", "10.0.0.0/8"),
        ("keys(data.aws_region)", []),
        ("sort(keys(aws_sns_topic))", ["counted", "each", "one"]),
    ],
)
def test_a_reference_leads_somewhere(tmp_path: Path, expression: str, expected: Value) -> None:
    assert output(tmp_path, expression, TOPICS) == expected


def test_what_only_aws_knows_is_a_guess_that_says_so(tmp_path: Path) -> None:
    module = open_module(tmp_path, f'{TOPICS}\noutput "x" {{ value = aws_vpc.net.ipv6 }}')
    value = module.output("x", module.place(module.blocks("output")[0]))
    assert str(value).endswith("-ipv6")
    assert "known to AWS only" in module.configuration.notices.all()[0].text


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("var.nothing", "there is no variable nothing"),
        ("local.nothing", "there is no local nothing"),
        ("module.nothing", "there is no module nothing"),
        ("aws_nothing.x", "there is no resource of the type aws_nothing"),
        ("aws_sns_topic.nothing", "there is no resource aws_sns_topic.nothing"),
        ("data.aws_region.nothing", "there is no data aws_region.nothing"),
        ("aws_sns_topic.counted[7].name", "there is no item 7|there is no instance 7"),
        ("local.loop", "local.loop depends on itself"),
        ("aws_sns_topic.bad", "count takes a number"),
        ("aws_sns_topic.worse", "a list or a map is expected"),
        ("module.m.nothing", "the module has no output nothing"),
        ("module.m.void", "the output void has no value"),
        ("aws_sns_topic.dynamic.arn", "needs for_each and content"),
    ],
)
def test_what_leads_nowhere_is_an_error(tmp_path: Path, expression: str, problem: str) -> None:
    more = """
locals { loop = local.loop }
resource "aws_sns_topic" "bad" { count = "x" }
resource "aws_sns_topic" "worse" { for_each = 3 }
resource "aws_sns_topic" "dynamic" {
  dynamic "x" {}
}
module "m" { source = "./m" }
"""
    files = {"m/main.tf": 'output "void" {}'}
    with pytest.raises(ProjectError, match=problem):
        output(tmp_path, expression, TOPICS + more, files=files)


def test_modules_are_called_with_inputs_once_or_for_each(tmp_path: Path) -> None:
    files = {
        "m/main.tf": 'variable "v" {}\noutput "o" { value = "<${var.v}>" }\n'
        'resource "aws_sns_topic" "t" { name = var.v }'
    }
    text = """
module "one" {
  source = "./m"
  v      = "1"
}
module "many" {
  for_each = toset(["a", "b"])
  source   = "./m"
  v        = each.key
}
module "remote" { source = "terraform-aws-modules/vpc/aws" }
"""
    expression = '[module.one.o, module.many["b"].o]'
    assert output(tmp_path, expression, text, files=files) == ["<1>", "<b>"]
    module = open_module(tmp_path, text, files=files)
    assert [instance.address for instance in module.instances()] == [
        "module.one.aws_sns_topic.t",
        "module.many[a].aws_sns_topic.t",
        "module.many[b].aws_sns_topic.t",
    ]
    assert "comes from terraform-aws-modules" in module.configuration.notices.all()[0].text


def test_a_module_that_calls_itself_comes_to_an_end(tmp_path: Path) -> None:
    module = open_module(tmp_path, 'module "again" { source = "./" }')
    with pytest.raises(ProjectError, match="more than 100 modules"):
        list(module.instances())


def test_a_module_has_only_so_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "BLOCKS_MAX", 1)
    with pytest.raises(ProjectError, match="more than 1 blocks"):
        open_module(tmp_path, "locals {}\nlocals {}")


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("empty {}", "empty"),
        ("empty { type = string }", "empty"),
        ("empty { type = number }", 1),
        ("empty { type = list(string) }", []),
        ("empty { type = object({ a = string }) }", {}),
        ("aws_region {}", "eu-west-1"),
        ("account_id {}", "000000000000"),
    ],
)
def test_what_nobody_has_given_is_guessed_and_said(
    tmp_path: Path, declaration: str, expected: Value
) -> None:
    name = declaration.partition(" ")[0]
    text = f'variable {declaration}\noutput "x" {{ value = var.{name} }}'
    module = open_module(tmp_path, text)
    assert module.output("x", module.place(module.blocks("output")[0])) == expected
    (notice,) = module.configuration.notices.all()
    assert f"the variable {name} has no default, and no value was given" in notice.text
    assert f"Give it one: --parameter {name}=VALUE" in notice.text


def test_what_is_about_a_resource_is_no_argument_of_it(tmp_path: Path) -> None:
    text = """
resource "aws_sns_topic" "t" {
  name = "t"
  lifecycle { ignore_changes = [tags] }
  provisioner "local-exec" { command = "echo ${self.arn}" }
}
output "x" { value = aws_sns_topic.t.name }
"""
    module = open_module(tmp_path, text)
    assert module.output("x", module.place(module.blocks("output")[0])) == "t"
