"""Variables of the environment from `.env` files."""

from pathlib import Path

import pytest

from projects.serverless_framework.test_service import load_service
from routekey.projects import LoadOptions
from routekey.projects.serverless_framework.dotenv import parse_dotenv

SERVICE = """
service: chat
useDotenv: true
functions:
  f: {handler: app.handler, environment: {TITLE: '${env:TITLE}'}}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1", {"A": "1"}),
        ("# no\n\nexport A = two words # said\nB=", {"A": "two words", "B": ""}),
        ("A='a # b'\nB=\"x\\ny \\\" z\"\nC=`'`", {"A": "a # b", "B": 'x\ny " z', "C": "'"}),
        ('A="two\nlines"\nB=1', {"A": "two\nlines", "B": "1"}),
        ("no variable", {}),
    ],
)
def test_lines_name_variables(text: str, expected: dict[str, str]) -> None:
    assert parse_dotenv(text) == expected


def test_the_file_of_the_stage_comes_first_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TITLE=all", encoding="utf-8")
    project = load_service(tmp_path, SERVICE)
    assert project.functions[0].environment == {"TITLE": "all"}
    assert str(tmp_path / ".env") in project.files
    (tmp_path / ".env.dev").write_text("TITLE=dev", encoding="utf-8")
    assert load_service(tmp_path, SERVICE).functions[0].environment == {"TITLE": "dev"}
    options = LoadOptions(stage="live", environment={"TITLE": "own"})
    assert load_service(tmp_path, SERVICE, options).functions[0].environment == {"TITLE": "own"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", {"A": "file", "B": "own"}),
        ("plugins: [serverless-dotenv-plugin]", {"A": "file", "B": "own", "C": "3"}),
        ("plugins: {modules: [serverless-dotenv-plugin]}", {"A": "file", "B": "own", "C": "3"}),
        (
            "plugins: [serverless-dotenv-plugin]\ncustom: {dotenv: {include: [A]}}",
            {"A": "file", "B": "own"},
        ),
        (
            "plugins: [serverless-dotenv-plugin]\ncustom: {dotenv: {exclude: [C]}}",
            {"A": "file", "B": "own"},
        ),
    ],
)
def test_a_plugin_gives_the_file_to_every_function(
    tmp_path: Path, settings: str, expected: dict[str, str]
) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file\nC=3", encoding="utf-8")
    service = f"""
service: chat
{settings}
provider: {{name: aws, environment: {{A: '${{env:A}}'}}}}
functions:
  f: {{handler: app.handler, environment: {{B: own}}}}
"""
    assert load_service(tmp_path, service).functions[0].environment == expected
