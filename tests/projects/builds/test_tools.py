"""Running tools."""

import sys
from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects.builds.tools import (
    digest_of,
    find_complaint,
    find_tool,
    run_tool,
    upwards,
)


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_a_tool_runs_in_its_folder_with_its_variables(tmp_path: Path) -> None:
    text = "import os; open(os.environ['NAME'], 'w').close()"
    run_tool(python(text), folder=tmp_path, environment={"NAME": "made"})
    assert (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("command", "seconds", "problem"),
    [
        (python("import sys; sys.exit('it is broken')"), 60, "fails: it is broken"),
        (python("print('said'); raise SystemExit(1)"), 60, "fails: said"),
        (python("import threading; threading.Event().wait()"), 1, "did not end within 1 seconds"),
        (["/nowhere/tool"], 60, "tool cannot be run: No such file"),
    ],
)
def test_a_tool_that_fails_is_an_error_with_what_it_said(
    tmp_path: Path, command: list[str], seconds: float, problem: str
) -> None:
    with pytest.raises(ProjectError, match=problem) as raised:
        run_tool(command, folder=tmp_path, environment={}, seconds_max=seconds, remedy="Mend it")
    assert raised.value.remedy == "Mend it"


@pytest.mark.parametrize(
    "marker",
    ["npm error", "npm ERR!"],  # of npm 10, and of older ones
)
def test_npm_says_what_is_missing_and_no_more(marker: str) -> None:
    said = f"""{marker} code E404
{marker} 404 Not Found - GET https://registry.example/gone
{marker} 404
{marker} 404  The requested resource 'gone@^1.1.1' could not be found.
{marker} 404
{marker} 404 Note that you can also install from a
{marker} 404 tarball, folder, http url, or git url.
{marker} A complete log of this run can be found in: /home/me/.npm/_logs/debug-0.log
"""
    assert find_complaint(said) == (
        "code E404 Not Found - GET https://registry.example/gone "
        "The requested resource 'gone@^1.1.1' could not be found."
    )


def test_of_much_that_is_printed_the_errors_are_told() -> None:
    """A bundler inside of the CDK: what it lacks comes first, the CDK's own frames last."""
    said = f"""
✘ [ERROR] Could not resolve "aws-xray-sdk-core"
    ../src/lambda/request-handler.ts:5:23:
1 error
Error: Failed to bundle asset: bash -c "npx esbuild {"--external:x " * 50}" exited with status 1
{"    at bundle (/app/node_modules/aws-cdk-lib/core/lib/asset-staging.js:2:619)" * 20}
Relates to construct: Stack/Handler/Code
"""
    told = find_complaint(said)
    assert told.startswith('✘ [ERROR] Could not resolve "aws-xray-sdk-core" 1 error Error: Failed')
    assert "asset-staging" not in told
    assert len(told) <= 600


def test_of_much_the_frames_are_left_out() -> None:
    """What a construct of the CDK refuses: its last line tells nothing."""
    said = f"""
/app/lib/handler.ts:18
    const handler = new NodejsFunction(this, "Handler", {{
                    ^
«CannotFindPackageLockFile» Cannot find a package lock file.
    ...new NodejsFunction in aws-cdk-lib...
{"    at new Handler (/app/lib/construct/handler.ts:18:25)" + chr(10)}
{"    at new Stack (/app/lib/stack/with/a/long/name/so/that/there/is/much.ts:1:1)" * 10}
Relates to construct:
    <.> (aws-cdk-lib.App)
     └─ Stack (aws-cdk-lib.Stack)
npx ts-node --prefer-ts-exts bin/cdk.ts: Subprocess exited with error 1
"""
    assert find_complaint(said) == (
        '/app/lib/handler.ts:18 const handler = new NodejsFunction(this, "Handler", { '
        "«CannotFindPackageLockFile» Cannot find a package lock file."
    )
    frames = "at x" + "\nat y" * 200
    assert find_complaint(frames).endswith("at y at y")


def test_of_much_without_an_error_the_end_is_told() -> None:
    assert find_complaint("\n".join(map(str, range(1000)))).endswith("998 999")


def test_a_tool_of_the_project_goes_before_one_on_the_path(tmp_path: Path) -> None:
    assert find_tool("no-such-tool", tmp_path) is None
    own = tmp_path / ".venv" / "bin" / "env"
    assert find_tool("env", tmp_path) != str(own)
    own.parent.mkdir(parents=True)
    own.touch()
    assert find_tool("env", tmp_path) == str(own)


def test_digests_differ_where_the_parts_do() -> None:
    assert digest_of("a", "b") == digest_of(b"a", "b")
    assert digest_of("ab", "") != digest_of("a", "b")


def test_upwards_begins_with_the_folder_itself() -> None:
    assert list(upwards(Path("/a/b"))) == [Path("/a/b"), Path("/a"), Path("/")]


def test_what_takes_long_is_told_before(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "routekey.builds"):
        run_tool(["true"], folder=tmp_path, environment={}, doing="Packing")
        run_tool(["true"], folder=tmp_path, environment={})
    assert [record.getMessage() for record in caplog.records] == ["Packing …"]
