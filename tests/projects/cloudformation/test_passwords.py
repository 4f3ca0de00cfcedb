"""Passwords that are made up for secrets."""

import json
import string
from pathlib import Path

import pytest

from projects.building import load_template
from routekey.errors import ProjectError
from routekey.projects import LoadOptions

TEMPLATE = """
Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: key, GenerateSecretString: WISH}
  F:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: a}
      Handler: index.handler
      Runtime: python3.12
      Role: r
      Environment: {Variables: {V: !Sub "{{resolve:secretsmanager:${Secret}:SecretString:KEY}}"}}
"""
KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation)

NOTHING = """{
    ExcludeLowercase: true, ExcludeUppercase: true, ExcludePunctuation: true,
    ExcludeCharacters: "0123456789"}"""


def load(
    folder: Path, wish: str, *, key: str = "", options: LoadOptions | None = None
) -> tuple[str, str]:
    """Give the secret's value, and the one that a function is given."""
    text = TEMPLATE.replace("WISH", wish).replace(":KEY", f":{key}" if key else "")
    project = load_template(folder, text, options=options)
    assert project.notices == ()
    (secret,), (function,) = project.services, project.functions
    assert "GenerateSecretString" not in secret.properties
    return str(secret.properties["SecretString"]), function.environment["V"]


def test_a_function_is_given_what_the_secret_has(tmp_path: Path) -> None:
    secret, variable = load(tmp_path, "{}")
    assert secret == variable
    assert len(secret) == 32
    for kind in KINDS:
        assert set(kind) & set(secret)


def test_a_reload_makes_the_same_and_another_installation_another(tmp_path: Path) -> None:
    options = LoadOptions()
    first = load(tmp_path, "{}", options=options)
    assert load(tmp_path, "{}", options=options) == first
    assert load(tmp_path, "{}", options=LoadOptions()) != first
    assert load(tmp_path, "{IncludeSpace: false}", options=options) != first


def test_a_password_has_the_length_and_the_characters_that_are_asked_for(tmp_path: Path) -> None:
    secret, _ = load(
        tmp_path,
        "{PasswordLength: 400, ExcludePunctuation: true, ExcludeNumbers: 'true', "
        "ExcludeUppercase: true, ExcludeCharacters: abc, IncludeSpace: true}",
    )
    assert len(secret) == 400
    assert set(secret) == set(string.ascii_lowercase) - set("abc") | {" "}


def test_a_kind_need_not_be_there_where_that_is_not_required(tmp_path: Path) -> None:
    wish = "{PasswordLength: 1, RequireEachIncludedType: false, ExcludeLowercase: true}"
    secret, _ = load(tmp_path, wish)
    assert len(secret) == 1


def test_a_template_gets_the_password_under_its_key(tmp_path: Path) -> None:
    wish = """{SecretStringTemplate: '{"user": "ann"}', GenerateStringKey: password}"""
    secret, variable = load(tmp_path, wish, key="password")
    content = json.loads(secret)
    assert content == {"user": "ann", "password": variable}
    assert len(variable) == 32


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ("{PasswordLength: 4097}", "a password has 1 to 4096 characters"),
        ("{PasswordLength: many}", "a password has 1 to 4096 characters"),
        ("{PasswordLength: 3}", "a password of 3 characters cannot have one of each type"),
        (NOTHING, "every character is excluded"),
        ("{GenerateStringKey: a}", "SecretStringTemplate and GenerateStringKey go together"),
        ("{GenerateStringKey: a, SecretStringTemplate: '[]'}", "a JSON object is expected here"),
        ("{GenerateStringKey: a, SecretStringTemplate: '{'}", "a JSON object is expected here"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_an_error(tmp_path: Path, wish: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        load(tmp_path, wish)
