"""Descriptions that are programs, evaluated by a real Node."""

from pathlib import Path

import pytest

from routekey.adapters.functions.packages import cache_folder
from routekey.errors import ProjectError
from routekey.projects.builds.program import run_program
from routekey.projects.document import Value

CACHE = cache_folder()
HELLO = """
import { where } from "@libs/where";
const hello: { handler: string } = { handler: `${where(__dirname)}/handler.main` };
export default hello;
"""
SERVICE = """
import type { AWS } from "@serverless/typescript";
import hello from "./functions/hello";
const service: AWS = { service: process.env.NAME, functions: { hello } };
module.exports = service;
"""


def run(folder: Path, files: dict[str, str], environment: dict[str, str] | None = None) -> Value:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    document, _ = run_program(
        folder / next(iter(files)), cache=CACHE, environment=environment or {}
    )
    return document.value


def test_a_service_in_typescript_imports_its_functions(tmp_path: Path) -> None:
    """As the framework's template has it: paths of tsconfig.json, and handlers by __dirname."""
    files = {
        "serverless.ts": SERVICE,
        "functions/hello.ts": HELLO,
        "libs/where.ts": "export const where = (folder: string) => folder.split(process.cwd())[1];",
        "tsconfig.json": '{"compilerOptions": {"paths": {"@libs/*": ["./libs/*"]}}}',
    }
    assert run(tmp_path, files, {"NAME": "chat"}) == {
        "service": "chat",
        "functions": {"hello": {"handler": "/functions/handler.main"}},
    }
    _, read = run_program(tmp_path / "serverless.ts", cache=CACHE, environment={})
    assert set(read) >= {str(tmp_path / name) for name in list(files)[:3]}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.js", "module.exports = { a: 1, b: undefined };", {"a": 1}),
        ("a.cjs", "module.exports = async () => ({ a: 1 });", {"a": 1}),
        ("a.mjs", "export default { a: [1, 'b'] };", {"a": [1, "b"]}),
        ("a.mjs", "export const a = () => 1; export const b = null;", {"a": 1, "b": None}),
        ("a.js", "console.log('noise'); module.exports = 'a';", "a"),
        ("a.js", "module.exports = undefined;", {}),
    ],
)
def test_what_a_program_exports_is_its_value(
    tmp_path: Path, name: str, text: str, expected: Value
) -> None:
    assert run(tmp_path, {name: text}) == expected


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.js", "throw new Error('it is broken');", "it is broken"),
        ("a.js", "module.exports = {", "SyntaxError"),
        ("a.ts", "const a: = 1;", "Unexpected"),
        ("a.js", "process.exit(0);", "cannot be read"),
    ],
)
def test_a_program_that_fails_is_an_error(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    with pytest.raises(ProjectError, match=problem):
        run(tmp_path, {name: text})


def test_without_node_or_a_cache_there_is_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ProjectError, match="npx serverless package"):
        run_program(tmp_path / "serverless.ts", cache=None, environment={})
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ProjectError, match="Install Node"):
        run_program(tmp_path / "serverless.js", cache=CACHE, environment={})
