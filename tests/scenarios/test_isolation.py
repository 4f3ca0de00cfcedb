"""What the process of a function knows of others: nothing of their keys, nor of the gateway's."""

import json
from pathlib import Path

import pytest

from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, node, write_project
from scenarios.running import ask

PYTHON = Source(
    text="""
import json, os

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(dict(os.environ))}
"""
)
NODE = node(
    """
exports.handler = async () => ({ statusCode: 200, body: JSON.stringify(process.env) });
"""
)
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@pytest.mark.rule("LAM-ENV-01")
async def test_functions_see_no_keys_but_their_own(
    tmp_path: Path, routekey_run: RoutekeyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*KEYS, "AWS_PROFILE", "DATABASE_PASSWORD", "ROUTEKEY_PROJECT_REGION"):
        monkeypatch.setenv(name, "eu-west-2" if name.startswith("ROUTEKEY") else "the gateway's")
    sources = {"First": PYTHON, "Second": PYTHON, "Third": NODE}
    routes = {name.lower(): name for name in sources}
    running = await routekey_run(
        write_project(tmp_path / "project", sources, routes, two_way=tuple(routes))
    )
    seen: dict[str, dict[str, str]] = {}
    async with running.connect() as client:
        for route in routes:
            seen[route] = json.loads(await ask(client, json.dumps({"action": route})))
    for environment in seen.values():
        assert "the gateway's" not in environment.values()
        assert not {"AWS_PROFILE", "DATABASE_PASSWORD", "ROUTEKEY_PROJECT_REGION"} & set(
            environment
        )
    for name in KEYS:
        assert len({environment[name] for environment in seen.values()}) == len(seen)
        others = {
            route: {value for other in seen if other != route for value in [seen[other][name]]}
            for route in seen
        }
        for route, environment in seen.items():
            text = json.dumps(environment)
            assert not any(value in text for value in others[route])
    secrets = {environment["AWS_SECRET_ACCESS_KEY"] for environment in seen.values()}
    assert not any(secret in running.output for secret in secrets)
