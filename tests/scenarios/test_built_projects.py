"""Projects that have to be built first start as they are: nothing is left in their folders."""

from pathlib import Path

from scenarios.conftest import RoutekeyRun
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
        (project / "src" / "words.ts").write_text(WORDS.replace("hello", "goodbye"))
        await wait_until(lambda: "Reloaded: " in running.output, "a reload")
        assert await ask(client, "you") == "goodbye you"
    assert sorted(project.rglob("*")) == before
