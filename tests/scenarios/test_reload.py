"""Reload on save: connections stay, and what does not load does not serve."""

import json
from pathlib import Path

import pytest

from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, node, save, write_project
from scenarios.running import Running, ask, wait_until

COUNTER = """
calls = 0

def handler(event, context):
    global calls
    calls += 1
    return {"statusCode": 200, "body": f"VERSION {calls}"}
"""
SAYS_ONE = node('exports.handler = async () => ({ statusCode: 200, body: "one" });')
FILE = """
[api]
name = "visits"
[function.count]
runtime = "python3.12"
handler = "app.handler"
[[route]]
key = "$default"
function = "count"
reply = true
"""
ROUTES = {"$default": "Counter", "other": "Other"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    functions = {"Counter": Source(text=COUNTER.replace("VERSION", "first")), "Other": SAYS_ONE}
    return write_project(tmp_path / "project", functions, ROUTES, two_way=tuple(ROUTES))


def edit_template(project: Path, old: str, new: str) -> None:
    template = project / "template.json"
    text = template.read_text()
    assert old in text
    save(template, text.replace(old, new))


async def reloads(running: Running, times: int = 1) -> None:
    await wait_until(lambda: running.output.count("Reloaded: ") >= times, "a reload")


async def test_saved_code_serves_the_connections_that_are_open(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    running = await routekey_run(project)
    async with running.connect() as client:
        assert await ask(client, "hello") == "first 1"
        save(project / "Counter" / "app.py", COUNTER.replace("VERSION", "second"))
        await reloads(running)
        assert await ask(client, "hello") == "second 1"


async def test_code_of_another_function_leaves_a_warm_one_alone(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    running = await routekey_run(project)
    async with running.connect() as client:
        assert await ask(client, "hello") == "first 1"
        save(project / "Other" / "index.js", SAYS_ONE.text.replace("one", "two"))
        await reloads(running)
        assert await ask(client, '{"action":"other"}') == "two"
        assert await ask(client, "hello") == "first 2"


@pytest.mark.rule("DP-RTE-17")
async def test_a_saved_template_serves_the_connections_that_are_open(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    running = await routekey_run(project)
    async with running.connect() as client:
        assert await ask(client, '{"action":"renamed"}') == "first 1"
        edit_template(project, '"RouteKey": "other"', '"RouteKey": "renamed"')
        await reloads(running)
        assert await ask(client, '{"action":"renamed"}') == "one"


async def test_a_broken_template_leaves_the_old_one_serving(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    running = await routekey_run(project)
    async with running.connect() as client:
        template = project / "template.json"
        whole = template.read_text()
        save(template, whole[:-20])
        await running.wait_for_output("Not reloaded (template.json)")
        error = next(line for line in running.output.splitlines() if line.startswith("error: "))
        line_number = int(error.removeprefix(f"error: {template}:").partition(":")[0])
        assert abs(line_number - len(whole.splitlines())) < 5
        assert await ask(client, "hello") == "first 1"
        save(template, whole)
        await reloads(running)
        assert await ask(client, "hello") == "first 2"


async def test_a_reload_loses_no_message(project: Path, routekey_run: RoutekeyRun) -> None:
    """Messages flow while code and template change; each gets an answer, and no error."""
    running = await routekey_run(project)
    async with running.connect() as client:
        answers = []
        for number in range(300):
            if number % 100 == 50:
                text = COUNTER.replace("VERSION", f"number {number}")
                save(project / "Counter" / "app.py", text)
            answers.append(await ask(client, "hello"))
        await reloads(running)
    assert not [answer for answer in answers if "Internal server error" in answer]


async def test_a_function_that_is_removed_answers_no_more(
    project: Path, routekey_run: RoutekeyRun
) -> None:
    running = await routekey_run(project)
    async with running.connect() as client:
        assert await ask(client, '{"action":"other"}') == "one"
        template = json.loads((project / "template.json").read_text())
        for name, resource in list(template["Resources"].items()):
            if "Other" in json.dumps(resource) or name.startswith("Other"):
                del template["Resources"][name]
        template["Resources"] = {
            name: resource
            for name, resource in template["Resources"].items()
            if resource["Properties"].get("RouteId") != {"Ref": "Route1"}
        }
        save(project / "template.json", json.dumps(template))
        await reloads(running)
        assert await ask(client, '{"action":"other"}') == "first 1"


async def test_what_the_gateway_writes_into_the_project_s_folder_is_no_save(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    """Its ready file, its data and its output, which would grow with each reload."""
    source = "print('here')\n" + COUNTER.replace("calls += 1", "calls += 1\n    print('called')")
    (tmp_path / "app.py").write_text(source.replace("VERSION", "0"))
    (tmp_path / "routekey.toml").write_text(FILE)
    running = await routekey_run(tmp_path, "--data", str(tmp_path / "kept"))
    assert running.output_file.is_relative_to(tmp_path)
    async with running.connect() as client:
        for version in "123":
            save(tmp_path / "app.py", source.replace("VERSION", version))
            await reloads(running, int(version))
            assert await ask(client, "hello") == f"{version} 1"
            assert await ask(client, "hello") == f"{version} 2"
    told = [line for line in running.output.splitlines() if line.startswith("Reloaded")]
    assert told == ["Reloaded: app.py"] * 3
