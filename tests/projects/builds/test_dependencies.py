"""What functions import and nobody has installed."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from projects.builds.registries import Registries
from routekey.ids import AccountId
from routekey.projects.builds.dependencies import (
    add_dependencies,
    missing_packages,
    missing_requirements,
)
from routekey.resources.function import Code, Function, PackageType
from routekey.resources.project import Project

ROLE = "arn:aws:iam::123456789012:role/r"


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def project_of(folder: Path, runtime: str, kind: PackageType = PackageType.DIRECTORY) -> Project:
    function = Function(
        function_name="f",
        code=Code(package_type=kind, path=str(folder)),
        handler="app.handler",
        runtime=runtime,
        role=ROLE,
    )
    return Project(region="eu-west-1", account_id=AccountId("123456789012"), functions=(function,))


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("boto3\nBotoCore>=1\n# nothing\n\n-r other.txt\n", ()),
        (
            "requests==2.32.3  # for calls\npyjwt[crypto]>=2",
            ("requests==2.32.3", "pyjwt[crypto]>=2"),
        ),
        ("here-already\nHere.Too>1", ()),
    ],
)
def test_requirements_that_nobody_brings_are_missing(
    tmp_path: Path, text: str, missing: tuple[str, ...]
) -> None:
    for name in ("here_already-1.0", "here_too-2.0"):
        (tmp_path / f"{name}.dist-info").mkdir()
    write(tmp_path, {"requirements.txt": text})
    assert missing_requirements(tmp_path) == missing


def test_a_folder_that_names_nothing_lacks_nothing(tmp_path: Path) -> None:
    assert missing_requirements(tmp_path) == ()
    write(tmp_path, {"package.json": "[]", "app.js": "require('ms')"})
    assert missing_packages(tmp_path) == {}


def test_a_list_that_includes_others_names_what_they_name(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-r lists/base.txt  # of all functions\nidna==3.10\n-r nowhere.txt\n",
        "lists/base.txt": "--requirement=more.txt\nsniffio\nidna==3.10\n",
        "lists/more.txt": "-rbase.txt\nanyio>=4\nboto3\n",
    }
    missing = missing_requirements(write(tmp_path, files))
    assert missing == ("idna==3.10", "sniffio", "anyio>=4")


def test_packages_that_are_imported_and_not_there_are_missing(tmp_path: Path) -> None:
    named = {
        "@scope/one": "1.0.0",
        "@aws-sdk/client-sqs": "^3",
        "aws-cdk-lib": "2",
        "here": "*",
        "ms": "^2.1.3",
        "ours": "file:../ours",
    }
    files = {
        "package.json": json.dumps({"dependencies": named}),
        "node_modules/here/index.js": "",
        "src/app.mjs": "import ms from 'ms'; import { a } from '@scope/one/deep';",
        "src/deep/b.js": 'require("here"); require("ours"); require("@aws-sdk/client-sqs");',
        "src/node_modules/x/x.js": "require('aws-cdk-lib')",
    }
    found = missing_packages(write(tmp_path, files) / "src")
    assert found == {"@scope/one": "1.0.0", "ms": "^2.1.3"}


def test_what_cannot_be_read_beside_a_source_imports_nothing(tmp_path: Path) -> None:
    """As the dangling link with which Emacs marks a file that it edits."""
    manifest = json.dumps({"dependencies": {"left-pad": "1"}})
    write(tmp_path, {"package.json": manifest, "index.js": "require('left-pad')"})
    (tmp_path / ".#index.js").symlink_to("somebody@somewhere.1234")
    os.mkfifo(tmp_path / "pipe.js")
    assert missing_packages(tmp_path) == {"left-pad": "1"}
    assert missing_packages(tmp_path / "gone") == {}


@pytest.fixture
def registries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registries]:
    with Registries(tmp_path / "registries") as made:
        for name, value in made.variables.items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.mark.parametrize(
    ("runtime", "files", "made"),
    [
        ("python3.12", {"requirements.txt": "six\nidna==3.10"}, "python/idna/__init__.py"),
        (
            "nodejs20.x",
            {"package.json": '{"dependencies": {"ms": "2.1.3"}}', "app.js": "require('ms')"},
            "package/node_modules/ms/index.js",
        ),
    ],
)
def test_what_is_missing_comes_as_a_layer(
    tmp_path: Path, registries: Registries, runtime: str, files: dict[str, str], made: str
) -> None:
    registries.add_wheel("idna", "3.10")
    registries.add_package("ms", "2.1.3")
    folder = write(tmp_path / "code", files)
    (function,) = add_dependencies(project_of(folder, runtime), tmp_path / "cache").functions
    (layer,) = function.layers
    assert (Path(layer.path) / made).is_file()
    assert sorted(path.name for path in folder.iterdir()) == sorted(files)


@pytest.mark.parametrize(
    ("runtime", "name", "text", "made"),
    [
        ("python3.12", "python/requirements.txt", "idna==3.10", "python/idna/__init__.py"),
        (
            "nodejs20.x",
            "package.json",
            '{"dependencies": {"ms": "2.1.3"}}',
            "package/node_modules/ms/index.js",
        ),
    ],
)
def test_what_a_layer_names_is_installed_whoever_imports_it(
    tmp_path: Path, registries: Registries, runtime: str, name: str, text: str, made: str
) -> None:
    registries.add_wheel("idna", "3.10")
    registries.add_package("ms", "2.1.3")
    layer = write(tmp_path / "layer", {name: text})
    project = project_of(write(tmp_path / "code", {}), runtime)
    own = Code(package_type=PackageType.DIRECTORY, path=str(layer))
    function = replace(project.functions[0], layers=(own,))
    loaded = add_dependencies(replace(project, functions=(function,)), tmp_path / "cache")
    installed, last = loaded.functions[0].layers
    assert (Path(installed.path) / made).is_file()
    assert last == own


def test_what_can_be_installed_for_node_is(tmp_path: Path, registries: Registries) -> None:
    registries.add_package("ms", "2.1.3")
    registries.add_package("once", "1.4.0")
    folder = write(
        tmp_path / "code",
        {
            "package.json": json.dumps({"dependencies": {"ms": "2.1.3", "once": "99.0.0"}}),
            "app.js": "require('ms'); require('once')",
        },
    )
    loaded = add_dependencies(project_of(folder, "nodejs20.x"), tmp_path / "cache")
    made = [Path(layer.path) / "package/node_modules" for layer in loaded.functions[0].layers]
    assert [sorted(each.name for each in one.glob("[mo]*")) for one in made] == [["ms"], ["once"]]
    (notice,) = loaded.notices
    assert notice.text == "once@99.0.0 cannot be installed here; once is, as it is now"


def test_what_cannot_be_installed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"package.json": '{"dependencies": {"ms": "2.1.2"}}', "app.js": "require('ms')"}
    monkeypatch.setenv("PATH", "")
    project = project_of(write(tmp_path / "code", files), "nodejs20.x")
    loaded = add_dependencies(project, tmp_path / "cache")
    assert loaded.functions == project.functions
    (notice,) = loaded.notices
    assert (notice.resource, "npm cannot be run" in notice.text) == ("f", True)


def test_what_can_be_installed_of_a_list_is(tmp_path: Path, registries: Registries) -> None:
    registries.add_wheel("idna", "3.10")
    registries.add_wheel("sniffio", "1.3.1")
    text = "idna==3.10\nsniffio==99.0\nnowhere @ file:///nowhere.whl\n"
    folder = write(tmp_path / "code", {"requirements.txt": text})
    loaded = add_dependencies(project_of(folder, "python3.12"), tmp_path / "cache")
    first, second = (Path(layer.path) / "python" for layer in loaded.functions[0].layers)
    assert (first / "idna").is_dir()
    assert (second / "sniffio").is_dir()
    older, nowhere = (notice.text for notice in loaded.notices)
    assert older == "sniffio==99.0 cannot be installed here; sniffio is, as it is now"
    assert nowhere.startswith("nowhere @ file:///nowhere.whl cannot be installed: ")


def test_where_nobody_answers_few_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    text = "".join(f"none-{number} @ file:///none-{number}.whl\n" for number in range(6))
    folder = write(tmp_path / "code", {"requirements.txt": text})
    loaded = add_dependencies(project_of(folder, "python3.12"), tmp_path / "cache")
    assert len(loaded.notices) == 3


@pytest.mark.parametrize(
    ("runtime", "kind"),
    [
        ("provided.al2023", PackageType.DIRECTORY),
        ("python3.12", PackageType.DIRECTORY),
        ("nodejs20.x", PackageType.ZIP),
    ],
)
def test_what_lacks_nothing_stays_as_it_is(tmp_path: Path, runtime: str, kind: PackageType) -> None:
    project = project_of(tmp_path, runtime, kind)
    assert add_dependencies(project, tmp_path / "cache") == project
