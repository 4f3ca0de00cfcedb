"""Where code is: folders, archives, source text, and objects in S3."""

from pathlib import Path

import pytest

from projects.building import load_template
from routekey.adapters.functions.packages import cache_folder
from routekey.errors import ProjectError
from routekey.projects import LoadOptions
from routekey.resources.function import Code, PackageType
from routekey.resources.project import Project

FUNCTION = "Handler: app.handler, Runtime: nodejs20.x, Role: r"


def load(
    folder: Path,
    code: str,
    files: dict[str, str],
    more: str = "",
    options: LoadOptions | None = None,
) -> Project:
    return load_template(
        folder,
        f"Resources: {{F: {{Type: AWS::Lambda::Function, {more}"
        f"Properties: {{Code: {code}, {FUNCTION}}}}}}}",
        files=files,
        options=options,
    )


def only_code(project: Project) -> Code:
    return project.functions[0].code


@pytest.mark.parametrize(
    ("code", "files", "kind", "path"),
    [
        ("src", {"src/app.js": ""}, PackageType.DIRECTORY, "src"),
        ("src/app.js", {"src/app.js": ""}, PackageType.DIRECTORY, "src"),
        ("app.zip", {"app.zip": ""}, PackageType.ZIP, "app.zip"),
        ("{S3Bucket: b, S3Key: x/app.zip}", {"app.zip": ""}, PackageType.ZIP, "app.zip"),
        ("{S3Bucket: b, S3Key: h.zip}", {"asset.h/app.js": ""}, PackageType.DIRECTORY, "asset.h"),
        ("{S3Bucket: b, S3Key: h.zip}", {"asset.h.zip": ""}, PackageType.ZIP, "asset.h.zip"),
    ],
)
def test_code_is_found(
    tmp_path: Path, code: str, files: dict[str, str], kind: PackageType, path: str
) -> None:
    found = only_code(load(tmp_path, code, files))
    assert (found.package_type, found.path) == (kind, str(tmp_path / path))


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("dist/say.zip", "dist/say"),
        ("dist/say.zip", "say"),
        ("dist/say.zip", "src/say"),
        ("dist/say.zip", "src"),
        ("say.zip", "."),
        ("{S3Bucket: b, S3Key: code/say.zip}", "src/say"),
    ],
)
def test_what_an_archive_would_be_packed_from_is_run(
    tmp_path: Path, code: str, source: str
) -> None:
    project = load(tmp_path, code, {f"{source}/app.js": ""})
    assert only_code(project).path == str((tmp_path / source).resolve())
    assert "say.zip is not there; the code in" in project.notices[0].text


def test_a_folder_of_another_name_is_not_taken_for_code_in_s3(tmp_path: Path) -> None:
    project = load(tmp_path, "{S3Bucket: b, S3Key: say.zip}", {"src/app.js": ""})
    assert project.functions == ()
    assert "its code is in S3 (say.zip)" in project.notices[0].text


def test_a_handler_beside_the_template_is_taken_for_code_in_s3(tmp_path: Path) -> None:
    project = load(tmp_path, "{S3Bucket: b, S3Key: say.zip}", {"app.js": ""})
    assert only_code(project).path == str(tmp_path)
    notice = "its code is in S3 (say.zip); the handler beside the template is run"
    assert project.notices[0].text == notice


def test_an_output_that_nobody_compiled_runs_from_its_source(tmp_path: Path) -> None:
    source = {"src/app.ts": "export const handler = async () => 'compiled';"}
    options = LoadOptions(cache=cache_folder())
    code = only_code(load(tmp_path, "dist", source, options=options))
    assert code.source_path == str(tmp_path / "src")
    assert "compiled" in (Path(code.path) / "app.js").read_text(encoding="utf-8")


def test_an_output_without_source_says_how_it_is_built(tmp_path: Path) -> None:
    manifest = {"package.json": '{"scripts": {"build": "tsc"}}'}
    with pytest.raises(ProjectError, match=r"dist does not exist. Build it first: `npm run build`"):
        load(tmp_path, "dist", manifest)


def test_an_archive_that_nobody_packed_from_here_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"the archive .*say.zip does not exist. Pack it first"):
        load(tmp_path, "say.zip", {"src/other.js": ""})


@pytest.mark.rule("CP-CDK-06")
def test_the_cdks_asset_goes_before_the_object_in_s3(tmp_path: Path) -> None:
    project = load(
        tmp_path,
        "{S3Bucket: !Ref Nothing, S3Key: x}",
        {"asset.1/app.js": ""},
        "Metadata: {'aws:asset:path': asset.1}, ",
    )
    assert only_code(project).path == str(tmp_path / "asset.1")


@pytest.mark.parametrize(
    ("code", "files", "problem"),
    [
        ("src", {}, "the code folder src does not exist"),
        ("dist/app.js", {}, "the code file dist/app.js does not exist"),
        (".", {}, "has no app.js"),
        (".", {"app.ts": ""}, "is TypeScript that is not built"),
        ('"\\0"', {}, "is not a path"),
    ],
)
def test_code_that_should_be_here_and_is_not_is_an_error(
    tmp_path: Path, code: str, files: dict[str, str], problem: str
) -> None:
    with pytest.raises(ProjectError, match=problem):
        load(tmp_path, code, files)


@pytest.mark.parametrize(
    ("code", "notice"),
    [
        ("{S3Bucket: b, S3Key: k.zip}", "is in S3 (k.zip) and not on this machine"),
        ("{ImageUri: x}", "is a container image"),
    ],
)
def test_code_elsewhere_leaves_the_function_out(tmp_path: Path, code: str, notice: str) -> None:
    project = load(tmp_path, code, {})
    assert project.functions == ()
    assert notice in project.notices[0].text
    (name,) = project.functions_without_code
    assert "-F-" in name
