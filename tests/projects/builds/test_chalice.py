"""Chalice applications; the tool is a small one that writes what chalice writes."""

import json
import sys
import zipfile
from pathlib import Path
from textwrap import indent

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


def test_chalice_is_installed_with_what_the_application_requires(
    application: Path, tmp_path: Path
) -> None:
    (application / ".venv/bin/chalice").unlink()
    wheel = tmp_path / "chalice-1.0-py3-none-any.whl"
    about = "chalice-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("chalice/__init__.py", "")
        archive.writestr("chalice/cli.py", f"def main():\n{indent(TOOL, '    ')}")
        archive.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: chalice\nVersion: 1.0\n"
        )
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    (application / "requirements.txt").write_text(f"chalice @ {wheel.as_uri()}\nboto3\n")
    project = load(application, options=LoadOptions(cache=tmp_path / "cache"))
    assert [api.name for api in project.apis] == ["chat-websocket-api"]


def test_chalice_that_cannot_be_had_has_a_remedy(application: Path, tmp_path: Path) -> None:
    (application / ".venv/bin/chalice").unlink()
    (application / "requirements.txt").write_text("chalice @ file:///nowhere.whl")
    with pytest.raises(ProjectError, match=r"chalice cannot be installed: .*pip install"):
        load(application, options=LoadOptions(cache=tmp_path / "cache"))
