"""Loading the project that the flags name."""

from pathlib import Path

import pytest

from routekey.cli.loading import make_empty_loader, make_loader
from routekey.config import load_config
from routekey.errors import InputError


def test_region_and_account_are_those_of_the_configuration(project: Path) -> None:
    flags = {"project.region": "ap-south-1", "project.account_id": "111122223333"}
    loaded = make_loader(project, load_config(None, {}, flags), {}, None)()
    assert (loaded.region, loaded.account_id) == ("ap-south-1", "111122223333")


def test_without_a_region_it_is_the_projects_own(project: Path) -> None:
    (project / "samconfig.toml").write_text(
        'version = 0.1\n[default.deploy.parameters]\nregion = "sa-east-1"\n'
    )
    loaded = make_loader(project, load_config(None, {}, {}), {}, None)()
    assert loaded.region == "sa-east-1"


def test_each_call_reads_the_files_again(project: Path) -> None:
    load = make_loader(project, load_config(None, {}, {}), {}, None)
    assert load().apis[0].name == "small"
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("Name: small", "Name: other"))
    assert load().apis[0].name == "other"


def test_a_project_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        make_loader(tmp_path, load_config(None, {}, {}), {}, None)()


def test_without_a_project_there_is_an_empty_one_in_the_account_of_the_settings() -> None:
    config = load_config(None, {}, {"project.account_id": "210987654321"})
    project = make_empty_loader(config)()
    assert (project.region, project.account_id, project.apis) == ("us-east-1", "210987654321", ())


def test_a_parameter_that_nobody_has_given_is_guessed_unless_that_is_not_wanted(
    project: Path,
) -> None:
    template = project / "template.yaml"
    text = template.read_text().replace("Name: small", "Name: !Ref Title")
    template.write_text(f"Parameters: {{Title: {{Type: String}}}}\n{text}")
    config = load_config(None, {}, {})
    assert make_loader(project, config, {}, None)().apis[0].name == "Title"
    with pytest.raises(InputError, match="the parameter Title has no default"):
        make_loader(project, config, {}, None, is_guessing=False)()
