"""Applications of the CDK; the tool is a small one that writes what the CDK writes."""

import fcntl
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from routekey.adapters.functions.packages import cache_folder
from routekey.errors import ProjectError
from routekey.projects import LoadOptions, load
from routekey.projects.builds.cdk import synthesized

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
import os, pathlib, shutil, subprocess, sys
assert sys.argv[1:5] == ["synth", "--quiet", "--no-staging", "--output"], sys.argv
if pathlib.Path("broken").exists():
    sys.exit("cannot find module aws-cdk-lib")
assert str(pathlib.Path(".venv/bin").absolute()) in os.environ["PATH"]
if pathlib.Path("requirements.txt").exists():
    assert pathlib.Path(os.environ["PYTHONPATH"].split(":")[0], "idna").is_dir()
if pathlib.Path("package.json").exists():
    assert pathlib.Path("node_modules").is_symlink()
    assert subprocess.check_output(["npx", "--yes", "say", "-n", "hi"], cwd="/") == b"-n,hi,"
folder = pathlib.Path(sys.argv[5])
source = str(pathlib.Path("handlers").absolute())
if pathlib.Path("lambda").exists():
    source = str(folder / "asset.1")
    pathlib.Path(source).mkdir(exist_ok=True)
    pathlib.Path(source, "app.py").touch()
    pathlib.Path(source, "index.js").write_text("// lambda/app.ts\\nexports.handler = 1;\\n")
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


def test_a_saved_source_of_a_bundle_makes_a_new_one(application: Path) -> None:
    """The templates lie in the cache: whoever else writes them there is no reason to reload."""
    (application / "lambda").mkdir()
    (application / "lambda" / "app.ts").touch()
    project = load(application, options=options(application))
    assert project.files == (
        str(application / "cdk.json"),
        str(application / "lambda" / "app.ts"),
    )


def test_two_do_not_write_the_templates_at_once(application: Path) -> None:
    chosen = options(application)
    search_path = os.environ["PATH"]
    with synthesized(application, chosen.cache, search_path) as assembly:
        descriptor = os.open(assembly, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)


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


def test_without_the_cdk_it_is_said_what_to_do(
    application: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (application.parent / "node_modules" / ".bin" / "cdk").unlink()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ProjectError, match=r"its cdk is not installed: npm cannot be run.*npx cdk"):
        load(application, options=options(application))
    with pytest.raises(ProjectError, match=r"its cdk is not installed\. .*npx cdk synth"):
        load(application)


def write_packages(application: Path) -> None:
    """Let an application name packages that nobody has installed: the tool, and one that says."""
    (application.parent / "node_modules").rename(application.parent / "elsewhere")
    package = application.parent / "package"
    package.mkdir()
    for name, text in {"cdk": TOOL, "say": '#!/bin/sh\nprintf %s, "$@"\n'}.items():
        (package / name).write_text(text, encoding="utf-8")
        (package / name).chmod(0o755)
    manifest = {"name": "aws-cdk", "version": "2.0.0", "bin": {"cdk": "cdk", "say": "say"}}
    (package / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
    named = {"aws-cdk": f"file:{package}", "esbuild": f"file:{package}"}
    (application / "package.json").write_text(json.dumps({"devDependencies": named}))


def test_packages_that_nobody_has_installed_are_lent(application: Path) -> None:
    write_packages(application)
    for _ in range(2):
        assert load(application, options=options(application)).region == "eu-west-3"
    assert not (application / "node_modules").is_symlink()
    assert len(list((application.parent / "cache" / "cdk-packages").iterdir())) == 1


def test_packages_are_taken_back_where_it_fails(application: Path) -> None:
    write_packages(application)
    (application / "broken").touch()
    with pytest.raises(ProjectError, match="cannot find module aws-cdk-lib"):
        load(application, options=options(application))
    assert not (application / "node_modules").is_symlink()


def test_packages_that_cannot_be_had_are_an_error(application: Path) -> None:
    write_packages(application)
    manifest = '{"dependencies": {"nowhere": "file:/nowhere/at/all", "esbuild": "*"}}'
    (application / "package.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(ProjectError, match=r"its cdk is not installed: npm fails"):
        load(application, options=options(application))


def test_what_an_application_in_python_requires_is_installed(application: Path) -> None:
    (application / "requirements.txt").write_text("idna==3.10\n", encoding="utf-8")
    chosen = replace(options(application), cache=cache_folder())
    assert load(application, options=chosen).region == "eu-west-3"
    (application / "requirements.txt").write_text("nowhere @ file:///nowhere.whl\n")
    with pytest.raises(ProjectError, match="its cdk is not installed"):
        load(application, options=chosen)
    (application / ".venv").mkdir()
    with pytest.raises(ProjectError, match="KeyError: 'PYTHONPATH'"):
        load(application, options=chosen)
