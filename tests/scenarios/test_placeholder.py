"""Handlers from notes: an endpoint that was blotted out, and a literal one of somebody else's."""

import json
import shutil
from pathlib import Path

from scenarios.conftest import RoutekeyRun
from scenarios.running import ask

ECHO = Path(__file__).parents[2] / "examples" / "echo"
LITERAL = "https://6behyoa40f.execute-api.eu-west-2.amazonaws.com/dev/"


async def test_an_endpoint_without_an_address_means_the_only_api(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    project = tmp_path / "echo"
    shutil.copytree(ECHO, project)
    handler = project / "handlers" / "default" / "lambda_function.py"
    blotted_out = handler.read_text().replace(LITERAL, "xxxxxxxxxx.com/production")
    assert "xxxxxxxxxx" in blotted_out
    handler.write_text(blotted_out)
    running = await routekey_run(project)
    async with running.connect() as client:
        assert await ask(client, "hello") == json.dumps("responding...")
    await running.wait_for_output("has no scheme: on AWS boto3 refuses it")


async def test_the_id_of_an_api_elsewhere_means_the_only_api_and_a_note_says_so(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    project = tmp_path / "echo"
    shutil.copytree(ECHO, project)
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("6behyoa40f", "abcdefghij"))
    running = await routekey_run(project)
    async with running.connect() as client:
        assert await ask(client, "hello") == json.dumps("responding...")
    await running.wait_for_output("names the API 6behyoa40f, which is not loaded")
