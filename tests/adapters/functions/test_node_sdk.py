"""The AWS SDK for Node functions that do not package it."""

from pathlib import Path

import pytest

from adapters.functions.laboratory import Lab
from routekey.adapters.functions.interpreters import find_nodes
from routekey.adapters.functions.node_sdk import NodeSdk, find_missing
from routekey.errors import ProjectError

V3 = "@aws-sdk/client-apigatewaymanagementapi"
NPM = """#!/bin/sh
echo "$@" >> {log}
cat > package.json <<END
{{"dependencies": {{"{name}": "1"}}}}
END
mkdir -p node_modules/{name}
"""
REGISTRY = """#!/bin/sh
# An npm whose registry has lost a package, and goes on with another at an older version alone.
echo "$@" >> {log}
for word in "$@"; do
  case $word in
    @aws-sdk/lost*) echo "npm error code E404" >&2; exit 1 ;;
    @aws-sdk/ended@^*) echo "npm error code ETARGET" >&2; exit 1 ;;
    aws-sdk@*) mkdir -p node_modules/aws-sdk ;;
    @aws-sdk/*) mkdir -p node_modules/@aws-sdk/ended ;;
  esac
done
echo '{{"dependencies": {{"aws-sdk": "2", "@aws-sdk/ended": "3"}}}}' > package.json
"""


def npm(folder: Path, text: str) -> Path:
    """Make a Node with an npm beside it that does as it is told."""
    folder.mkdir(exist_ok=True)
    (folder / "npm").write_text(text)
    (folder / "npm").chmod(0o755)
    return folder / "node"


@pytest.mark.parametrize(
    "source",
    [
        f"const {{ X }} = require('{V3}');",
        f'import {{ X }} from "{V3}";',
        f"import{{X}}from'{V3}'",
        f"await import(`{V3}`)",
        f'import "{V3}/dist-es/index.js"',
    ],
)
def test_each_way_to_ask_for_a_package_is_seen(tmp_path: Path, source: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.mjs").write_text(source)
    assert find_missing([tmp_path]) == {V3}


def test_what_a_function_or_a_layer_brings_is_not_missing(tmp_path: Path) -> None:
    code, layer = tmp_path / "project" / "code", tmp_path / "layer"
    code.mkdir(parents=True)
    (code / "app.js").write_text(f"require('{V3}'); require('aws-sdk'); require('express')")
    assert find_missing([code]) == {V3, "aws-sdk"}
    (tmp_path / "project" / "node_modules" / V3).mkdir(parents=True)
    assert find_missing([code]) == {"aws-sdk"}
    (layer / "nodejs" / "node_modules" / "aws-sdk").mkdir(parents=True)
    assert find_missing([code, layer]) == set()


def test_sources_of_others_are_not_read(tmp_path: Path) -> None:
    for folder in ("node_modules/x", ".git"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "index.js").write_text("require('aws-sdk')")
    (tmp_path / "notes.txt").write_text("require('aws-sdk')")
    (tmp_path / "bundle.js").write_text("require('aws-sdk')" + " " * (8 * 1024 * 1024))
    assert find_missing([tmp_path]) == set()


def test_a_missing_package_is_installed_once(tmp_path: Path) -> None:
    log, said = tmp_path / "log", list[str]()
    node = npm(tmp_path / "bin", NPM.format(log=log, name="aws-sdk"))
    code = tmp_path / "code"
    code.mkdir()
    (code / "app.js").write_text("require('aws-sdk')")
    sdk = NodeSdk(tmp_path / "cache", said.append)
    for _ in range(2):
        assert sdk.find([code], node=node) == tmp_path / "cache"
    assert len(log.read_text().splitlines()) == 1
    assert "aws-sdk@2." in log.read_text()
    assert said == ["Installing aws-sdk for Node functions (once) …"]


def test_nothing_is_installed_where_nothing_is_missing(tmp_path: Path) -> None:
    sdk = NodeSdk(tmp_path / "cache", pytest.fail)
    assert sdk.find([tmp_path], node=tmp_path / "node") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("#!/bin/sh\necho network unreachable >&2\nexit 1\n", "network unreachable"),
        (None, "npm cannot be run: No such file"),
    ],
)
def test_a_package_that_cannot_be_had_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, problem: str
) -> None:
    monkeypatch.setenv("PATH", "/nowhere" if text is None else "/usr/bin:/bin")
    node = npm(tmp_path / "bin", text) if text else tmp_path / "node"
    (tmp_path / "app.js").write_text("require('aws-sdk')")
    with pytest.raises(ProjectError, match=problem) as told:
        NodeSdk(tmp_path / "cache", lambda _: None).find([tmp_path], node=node)
    assert "npm install" in told.value.remedy


def test_a_package_that_does_not_exist_keeps_nothing_else_away(tmp_path: Path) -> None:
    """A sample beside the handlers may ask for it, and a package may have ended long ago."""
    log, said = tmp_path / "log", list[str]()
    node = npm(tmp_path / "bin", REGISTRY.format(log=log))
    code = tmp_path / "code"
    code.mkdir()
    (code / "app.js").write_text("require('aws-sdk'); require('@aws-sdk/ended')")
    (code / "sample.js").write_text("require('@aws-sdk/lost')")
    sdk = NodeSdk(tmp_path / "cache", said.append)
    assert sdk.find([code], node=node) == tmp_path / "cache"
    asked = len(log.read_text().splitlines())
    assert sdk.find([code], node=node) == tmp_path / "cache"
    assert len(log.read_text().splitlines()) == asked
    modules = tmp_path / "cache" / "node_modules"
    assert (modules / "aws-sdk").is_dir()
    assert (modules / "@aws-sdk" / "ended").is_dir()
    assert [line for line in said if line.startswith("note @aws-sdk/lost cannot be installed")]
    assert len(said) == 2


async def test_both_sdks_are_found_by_scripts_and_modules(lab: Lab) -> None:
    """The real packages, from the registry or from the cache of an earlier run."""
    assert find_nodes()
    script = f"""
    const {{ ApiGatewayManagementApiClient }} = require("{V3}");
    const AWS = require("aws-sdk");
    exports.handler = async () => [typeof ApiGatewayManagementApiClient, typeof AWS.S3];
    """
    module = f"""
    import {{ ApiGatewayManagementApiClient }} from "{V3}";
    import AWS from "aws-sdk";
    export const handler = async () => [typeof ApiGatewayManagementApiClient, typeof AWS.S3];
    """
    await lab.serve(lab.node(script), lab.node(module, "g", "app.mjs"))
    assert await lab.call() == ["function", "function"]
    assert await lab.call(function="g") == ["function", "function"]
