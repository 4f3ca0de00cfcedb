"""Models, whatever `DisableSchemaValidation` says."""

import json
from pathlib import Path

import pytest

from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, write_project
from scenarios.running import ask

ECHO = Source(text='handler = lambda event, _: {"statusCode": 200, "body": event.get("body", "")}')


@pytest.mark.rule("VTL-MOD-06", "VTL-MOD-03", "DP-RTE-21")
async def test_a_flag_for_deployments_does_not_let_bad_messages_pass(
    tmp_path: Path, routekey_run: RoutekeyRun
) -> None:
    """It only says whether AWS looks at the schema itself when the API is deployed."""
    folder = write_project(
        tmp_path / "project", {"Echo": ECHO}, {"$default": "Echo"}, two_way=("$default",)
    )
    template = json.loads((folder / "template.json").read_text())
    resources = template["Resources"]
    resources["Api"]["Properties"]["DisableSchemaValidation"] = True
    resources["Room"] = {
        "Type": "AWS::ApiGatewayV2::Model",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "Name": "Room",
            "ContentType": "application/json",
            "Schema": {"type": "object", "required": ["room"]},
        },
    }
    resources["Route0"]["Properties"] |= {
        "ModelSelectionExpression": "$default",
        "RequestModels": {"$default": "Room"},
    }
    (folder / "template.json").write_text(json.dumps(template))
    running = await routekey_run(folder)
    async with running.connect() as client:
        assert await ask(client, '{"room":"blue"}') == '{"room":"blue"}'
        assert json.loads(await ask(client, "{}"))["message"] == "Bad request body"
