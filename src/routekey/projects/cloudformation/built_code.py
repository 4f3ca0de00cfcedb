"""What of a function's code is run: its source, a bundle, or what a build makes or has left.

The source goes first where it can run as it is. TypeScript is bundled; what a makefile or the
compiler of Go makes is made where these tools are; `.aws-sam/build` and the folders of plugins are
taken as they are found.
Source: AWS SAM Developer Guide, "Building with AWS SAM".
"""

from collections.abc import Mapping
from pathlib import Path, PurePath

from routekey.errors import ProjectError
from routekey.projects.builds.esbuild import bundle_handler, esbuild_flags
from routekey.projects.builds.programs import build_go, build_layer, build_with_make
from routekey.projects.cloudformation.references import Resource
from routekey.projects.cloudformation.sam import WRITTEN_ID
from routekey.projects.document import Value
from routekey.projects.handler_files import (
    find_handler,
    find_typescript,
    handler_module,
    is_compiled,
    is_file,
    is_folder,
)
from routekey.projects.notices import Notices
from routekey.resources.function import Code, PackageType

_BUILT = (".aws-sam/build/{}", ".esbuild/.build", ".webpack/service", ".build", "dist")
"""Where SAM, and the Serverless Framework's plugins, put what they build."""
_LAYERS = ("python", "nodejs")
"""Languages whose layers are built, and the folders in which they look."""


def choose_code(resource: Resource, path: Path, notices: Notices) -> Code | None:
    """Choose what to run of the code in a folder.

    Returns:
        None where it has to be compiled, and nobody has: with a notice.

    Raises:
        ProjectError: the folder does not have the handler, or it does not build.
    """
    handler = resource.properties.text("Handler", "")
    runtime = resource.properties.text("Runtime", "")
    missing = find_handler(path, handler, runtime)
    if missing is None:
        return Code(package_type=PackageType.DIRECTORY, path=str(path))
    place = resource.properties.place / "Handler"
    folders = [place.find_path(folder.format(resource.logical_id)) for folder in _BUILT]
    built = (path for path in folders if is_folder(path))
    found = next((path for path in built if find_handler(path, handler, runtime) is None), None)
    try:
        made = _build(resource, path, has_build=found is not None)
    except ProjectError as error:
        if found is None:
            raise place.error(error.problem, error.remedy) from error
        made = None
    if made is not None:
        return Code(package_type=PackageType.DIRECTORY, path=str(made), source_path=str(path))
    if found is not None:
        return Code(package_type=PackageType.DIRECTORY, path=str(found))
    if not is_compiled(runtime):
        raise place.error(missing.problem, missing.remedy)
    if "Layers" in resource.properties:  # which may bring what runs it
        return Code(package_type=PackageType.DIRECTORY, path=str(path))
    notices.add(f"{missing.problem}; it is left out. {missing.remedy}", place)
    return None


def choose_layer(resource: Resource, path: Path, notices: Notices) -> Code:
    """Choose what is laid under functions: a layer's folder, or what `sam build` makes of it.

    What it names in requirements.txt or package.json is installed later, for what runs it.
    """
    metadata = resource.declaration.metadata
    method = str(metadata.get("BuildMethod", ""))
    inner = next((each for each in _LAYERS if method.startswith(each)), None)
    cache = resource.surroundings.cache
    made = None
    if cache is not None and method == "makefile":
        try:
            written_id = str(metadata.get(WRITTEN_ID, resource.logical_id))
            made = build_with_make(path, written_id, cache)
        except ProjectError as error:
            place = resource.properties.place
            notices.add(f"{error.problem}; the layer's source is taken as it is", place)
    elif cache is not None and inner is not None:
        made = build_layer(path, inner, cache)
    if made is None:
        return Code(package_type=PackageType.DIRECTORY, path=str(path))
    return Code(package_type=PackageType.DIRECTORY, path=str(made), source_path=str(path))


def _build(resource: Resource, path: Path, *, has_build: bool) -> Path | None:
    """Build what has to be; None where that is not known, or not allowed."""
    cache = resource.surroundings.cache
    metadata = resource.declaration.metadata
    runtime = resource.properties.text("Runtime", "")
    if cache is None:
        return None
    if not is_compiled(runtime) and metadata.get("BuildMethod") != "makefile":
        return _bundle(resource, path, cache)
    if has_build:
        return None  # a compiler takes long, and what it made is there
    if metadata.get("BuildMethod") == "makefile":
        return build_with_make(path, resource.logical_id, cache)
    return build_go(path, cache) if runtime.startswith(("go", "provided")) else None


def _bundle(resource: Resource, path: Path, cache: Path) -> Path | None:
    """Bundle a handler that is TypeScript, or that is named as an entry point."""
    handler = resource.properties.text("Handler", "")
    runtime = resource.properties.text("Runtime", "")
    settings = resource.declaration.metadata.get("BuildProperties")  # as SAM has them
    properties: Mapping[str, Value] = settings if isinstance(settings, dict) else {}
    entry = _find_entry(path, handler, runtime, properties)
    if entry is None:
        return None
    is_module = properties.get("Format") == "esm"
    suffix = ".mjs" if is_module else ".js"
    return bundle_handler(
        path,
        entry,
        cache,
        output=f"{handler_module(handler, runtime)}{suffix}",
        flags=(f"--format={'esm' if is_module else 'cjs'}", *esbuild_flags(properties)),
    )


def _find_entry(
    path: Path, handler: str, runtime: str, properties: Mapping[str, Value]
) -> Path | None:
    """Find the file that a handler is built from."""
    entries = properties.get("EntryPoints")
    module = handler_module(handler, runtime) or ""
    for entry in entries if isinstance(entries, list) else []:
        named = PurePath(str(entry))
        if named.with_suffix("").name == PurePath(module).name and is_file(path / named):
            return path / named
    return find_typescript(path, handler, runtime)
