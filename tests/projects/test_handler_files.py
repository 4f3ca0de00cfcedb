"""Handlers and the files that they name."""

from pathlib import Path

import pytest

from routekey.projects.handler_files import (
    find_handler,
    find_typescript,
    find_unbuilt,
    is_file,
    is_folder,
    read_handler,
    tell_build,
)
from routekey.resources.function import Code, Function, PackageType


@pytest.mark.rule("LAM-RT-03")
@pytest.mark.parametrize(
    ("file", "handler", "runtime"),
    [
        ("app.py", "app.handler", "python3.12"),
        ("a/b.py", "a/b.handler", "python3.12"),
        ("a/b.py", "a.b.handler", "python3.12"),
        ("a/__init__.py", "a.handler", "python3.12"),
        ("app.mjs", "app.handler", "nodejs20.x"),
        ("src/app.js", "src/app.a.b", "nodejs20.x"),
    ],
)
def test_a_handler_is_found(tmp_path: Path, file: str, handler: str, runtime: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("source", encoding="utf-8")
    assert find_handler(tmp_path, handler, runtime) is None
    assert read_handler(function(tmp_path, handler, runtime)) == "source"


@pytest.mark.parametrize(
    ("handler", "runtime", "problem"),
    [
        ("app.handler", "python3.12", "has no app.py"),
        ("app.handler", "nodejs20.x", "is TypeScript that is not built"),
        ("handler", "nodejs20.x", "is not a handler"),
        ("handler", "python3.12", "is not a handler"),
    ],
)
def test_a_handler_that_is_not_there_says_why(
    tmp_path: Path, handler: str, runtime: str, problem: str
) -> None:
    (tmp_path / "app.ts").touch()
    missing = find_handler(tmp_path, handler, runtime)
    assert missing is not None
    assert problem in missing.problem


@pytest.mark.rule("LAM-RT-02")
@pytest.mark.parametrize(
    ("file", "handler", "runtime"),
    [
        ("bootstrap", "any", "provided.al2023"),
        ("main", "main", "go1.x"),
        ("Chat.dll", "Chat::Chat.Say::Handle", "dotnet8"),
        ("org/say/App.class", "org.say.App::handle", "java21"),
        ("lib/app.jar", "org.say.App", "java21"),
    ],
)
def test_of_compiled_runtimes_it_is_what_they_run(
    tmp_path: Path, file: str, handler: str, runtime: str
) -> None:
    missing = find_handler(tmp_path, handler, runtime)
    assert missing is not None
    assert "sam build" in missing.remedy
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).touch()
    assert find_handler(tmp_path, handler, runtime) is None


def test_a_handler_that_is_no_path_is_not_there(tmp_path: Path) -> None:
    for handler in ("", "/", "**x", "\0"):
        assert find_handler(tmp_path, handler, "go1.x") is not None


def test_source_that_is_not_a_file_reads_as_nothing(tmp_path: Path) -> None:
    assert read_handler(function(tmp_path, "app.handler", "python3.12")) == ""
    assert read_handler(function(tmp_path, "x", "java21")) == ""


def test_strange_paths_are_neither_file_nor_folder() -> None:
    for name in ("\0", "x" * 5000):
        assert not is_file(Path(name))
        assert not is_folder(Path(name))


def function(folder: Path, handler: str, runtime: str) -> Function:
    code = Code(package_type=PackageType.DIRECTORY, path=str(folder))
    return Function(function_name="f", code=code, handler=handler, runtime=runtime, role="r")


@pytest.mark.parametrize(
    ("manifest", "remedy"),
    [
        ('{"scripts": {"build": "tsc"}}', "npm run build"),
        ('{"scripts": {}}', "Correct the handler"),
        ("[]", "Correct the handler"),
        ("{", "Correct the handler"),
    ],
)
def test_what_a_script_builds_has_to_be_built(tmp_path: Path, manifest: str, remedy: str) -> None:
    (tmp_path / "package.json").write_text(manifest, encoding="utf-8")
    missing = find_handler(tmp_path, "dist/app.handler", "nodejs20.x")
    assert missing is not None
    assert remedy in missing.remedy


@pytest.mark.parametrize("source", ["dist/deep/app.ts", "src/deep/app.ts", "deep/app.ts"])
def test_what_a_compiler_would_write_has_its_source_elsewhere(tmp_path: Path, source: str) -> None:
    (tmp_path / source).parent.mkdir(parents=True)
    (tmp_path / source).touch()
    assert find_typescript(tmp_path, "dist/deep/app.handler", "nodejs20.x") == tmp_path / source
    assert find_typescript(tmp_path, "other/deep/app.handler", "nodejs20.x") is None


def test_a_folder_that_a_compiler_would_write_has_its_source_beside(tmp_path: Path) -> None:
    output = tmp_path / "dist"
    assert find_unbuilt(output, "app.handler", "nodejs20.x") is None
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.ts").touch()
    assert find_unbuilt(output, "app.handler", "nodejs20.x") == tmp_path / "src"
    assert find_unbuilt(output, "app.handler", "python3.12") is None
    assert find_unbuilt(tmp_path / "code", "app.handler", "nodejs20.x") is None


def test_a_package_above_tells_how_it_is_built(tmp_path: Path) -> None:
    assert tell_build(tmp_path / "a" / "dist", "nodejs20.x") == ""
    (tmp_path / "package.json").write_text('{"scripts": {"build": "tsc"}}', encoding="utf-8")
    remedy = f"Build it first: `npm run build`, in {tmp_path}"
    assert tell_build(tmp_path / "a" / "dist", "nodejs20.x") == remedy
    assert tell_build(tmp_path / "a" / "b" / "c", "nodejs20.x") == ""
