"""Chalice applications; the tool is a small one that writes what chalice writes."""

import json
import sys
from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects import LoadOptions, load

TEMPLATE = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "WebsocketMessage": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Runtime": "python3.12",
                "Handler": "app.message",
                "CodeUri": "./deployment.zip",
            },
        },
        "WebsocketAPI": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "chat-websocket-api",
                "RouteSelectionExpression": "$request.body.action",
                "ProtocolType": "WEBSOCKET",
            },
        },
        "WebsocketAPIStage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "WebsocketAPI"}, "StageName": "api"},
        },
    },
}
TOOL = f"""#!{sys.executable}
import json, pathlib, sys
assert sys.argv[1:4] == ["package", "--stage", "dev"], sys.argv
if pathlib.Path("broken").exists():
    sys.exit("cannot import app")
folder = pathlib.Path(sys.argv[4])
(folder / "deployment.zip").write_bytes(b"")
(folder / "sam.json").write_text({json.dumps(TEMPLATE)!r})
"""


@pytest.fixture
def application(tmp_path: Path) -> Path:
    folder = tmp_path / "chat"
    for name, text in ((".chalice/config.json", "{}"), ("app.py", ""), (".venv/bin/chalice", TOOL)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / ".venv/bin/chalice").chmod(0o755)
    return folder


def test_an_application_is_packaged_and_read(application: Path, tmp_path: Path) -> None:
    project = load(application, options=LoadOptions(cache=tmp_path / "cache"))
    (api,), (function,) = project.apis, project.functions
    assert (api.name, api.stages[0].stage_name) == ("chat-websocket-api", "api")
    assert function.function_name.startswith("chat-WebsocketMessage-")
    assert function.code.path.endswith("/deployment.zip")
    assert f"{application}/*.py" in project.file_patterns


def test_what_chalice_complains_of_is_said(application: Path, tmp_path: Path) -> None:
    (application / "broken").touch()
    with pytest.raises(ProjectError, match="chalice fails: cannot import app"):
        load(application, options=LoadOptions(cache=tmp_path / "cache"))


def test_without_chalice_there_is_a_remedy(application: Path, tmp_path: Path) -> None:
    (application / ".venv/bin/chalice").unlink()
    with pytest.raises(ProjectError, match="pip install chalice"):
        load(application, options=LoadOptions(cache=tmp_path / "cache"))
