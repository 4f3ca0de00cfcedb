"""Functions made ready: their paths, layers and variables."""

import zipfile
from pathlib import Path

import pytest

from adapters.functions.laboratory import Lab
from routekey.errors import ProjectError
from routekey.resources.api import Origin
from routekey.resources.function import Code, PackageType

PATHS = """
import os, sys
def handler(name, context):
    return os.environ[name] if name else sys.path
"""


def layer(lab: Lab, name: str, files: dict[str, str]) -> Code:
    folder = lab.folder_of(files, name)
    return Code(package_type=PackageType.DIRECTORY, path=str(folder))


@pytest.mark.rule("LAM-ENV-06")
async def test_python_finds_code_then_layers_then_the_sdk(lab: Lab) -> None:
    layers = (
        layer(lab, "one", {"python/shared.py": "name = 1", "python/only.py": "name = 'only'"}),
        layer(lab, "two", {"python/shared.py": "name = 2", "python/app.py": "name = 'shadowed'"}),
    )
    source = """
    import only, shared, sys
    def handler(event, context):
        return [shared.name, only.name, sys.path]
    """
    function = lab.python(source, layers=layers)
    await lab.serve(function)
    shared, only, paths = await lab.call()
    assert (shared, only) == (2, "only")
    assert paths[0] == function.code.path
    assert paths[1].endswith("/python/lib/python3.11/site-packages")
    assert paths[2].endswith("/python")
    assert "runtime" in paths[3]


@pytest.mark.rule("LAM-ENV-06")
async def test_node_finds_the_modules_of_layers(lab: Lab) -> None:
    files = {
        "nodejs/node_modules/one/index.js": "module.exports = 'one';",
        "nodejs/node20/node_modules/two/index.js": "module.exports = 'two';",
    }
    source = "exports.handler = async () => [require('one'), require('two')];"
    await lab.serve(lab.node(source, layers=(layer(lab, "layer", files),)))
    assert await lab.call() == ["one", "two"]


@pytest.mark.rule("LAM-ENV-06")
async def test_paths_of_aws_in_path_variables_lead_to_the_files_here(lab: Lab) -> None:
    files = {"python/x.py": "", "bin/tool": "#!/bin/sh\necho tool\n"}
    function = lab.python(
        PATHS,
        layers=(layer(lab, "layer", files),),
        environment={"PYTHONPATH": "/var/task/src:/opt/more", "OTHER": "/opt", "PATH": "/opt/bin"},
    )
    await lab.serve(function)
    path = await lab.call("PYTHONPATH")
    assert path.startswith(f"{function.code.path}/src:")
    assert path.endswith("/more")
    assert set(path.split(":")) <= set(await lab.call(""))
    assert await lab.call("OTHER") == "/opt"
    assert (await lab.call("PATH")).endswith("/bin")


async def test_layers_that_stay_are_laid_over_each_other_once(lab: Lab) -> None:
    function = lab.python(PATHS, layers=(layer(lab, "layer", {"python/x.py": ""}),))
    await lab.serve(function)
    first = await lab.call("")
    await lab.serve(function)
    assert await lab.call("") == first


async def test_zip_and_inline_code_run_too(lab: Lab, tmp_path: Path) -> None:
    archive = tmp_path / "f.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("app.py", "def handler(event, context): return 'zip'")
    inline = Code(package_type=PackageType.INLINE, text="exports.handler = async () => 'inline';")
    await lab.pools.close()
    lab.pools = lab.make_pools(cache_folder=tmp_path / "cache")
    await lab.serve(
        lab.function(tmp_path, "f", code=Code(package_type=PackageType.ZIP, path=str(archive))),
        lab.function(tmp_path, "g", code=inline, handler="index.handler", runtime="nodejs20.x"),
    )
    assert await lab.call() == "zip"
    assert await lab.call(function="g") == "inline"


async def test_a_problem_names_file_line_and_resource(lab: Lab) -> None:
    origin = Origin(file="/p/template.yaml", line=12, logical_id="ChatFunction")
    with pytest.raises(ProjectError) as told:
        await lab.serve(lab.function(lab.folder / "no", origin=origin))
    assert str(told.value).startswith("/p/template.yaml:12: ChatFunction: its code folder")
    with pytest.raises(ProjectError, match="cobol: the runtime 'cobol'"):
        await lab.serve(lab.function(lab.folder, "cobol", runtime="cobol"))
