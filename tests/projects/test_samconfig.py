"""samconfig.toml: what `sam deploy` would take."""

from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects.samconfig import SamConfig, read_samconfig


def read(folder: Path, text: str) -> SamConfig:
    (folder / "samconfig.toml").write_text(text, encoding="utf-8")
    return read_samconfig(folder)


def test_the_settings_of_deploy_win_over_the_global_ones(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
        [default.global.parameters]
        stack_name = "chat"
        region = "us-east-1"
        [default.deploy.parameters]
        region = "eu-west-2"
        """,
    )
    assert (config.stack_name, config.region) == ("chat", "eu-west-2")


@pytest.mark.parametrize(
    "value",
    [
        '''"Stage=prod Title=\\"two words\\""''',
        """["Stage=prod", "Title='two words'"]""",
        """{Stage = "prod", Title = "two words"}""",
    ],
)
def test_parameters_come_as_text_list_or_table(tmp_path: Path, value: str) -> None:
    config = read(tmp_path, f"[default.deploy.parameters]\nparameter_overrides = {value}")
    assert config.parameters == {"Stage": "prod", "Title": "two words"}


def test_without_a_file_or_with_odd_values_nothing_is_set(tmp_path: Path) -> None:
    assert read_samconfig(tmp_path) == SamConfig()
    config = read(tmp_path, "default = 3")
    assert (config.region, config.stack_name, config.parameters) == (None, None, {})


@pytest.mark.parametrize(
    "text", ["= 3", '[default.deploy.parameters]\nparameter_overrides = "a=\'"']
)
def test_a_file_that_is_not_toml_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProjectError, match=r"samconfig\.toml"):
        read(tmp_path, text)


def test_an_environment_is_taken_where_the_file_has_it(tmp_path: Path) -> None:
    """As `sam deploy --config-env` does; here it goes by the stage."""
    text = """
[default.deploy.parameters]
stack_name = "chat"
[prod.deploy.parameters]
stack_name = "chat-prod"
"""
    (tmp_path / "samconfig.toml").write_text(text, encoding="utf-8")
    for environment, name in (("prod", "chat-prod"), ("other", "chat"), (None, "chat")):
        assert read_samconfig(tmp_path, environment).stack_name == name
