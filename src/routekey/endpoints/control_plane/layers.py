"""Layers of functions: published, told, listed and deleted. Source: LAM-CTL-01, LAM-ENV-06."""

from dataclasses import replace
from typing import Final

from routekey.arn import Arn
from routekey.clock import format_iso
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.packages import PAGE_ITEMS, read_package
from routekey.endpoints.control_plane.records import make
from routekey.endpoints.control_plane.refusals import (
    InvalidParameterValueException,
    ResourceNotFoundException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.ids import AccountId
from routekey.resources.managed import LayerVersion, ManagedLayer

_NO_VERSION: Final = "The resource you requested does not exist."


def publish_layer_version(edit: Edit, request: Members) -> Members:
    """PublishLayerVersion: the first one makes the layer."""
    name = read_layer_name(request)
    layer = edit.find(ManagedLayer, name) or ManagedLayer(layer_name=name)
    version = make(
        LayerVersion,
        request,
        **read_package(request, request["content"]),
        version=layer.versions_published + 1,
        created_date=edit.now,
    )
    versions = (*layer.versions, version)
    edit.put(name, replace(layer, versions=versions, versions_published=version.version))
    return _show_with_content(edit, name, version)


def get_layer_version(edit: Edit, request: Members) -> Members:
    """GetLayerVersion."""
    name = read_layer_name(request)
    layer = edit.find(ManagedLayer, name)
    version = None if layer is None else layer.find_version(request["version_number"])
    if version is None:
        raise ResourceNotFoundException(_NO_VERSION)
    return _show_with_content(edit, name, version)


def get_layer_version_by_arn(edit: Edit, request: Members) -> Members:
    """GetLayerVersionByArn."""
    name, _, number = request["arn"].rpartition(":layer:")[2].partition(":")
    return get_layer_version(edit, {"layer_name": name, "version_number": int(number[:9])})


def list_layers(edit: Edit, request: Members) -> Members:
    """ListLayers: those that have a version, by name; the marker is the last name that was told."""
    marker, size = (
        request.get("marker") or "",
        min(request.get("max_items", PAGE_ITEMS), PAGE_ITEMS),
    )
    layers = sorted(edit.all(ManagedLayer), key=lambda layer: layer.layer_name)
    rest = [layer for layer in layers if layer.versions and layer.layer_name > marker]
    shown = rest[:size]
    return {
        "layers": [
            {
                "layer_name": layer.layer_name,
                "layer_arn": _arn(edit, layer.layer_name),
                "latest_matching_version": _show(edit, layer.layer_name, layer.versions[-1]),
            }
            for layer in shown
        ],
        "next_marker": shown[-1].layer_name if len(rest) > size else None,
    }


def list_layer_versions(edit: Edit, request: Members) -> Members:
    """ListLayerVersions: the newest first; the marker is the last number that was told."""
    name, marker = read_layer_name(request), str(request.get("marker") or "")
    size = min(request.get("max_items", PAGE_ITEMS), PAGE_ITEMS)
    layer = edit.find(ManagedLayer, name) or ManagedLayer(layer_name=name)
    before = int(marker[:9]) if marker.isascii() and marker.isdigit() else None
    rest = [one for one in reversed(layer.versions) if before is None or one.version < before]
    shown = rest[:size]
    return {
        "layer_versions": [_show(edit, name, version) for version in shown],
        "next_marker": str(shown[-1].version) if len(rest) > size else None,
    }


def delete_layer_version(edit: Edit, request: Members) -> Members:
    """DeleteLayerVersion: functions that have it keep it, and one that is not there is no error."""
    layer = edit.find(ManagedLayer, read_layer_name(request))
    if layer is not None:
        number = request["version_number"]
        left = tuple(one for one in layer.versions if one.version != number)
        edit.put(layer.layer_name, replace(layer, versions=left))
    return {}


def find_layer_version(edit: Edit, arn: str) -> LayerVersion:
    """Find what a function names.

    Raises:
        InvalidParameterValueException: it is not here.
    """
    parsed = Arn.parse(arn)
    parts = parsed.resource.split(":") if parsed is not None else []
    match parts:
        case ["layer", name, number] if number.isascii() and number.isdigit():
            layer = edit.find(ManagedLayer, name)
            version = None if layer is None else layer.find_version(int(number[:9]))
            if version is not None:
                return version
    raise InvalidParameterValueException(f"Layer version {arn} does not exist.")


def layer_arn(region: str, account_id: AccountId, layer: str) -> str:
    """Name a layer, by its name or the ARN that a request has for it."""
    return f"arn:aws:lambda:{region}:{account_id}:layer:{layer.rpartition(':')[2]}"


def read_layer_name(request: Members) -> str:
    """Take the name of a layer, which a request may have as an ARN."""
    return str(request["layer_name"]).rpartition(":")[2]


def _show(edit: Edit, name: str, version: LayerVersion) -> Members:
    return {
        "layer_version_arn": f"{_arn(edit, name)}:{version.version}",
        "version": version.version,
        "description": version.description,
        "created_date": format_iso(version.created_date * 1000).replace("Z", "+0000"),
        "compatible_architectures": list(version.compatible_architectures) or None,
        "compatible_runtimes": list(version.compatible_runtimes) or None,
        "license_info": version.license_info,
    }


def _show_with_content(edit: Edit, name: str, version: LayerVersion) -> Members:
    return {
        **_show(edit, name, version),
        "content": {
            "code_sha256": version.code_sha256,
            "code_size": version.code_size,
            "path": version.code.path,
        },
        "layer_arn": _arn(edit, name),
    }


def _arn(edit: Edit, name: str) -> str:
    return layer_arn(edit.region, edit.account_id, name)


OPERATIONS: Final = {
    "DeleteLayerVersion": delete_layer_version,
    "GetLayerVersion": get_layer_version,
    "GetLayerVersionByArn": get_layer_version_by_arn,
    "ListLayerVersions": list_layer_versions,
    "ListLayers": list_layers,
    "PublishLayerVersion": publish_layer_version,
}
