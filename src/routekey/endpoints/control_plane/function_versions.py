"""Versions of functions: published and listed. Source: LAM-CTL-01, LAM-INV-09."""

from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.function_configuration import show_version
from routekey.endpoints.control_plane.functions import check_revision, find_function, keep_function
from routekey.endpoints.control_plane.packages import PAGE_ITEMS
from routekey.endpoints.control_plane.publishing import publish
from routekey.endpoints.control_plane.refusals import (
    InvalidParameterValueException,
)
from routekey.endpoints.control_plane.shapes import Members


def publish_version(edit: Edit, request: Members) -> Members:
    """PublishVersion."""
    function = find_function(edit, request)
    wanted, present = request.get("code_sha256"), function.code_sha256
    if wanted not in {None, "", present}:
        raise InvalidParameterValueException(
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({present}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    check_revision(request, function.revision_id)
    published = publish(edit, function, request.get("description", ""))
    keep_function(edit, published)
    return show_version(edit, published.versions[-1])


def list_versions_by_function(edit: Edit, request: Members) -> Members:
    """ListVersionsByFunction: `$LATEST`, then the others by number; the marker is the last one."""
    function = find_function(edit, request)
    versions = (function, *function.versions)
    marker = request.get("marker")
    if marker:
        versions = tuple(one for one in function.versions if int(one.version) > _number(marker))
    size = min(request.get("max_items", PAGE_ITEMS), PAGE_ITEMS)
    shown = versions[:size]
    return {
        "versions": [show_version(edit, version) for version in shown],
        "next_marker": shown[-1].version if len(versions) > size else None,
    }


def _number(marker: str) -> int:
    return int(marker[:9]) if marker.isascii() and marker.isdigit() else 0


OPERATIONS: Final = {
    "ListVersionsByFunction": list_versions_by_function,
    "PublishVersion": publish_version,
}
