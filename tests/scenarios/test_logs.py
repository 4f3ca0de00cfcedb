"""Where access and execution logs go, of whole gateways."""

import json
from pathlib import Path

import pytest

from scenarios.conftest import RoutekeyRun
from scenarios.projects import API_ID, Source, write_project
from scenarios.running import Running, ask

ECHO = Source(text='handler = lambda event, _: {"statusCode": 200, "body": event.get("body", "")}')
LOGS = {
    "AccessLogSettings": {
        "DestinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:chat-access",
        "Format": '{"id":"$context.connectionId","route":"$context.routeKey"}',
    },
    "DefaultRouteSettings": {"LoggingLevel": "INFO"},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = write_project(
        tmp_path / "project", {"Echo": ECHO}, {"$default": "Echo"}, two_way=("$default",)
    )
    template = json.loads((folder / "template.json").read_text())
    template["Resources"]["Stage"]["Properties"] |= LOGS
    (folder / "template.json").write_text(json.dumps(template))
    return folder


async def say_something(running: Running) -> None:
    async with running.connect() as client:
        assert await ask(client, "hello") == "hello"


@pytest.mark.rule("DP-MON-11", "DP-MON-15")
@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_logs_go_to_a_file_for_each_log_group(
    project: Path, tmp_path: Path, routekey_run: RoutekeyRun, log_format: str
) -> None:
    logs, settings = tmp_path / "logs", tmp_path / "routekey.toml"
    settings.write_text(f'[telemetry]\nlog_folder = "{logs}"\nlog_format = "{log_format}"\n')
    running = await routekey_run(project, "--config", str(settings))
    await say_something(running)
    assert await running.stop() == 0
    lines = [json.loads(line) for line in (logs / "chat-access.log").read_text().splitlines()]
    if log_format == "json":
        assert {line["logGroup"] for line in lines} == {"chat-access"}
        lines = [line["message"] for line in lines]
    assert [line["route"] for line in lines] == ["$connect", "$default", "$disconnect"]
    execution = (logs / f"aws/apigateway/{API_ID}/dev.log").read_text()
    assert "WebSocket Request Route: [$default]" in execution
    assert "chat-access" not in running.output


@pytest.mark.rule("DP-MON-11", "DP-MON-15")
async def test_without_a_folder_logs_are_entries_of_the_output(
    project: Path, routekey_serve: RoutekeyRun
) -> None:
    running = await routekey_serve(project)
    await say_something(running)
    await running.stop()
    entries = [json.loads(line) for line in running.output.splitlines()]
    groups = {entry["logGroup"] for entry in entries if "logGroup" in entry}
    assert groups == {"chat-access", f"/aws/apigateway/{API_ID}/dev"}


async def test_a_folder_that_cannot_be_made_ends_the_start_with_the_remedy(
    project: Path, tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    (tmp_path / "file").touch()
    settings = tmp_path / "routekey.toml"
    settings.write_text(f'[telemetry]\nlog_folder = "{tmp_path}/file/logs"\n')
    with pytest.raises(pytest.fail.Exception) as caught:
        await routekey_run(project, "--config", str(settings))
    assert "telemetry.log_folder: logs cannot be written to" in str(caught.value)
    assert "Name another folder" in str(caught.value)
