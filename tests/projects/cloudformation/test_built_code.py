"""What of a function's code is run: sources, bundles, and what builds make or leave."""

import json
from pathlib import Path
from shutil import which

import pytest

from projects.building import load_template
from projects.cloudformation.test_code import load, only_code
from routekey.adapters.functions.packages import cache_folder
from routekey.errors import ProjectError
from routekey.projects import LoadOptions
from routekey.resources.project import Project


@pytest.mark.parametrize("folder", [".aws-sam/build/F", ".esbuild/.build", "dist"])
def test_what_was_built_is_taken_where_the_source_cannot_run(tmp_path: Path, folder: str) -> None:
    project = load(tmp_path, ".", {"app.ts": "", f"{folder}/app.js": ""})
    assert only_code(project).path == str(tmp_path / folder)


TYPESCRIPT = """
import { greet } from "./greet";
export const handler = async (): Promise<string> => greet("you");
"""
GREET = {"greet.ts": "export const greet = (name: string) => `hello ${name}`;"}


@pytest.mark.parametrize(
    ("metadata", "name"), [("", "app.js"), ("{BuildProperties: {Format: esm}}", "app.mjs")]
)
def test_typescript_is_bundled_beside_its_source(tmp_path: Path, metadata: str, name: str) -> None:
    more = f"Metadata: {metadata}, " if metadata else ""
    options = LoadOptions(cache=cache_folder())
    code = only_code(load(tmp_path, ".", {"app.ts": TYPESCRIPT, **GREET}, more, options))
    assert code.source_path == str(tmp_path)
    assert "hello ${name}" in (Path(code.path) / name).read_text(encoding="utf-8")


def test_typescript_that_does_not_build_is_an_error_unless_something_was_built(
    tmp_path: Path,
) -> None:
    options = LoadOptions(cache=cache_folder())
    with pytest.raises(ProjectError, match=r"Could not resolve \"\./greet\""):
        load(tmp_path, ".", {"app.ts": TYPESCRIPT}, options=options)
    code = only_code(
        load(tmp_path, ".", {"app.ts": TYPESCRIPT, "dist/app.js": ""}, options=options)
    )
    assert code.path == str(tmp_path / "dist")


def test_an_entry_point_is_bundled_as_the_handler_names_it(tmp_path: Path) -> None:
    settings = {
        "EntryPoints": ["src/other.ts", "src/app.ts"],
        "Loader": [".txt=text"],
        "Banner": ["js=// ours"],
        "External": ["sharp"],
    }
    source = """import sharp from "sharp"; import word from "./word.txt";
    export const handler = async () => [sharp, word];"""
    files = {"src/app.ts": source, "src/word.txt": "spoken", "src/other.ts": ""}
    more = f"Metadata: {{BuildMethod: esbuild, BuildProperties: {json.dumps(settings)}}}, "
    code = only_code(load(tmp_path, ".", files, more, LoadOptions(cache=cache_folder())))
    made = (Path(code.path) / "app.js").read_text(encoding="utf-8")
    assert made.startswith("// ours")
    assert 'require("sharp")' in made
    assert "spoken" in made


PROGRAM = """
Resources:
  Say:
    Type: AWS::Lambda::Function
    METADATA
    Properties: {Code: src, Handler: any, Runtime: provided.al2023, Role: r, MORE}
"""
MAKEFILE = "build-Say:\n\tcp program $(ARTIFACTS_DIR)/bootstrap\n\ttouch left\n"


def load_program(
    folder: Path, files: dict[str, str], metadata: str = "", more: str = ""
) -> Project:
    text = PROGRAM.replace("METADATA", metadata).replace("MORE", more)
    return load_template(folder, text, files=files, options=LoadOptions(cache=folder / "cache"))


MAKE = "Metadata: {BuildMethod: makefile}"


