"""Applications of the CDK; the tool is a small one that writes what the CDK writes."""

import json
import os
import sys
from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects import LoadOptions, load

TEMPLATE = {
    "Resources": {
        "Say": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"S3Bucket": "assets", "S3Key": "1.zip"},
                "Handler": "app.handler",
                "Runtime": "python3.12",
                "Role": "r",
            },
            "Metadata": {"aws:asset:path": "SOURCE", "aws:asset:property": "Code"},
        },
    },
}
MANIFEST = {
    "version": "36.0.0",
    "artifacts": {
        "Chat": {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/eu-west-3",
            "properties": {"templateFile": "Chat.template.json"},
        }
    },
}
TOOL = f"""#!{sys.executable}
import os, pathlib, shutil, sys
assert sys.argv[1:5] == ["synth", "--quiet", "--no-staging", "--output"], sys.argv
if pathlib.Path("broken").exists():
    sys.exit("cannot find module aws-cdk-lib")
assert os.environ["PATH"].startswith(str(pathlib.Path(".venv/bin").absolute()))
folder = pathlib.Path(sys.argv[5])
source = str(pathlib.Path("handlers").absolute())
(folder / "cdk.out").write_text("{{}}")
(folder / "manifest.json").write_text({json.dumps(MANIFEST)!r})
(folder / "Chat.template.json").write_text({json.dumps(TEMPLATE)!r}.replace("SOURCE", source))
"""


@pytest.fixture
def application(tmp_path: Path) -> Path:
    folder = tmp_path / "chat"
    (folder / "handlers").mkdir(parents=True)
    (folder / "handlers" / "app.py").touch()
    (folder / "cdk.json").write_text("{}")
    tool = tmp_path / "node_modules" / ".bin" / "cdk"
    tool.parent.mkdir(parents=True)
    tool.write_text(TOOL, encoding="utf-8")
    tool.chmod(0o755)
    return folder


def options(folder: Path) -> LoadOptions:
    return LoadOptions(cache=folder.parent / "cache", environment=os.environ)


def test_an_application_is_synthesized_and_runs_from_its_sources(application: Path) -> None:
    project = load(application, options=options(application))
    (function,) = project.functions
    assert function.code.path == str(application / "handlers")
    assert project.region == "eu-west-3"
    assert f"{application}/lib/*.ts" in project.file_patterns
    assert not (application / "cdk.out").exists()


def test_what_was_synthesized_before_goes_first(application: Path) -> None:
    load(application, options=options(application))
    (assembly,) = (application.parent / "cache" / "cdk").iterdir()
    assembly.rename(application / "cdk.out")
    (application / "broken").touch()
    assert load(application, options=options(application)).region == "eu-west-3"


def test_an_application_that_does_not_synthesize_says_why(application: Path) -> None:
    (application / "broken").touch()
    with pytest.raises(ProjectError, match=r"cannot find module aws-cdk-lib.*npx cdk synth"):
        load(application, options=options(application))


def test_without_the_cdk_it_is_said_what_to_do(application: Path) -> None:
    (application.parent / "node_modules" / ".bin" / "cdk").unlink()
    with pytest.raises(ProjectError, match=r"its cdk is not installed.*npx cdk synth"):
        load(application, options=options(application))
    with pytest.raises(ProjectError, match="npx cdk synth"):
        load(application)
