"""Zip files of functions and layers, from a request or from S3. Source: LAM-CTL-02."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from routekey.endpoints.control_plane.refusals import InvalidParameterValueException
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.function import Code, PackageType

PAGE_ITEMS: Final = 50
"""Lambda's page, and its largest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Code that has been kept."""

    path: str
    sha256: str
    """Base64."""
    size: int


def read_package(request: Members, code: Mapping[str, Any]) -> Members:
    """Take the code that was kept under `package`, as members; refuse what cannot be had.

    Args:
        request: the whole request.
        code: the part of it that says where the code is.

    Raises:
        InvalidParameterValueException: it is elsewhere, or missing.
    """
    if "image_uri" in code:
        raise InvalidParameterValueException(
            "This gateway takes code as a zip file only: it reaches no registry"
        )
    package = request.get("package")
    if not isinstance(package, Package):
        raise InvalidParameterValueException("Please provide a source for function code.")
    return {
        "code": Code(package_type=PackageType.ZIP, path=package.path),
        "code_sha256": package.sha256,
        "code_size": package.size,
    }