@pytest.mark.skipif(which("make") is None, reason="runs a makefile")
def test_a_makefile_makes_a_program_beside_its_source(tmp_path: Path) -> None:
    files = {"src/Makefile": MAKEFILE, "src/program": "first"}
    first = made_of(load_program(tmp_path, files, MAKE))
    assert (first / "bootstrap").read_text() == "first"
    assert made_of(load_program(tmp_path, {}, MAKE)) == first
    assert not (tmp_path / "src" / "left").exists()
    second = made_of(load_program(tmp_path, {"src/program": "second one"}, MAKE))
    assert (second / "bootstrap").read_text() == "second one"
    assert not first.exists()


def made_of(project: Project) -> Path:
    return Path(project.functions[0].code.path)


@pytest.mark.skipif(which("make") is None, reason="runs a makefile")
def test_a_makefile_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"make fails: .*sam build"):
        load_program(tmp_path, {"src/Makefile": "build-Say:\n\tfalse\n"}, MAKE)


def test_what_sam_has_built_goes_before_a_build(tmp_path: Path) -> None:
    files = {"src/Makefile": "broken", ".aws-sam/build/Say/bootstrap": ""}
    project = load_program(tmp_path, files, MAKE)
    assert made_of(project) == tmp_path / ".aws-sam" / "build" / "Say"


def test_a_program_that_nobody_has_compiled_is_left_out(tmp_path: Path) -> None:
    project = load_program(tmp_path, {"src/main.rs": ""})
    assert project.functions == ()
    (notice,) = project.notices
    assert "has nothing that the runtime provided.al2023 runs; it is left out" in notice.text


def test_a_layer_may_bring_what_runs_a_program(tmp_path: Path) -> None:
    project = load_program(tmp_path, {"src/index.php": ""}, more="Layers: [arn:x]")
    assert made_of(project) == tmp_path / "src"


LAYER = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Shared:
        Type: AWS::Serverless::LayerVersion
        Metadata: {{BuildMethod: {method}}}
        Properties: {{ContentUri: shared}}
      F:
        Type: AWS::Serverless::Function
        Properties:
          {{Runtime: {runtime}, Handler: app.handler, CodeUri: code, Layers: [!Ref Shared]}}
    """
MAKES_LAYER = "build-Shared:\n\tmkdir $(ARTIFACTS_DIR)/python\n\tcp *.py $(ARTIFACTS_DIR)/python\n"


@pytest.mark.parametrize(
    ("method", "runtime", "files", "made"),
    [
        ("python3.12", "python3.12", {"words.py": ""}, "python/words.py"),
        ("nodejs20.x", "nodejs20.x", {"deep/words.js": ""}, "nodejs/deep/words.js"),
        ("makefile", "python3.12", {"words.py": "", "Makefile": MAKES_LAYER}, "python/words.py"),
    ],
)
def test_a_layer_is_put_together_as_sam_does(
    tmp_path: Path, method: str, runtime: str, files: dict[str, str], made: str
) -> None:
    code = {"code/app.py": "", "code/app.js": ""}
    shared = {f"shared/{name}": text for name, text in files.items()}
    project = load_template(
        tmp_path,
        LAYER.format(method=method, runtime=runtime),
        files=code | shared,
        options=LoadOptions(cache=tmp_path / "cache"),
    )
    (layer,) = project.functions[0].layers
    assert (Path(layer.path) / made).is_file()
    assert layer.source_path == str(tmp_path / "shared")


def test_a_layer_that_is_not_built_is_taken_as_it_is(tmp_path: Path) -> None:
    files = {"code/app.py": "", "shared/Makefile": "build-Shared:\n\texit 3\n"}
    template = LAYER.format(method="makefile", runtime="python3.12")
    for cache in (tmp_path / "cache", None):
        options = LoadOptions(cache=cache)
        project = load_template(tmp_path, template, files=files, options=options)
        (layer,) = project.functions[0].layers
        assert layer.path == str(tmp_path / "shared")
        texts = [notice.text for notice in project.notices]
        assert any("the layer's source is taken as it is" in text for text in texts) is bool(cache)
