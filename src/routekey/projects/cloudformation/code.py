"""Where the code of a function or a layer is, on this machine.

A template names a folder, a zip file, source text, or an object in S3. Paths are relative to the
template. What of a folder is run is decided in `built_code.py`.
"""

from pathlib import Path

from routekey.projects.cloudformation.built_code import choose_code, choose_layer
from routekey.projects.cloudformation.references import Resource
from routekey.projects.cloudformation.sam import LOCAL_BUCKET
from routekey.projects.document import Place
from routekey.projects.handler_files import (
    find_unbuilt,
    is_compiled,
    is_file,
    is_folder,
    is_packed_from,
    tell_build,
)
from routekey.projects.notices import Notices
from routekey.resources.function import Code, PackageType

_PROPERTIES = ("CodeUri", "ContentUri", "Code", "Content")
_ARCHIVES = (".zip", ".jar")


def find_code(resource: Resource, notices: Notices) -> Code | None:
    """Find the code of a function or a layer.

    Returns:
        None where the code is an image or an object in S3, with a notice.

    Raises:
        ProjectError: a path leads nowhere, or has no file for the handler.
    """
    place = _place(resource)
    properties = resource.properties
    asset = resource.declaration.metadata.get("aws:asset:path")
    if isinstance(asset, str):
        return _local_code(resource, asset, notices, place)
    name = "Content" if resource.type.endswith("LayerVersion") else "Code"
    value = properties.value(name)
    if isinstance(value, str):
        return _local_code(resource, value, notices, place)
    source = properties.inner(name)
    if "ZipFile" in source:
        return Code(package_type=PackageType.INLINE, text=source.text("ZipFile"))
    if "ImageUri" in source or properties.text("PackageType", "Zip") == "Image":
        notices.add(
            "is a container image, which is not run; it is left out. Run it yourself, and say "
            f"where: ROUTEKEY_FUNCTIONS_REMOTE={resource.name()}=http://127.0.0.1:9000",
            place,
        )
        return None
    if source.text("S3Bucket", "") == LOCAL_BUCKET:
        return _local_code(resource, source.text("S3Key"), notices, place)
    return _code_in_s3(resource, source.text("S3Key", ""), notices, place)


def _code_in_s3(resource: Resource, key: str, notices: Notices, place: Place) -> Code | None:
    """Take an object in S3 from the template's folder, where a file has its name.

    The CDK names what it uploads as `HASH.zip` after the folder or file `asset.HASH`, and the
    Serverless Framework leaves its archives beside the template that it compiles.
    """
    name = key.rpartition("/")[2]
    for candidate in (key, name, f"asset.{name}", f"asset.{name.removesuffix('.zip')}"):
        path = place.find_path(candidate)
        if name and (is_file(path) or (candidate.startswith("asset.") and is_folder(path))):
            return _local_code(resource, candidate, notices, place)
    if name.endswith(_ARCHIVES):
        folder = _find_source(resource, place.find_path(key), notices, place, is_local=False)
        if folder is None and notices.is_guessing:
            folder = _find_beside(resource, name, notices, place)
        if folder is not None:
            return choose_code(resource, folder, notices)
    notices.add(
        f"its code is in S3 ({name}) and not on this machine; it is left out. "
        "Name a folder as its code instead",
        place,
    )
    return None


def _local_code(resource: Resource, text: str, notices: Notices, place: Place) -> Code | None:
    path = place.find_path(text)
    if is_file(path):
        if path.suffix in _ARCHIVES:
            return Code(package_type=PackageType.ZIP, path=str(path))
        path = path.parent
    elif path.suffix in _ARCHIVES:
        found = _find_source(resource, path, notices, place, is_local=True)
        if found is None:
            raise place.error(
                f"the archive {path} does not exist", "Pack it first, or correct the path"
            )
        path = found
    elif not is_folder(path):
        runtime = resource.properties.text("Runtime", "")
        if is_compiled(runtime):
            notices.add(f"{path} was not built; it is left out. Build it first", place)
            return None
        source = find_unbuilt(path, resource.properties.text("Handler", ""), runtime)
        if source is None:
            remedy = tell_build(path.parent, runtime) or "Create it, or correct the path"
            kind = "file" if path.suffix else "folder"
            raise place.error(f"the code {kind} {text[:200]} does not exist", remedy)
        path = source
    if resource.type.endswith("LayerVersion"):
        return choose_layer(resource, path, notices)
    return choose_code(resource, path, notices)


def _find_source(
    resource: Resource, archive: Path, notices: Notices, place: Place, *, is_local: bool
) -> Path | None:
    """Find what an archive that nobody has packed yet would be packed from.

    A folder that bears the archive's name tells enough; another one does where the archive is the
    project's own, or the handler names folders too.

    Returns:
        The nearest folder that has the handler, with a notice; None where none has.
    """
    handler = resource.properties.text("Handler", "")
    runtime = resource.properties.text("Runtime", "")
    stem = archive.stem
    for around in (archive.parent, archive.parent.parent):
        folders = [around / stem, around / "src" / stem]
        folders += [around / "src", around] if is_local or "/" in handler else []
        for folder in folders:
            if is_packed_from(folder, handler, runtime):
                text = f"{archive.name} is not there; the code in {folder} is run instead"
                notices.add(text, place)
                return folder
    return None


def _find_beside(resource: Resource, name: str, notices: Notices, place: Place) -> Path | None:
    """Take the handler that lies right beside the template for what somebody has uploaded."""
    folder = place.find_path(".")
    properties = resource.properties
    if not is_packed_from(folder, properties.text("Handler", ""), properties.text("Runtime", "")):
        return None
    notices.add(f"its code is in S3 ({name}); the handler beside the template is run", place)
    return folder


def _place(resource: Resource) -> Place:
    """Point at the property that names the code, as it is written."""
    place = resource.properties.place
    lines = place.document.lines
    if lines is not None:
        for name in _PROPERTIES:
            if lines.find(place.path) != lines.find((*place.path, name)):
                return place / name
    return place
