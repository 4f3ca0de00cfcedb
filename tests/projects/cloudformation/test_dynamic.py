"""Dynamic references."""

from pathlib import Path

import pytest

from projects.building import load_template
from routekey.projects import LoadOptions

TEMPLATE = """
Resources:
  Parameter: {Type: AWS::SSM::Parameter, Properties: {Name: /chat/table, Value: visits}}
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: key, SecretString: '{"user": "ann"}'}
  Plain: {Type: AWS::SecretsManager::Secret, Properties: {Name: plain, SecretString: word}}
  F:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: a}
      Handler: index.handler
      Runtime: python3.12
      Role: r
      Environment: {Variables: {V: VALUE}}
"""


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{{resolve:ssm:/chat/table}}", "visits"),
        ("in {{resolve:ssm-secure:/chat/table:1}}!", "in visits!"),
        ("{{resolve:secretsmanager:key:SecretString:user}}", "ann"),
        ("{{resolve:secretsmanager:key:SecretString:user::}}", "ann"),
        ("{{resolve:secretsmanager:plain}}", "word"),
        ("{{resolve:secretsmanager:${Plain}:SecretString}}", "word"),
    ],
)
def test_what_the_project_declares_is_filled_in(tmp_path: Path, written: str, value: str) -> None:
    project = load_template(tmp_path, TEMPLATE.replace("VALUE", f'!Sub "{written}"'))
    assert project.functions[0].environment == {"V": value}
    assert project.notices == ()


@pytest.mark.parametrize(
    "written",
    [
        "{{resolve:ssm:/other}}",
        "{{resolve:secretsmanager:other}}",
        "{{resolve:secretsmanager:key:SecretString:nobody}}",
        "{{resolve:secretsmanager:plain:SecretString:user}}",
    ],
)
def test_what_is_elsewhere_stays_and_is_said(tmp_path: Path, written: str) -> None:
    project = load_template(tmp_path, TEMPLATE.replace("VALUE", f'"{written}"'))
    assert project.functions[0].environment == {"V": written}
    (notice,) = project.notices
    assert notice.text.startswith(f"{written} is kept on AWS, and is not looked up there. Give it")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("{{resolve:ssm:/other}}", "/other"),
        ("{{resolve:ssm:/chat/table}}", "/chat/table"),
        ("{{resolve:secretsmanager:other}}", "other"),
    ],
)
def test_what_is_given_wins(tmp_path: Path, written: str, name: str) -> None:
    template = TEMPLATE.replace("VALUE", f'"{written}"')
    options = LoadOptions(parameters={name: "given"})
    project = load_template(tmp_path, template, options=options)
    assert project.functions[0].environment == {"V": "given"}
    assert project.notices == ()
