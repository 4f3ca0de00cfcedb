"""Where the code of a function or a layer is, on this machine.

A template names a folder, a zip file, source text, or an object in S3. Paths are relative to the
template. What SAM has built (`.aws-sam/build/{LogicalId}`) is taken where the source cannot run
as it is.
"""

from pathlib import Path

from routekey.projects.cloudformation.references import Resource
from routekey.projects.cloudformation.sam import LOCAL_BUCKET
from routekey.projects.document import Place
from routekey.projects.handler_files import find_handler, is_file, is_folder
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
    name = "Content" if resource.type.endswith("LayerVersion") else "Code"
    value = properties.value(name)
    if isinstance(value, str):
        return _local_code(resource, value, place)
    source = properties.inner(name)
    if "ZipFile" in source:
        return Code(package_type=PackageType.INLINE, text=source.text("ZipFile"))
    if "ImageUri" in source or properties.text("PackageType", "Zip") == "Image":
        notices.add("is a container image, which is not run; it is left out", place)
        return None
    asset = resource.declaration.metadata.get("aws:asset:path")
    if isinstance(asset, str):
        return _local_code(resource, asset, place)
    if source.text("S3Bucket", "") == LOCAL_BUCKET:
        return _local_code(resource, source.text("S3Key"), place)
    return _code_in_s3(source.text("S3Key", ""), notices, place)


def _code_in_s3(key: str, notices: Notices, place: Place) -> Code | None:
    """Take an object in S3 from the template's folder, where a file has its name."""
    path = place.find_path(key.rpartition("/")[2])
    if key and is_file(path):
        return Code(package_type=PackageType.ZIP, path=str(path))
    notices.add(
        f"its code is in S3 ({key}) and not on this machine; it is left out. "
        "Name a folder as its code instead",
        place,
    )
    return None


def _local_code(resource: Resource, text: str, place: Place) -> Code:
    path = place.find_path(text)
    if is_file(path):
        if path.suffix in _ARCHIVES:
            return Code(package_type=PackageType.ZIP, path=str(path))
        path = path.parent
    elif not is_folder(path):
        raise place.error(
            f"the code folder {text[:200]} does not exist", "Create it, or correct the path"
        )
    if resource.type.endswith("LayerVersion"):
        return Code(package_type=PackageType.DIRECTORY, path=str(path))
    return _runnable(resource, path)


def _runnable(resource: Resource, path: Path) -> Code:
    """Choose between the source and what SAM built of it."""
    handler = resource.properties.text("Handler", "")
    runtime = resource.properties.text("Runtime", "")
    missing = find_handler(path, handler, runtime)
    if missing is not None:
        place = resource.properties.place / "Handler"
        path = place.find_path(f".aws-sam/build/{resource.logical_id}")
        if not is_folder(path) or find_handler(path, handler, runtime) is not None:
            raise place.error(missing.problem, missing.remedy)
    return Code(package_type=PackageType.DIRECTORY, path=str(path))


def _place(resource: Resource) -> Place:
    """Point at the property that names the code, as it is written."""
    place = resource.properties.place
    lines = place.document.lines
    if lines is not None:
        for name in _PROPERTIES:
            if lines.find(place.path) != lines.find((*place.path, name)):
                return place / name
    return place
