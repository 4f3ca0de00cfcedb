"""The flags of `routekey serve`; what it does is in the scenarios."""

from pathlib import Path

from cli.processes import assert_is_one_error, routekey
from scenarios.conftest import RoutekeyRun, routekey_serve

__all__ = ["routekey_serve"]


def test_a_project_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert_is_one_error(routekey("serve", str(missing)), str(missing))


def test_a_wrong_setting_is_one_error(project: Path) -> None:
    done = routekey("serve", str(project), ROUTEKEY_LOGGING_FORMAT="xml")
    assert_is_one_error(done, "ROUTEKEY_LOGGING_FORMAT: 'xml' does not fit")


def test_in_production_nothing_is_guessed(project: Path) -> None:
    template = project / "template.yaml"
    text = template.read_text().replace("Name: small", "Name: !Ref Title")
    template.write_text(f"Parameters: {{Title: {{Type: String}}}}\n{text}")
    assert_is_one_error(routekey("serve", str(project)), "--parameter Title=VALUE")


async def test_logs_can_be_for_people(project: Path, routekey_serve: RoutekeyRun) -> None:
    settings = project / "settings.toml"
    settings.write_text('[logging]\nformat = "text"\n')
    running = await routekey_serve(project, "--config", str(settings), "--region", "ap-south-1")
    assert ".execute-api.ap-south-1.amazonaws.com/" in running.addresses["apis"][0]["callbackUrl"]
    await running.wait_for_output("Ctrl-C stops")


async def test_saved_changes_are_not_followed(project: Path, routekey_serve: RoutekeyRun) -> None:
    running = await routekey_serve(project)
    (project / "template.yaml").write_text("broken: [")
    assert await running.stop() == 0
    assert "eload" not in running.output
