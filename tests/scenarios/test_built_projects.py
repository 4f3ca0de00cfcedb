"""Projects that have to be built first start as they are: nothing is left in their folders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from projects.builds.registries import Registries
from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, node, save, write_project
from scenarios.running import ask, wait_until

SERVICE = """
import type { AWS } from "@serverless/typescript";
const service: AWS = {
  service: "greetings",
  provider: { name: "aws", runtime: "nodejs20.x" },
  functions: {
    greet: {
      handler: "src/greet.main",
      events: [{ websocket: { route: "$default", routeResponseSelectionExpression: "$default" } }],
    },
  },
};
module.exports = service;
"""
HANDLER = """
import { greet } from "./words";
type Event = { body: string };
export const main = async (event: Event) => ({ statusCode: 200, body: greet(event.body) });
"""
WORDS = "export const greet = (name: string): string => `hello ${name}`;"


async def test_a_service_in_typescript_is_served_and_follows_its_source(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    for name, text in {
        "serverless.ts": SERVICE,
        "src/greet.ts": HANDLER,
        "src/words.ts": WORDS,
    }.items():
        (project / name).write_text(text)
    before = sorted(project.rglob("*"))
    running = await routekey_run(project)
    async with running.connect() as client:
        assert await ask(client, "you") == "hello you"
        save(project / "src" / "words.ts", WORDS.replace("hello", "goodbye"))
        await wait_until(lambda: "Reloaded: " in running.output, "a reload")
        assert await ask(client, "you") == "goodbye you"
    assert sorted(project.rglob("*")) == before


SLUG = """
from slugify import slugify

def handler(event, context):
    return {"statusCode": 200, "body": slugify(event["body"])}
"""
MILLISECONDS = """
import ms from "ms";
export const handler = async (event) => {
  return { statusCode: 200, body: String(ms(JSON.parse(event.body).time)) };
};
"""


@pytest.fixture
def registries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registries]:
    with Registries(tmp_path / "registries") as made:
        variables = {**made.variables, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield made


async def test_what_a_function_imports_and_nobody_installed_is_there(
    tmp_path: Path, routekey_run: RoutekeyRun, registries: Registries
) -> None:
    """As after `sam build`: requirements.txt, and package.json for an ES module."""
    slugify = "def slugify(text): return text.lower().replace(' ', '-')"
    registries.add_wheel("slugify", "8.0.4", slugify)
    registries.add_package("ms", "2.1.3", "module.exports = (text) => parseInt(text) * 1000;")
    functions = {"Slug": Source(text=SLUG), "Ms": node(MILLISECONDS, file="index.mjs")}
    routes = {"$default": "Slug", "ms": "Ms"}
    project = write_project(tmp_path / "project", functions, routes, two_way=tuple(routes))
    (project / "Slug" / "requirements.txt").write_text("boto3\nslugify==8.0.4\n")
    (project / "Ms" / "package.json").write_text('{"dependencies": {"ms": "^2.1.3"}}')
    running = await routekey_run(project)
    async with running.connect() as client:
        assert await ask(client, "A Notice Board") == "a-notice-board"
        assert await ask(client, '{"action": "ms", "time": "2 s"}') == "2000"
