"""Published versions: a function as it was at one moment, under a number. Source: LAM-INV-09.

A version has code and configuration of its own. Aliases, permissions, tags and concurrency are the
function's, whatever the version.
"""

from dataclasses import replace

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.refusals import InvalidParameterValueException
from routekey.resources.function import LATEST, PackageType
from routekey.resources.managed import ManagedFunction


def publish(edit: Edit, function: ManagedFunction, description: str = "") -> ManagedFunction:
    """Publish a function as it is now; one that has not changed since the last time stays as it is.

    Args:
        edit: the edit.
        function: `$LATEST`.
        description: of the version; empty takes the function's.

    Returns:
        The function, whose last version is the published one.

    Raises:
        InvalidParameterValueException: its code is a folder, which would change under the version.
    """
    if function.code.package_type is not PackageType.ZIP:
        raise InvalidParameterValueException(
            f"The code of {function.function_name} is a folder of the project: a version can be "
            "published of a zip file only"
        )
    if function.versions and is_current(function, function.versions[-1]):
        return function
    number = function.versions_published + 1
    version = replace(
        _without_shared(function),
        version=str(number),
        description=description or function.description,
        revision_id=edit.new_uuid(),
    )
    versions = (*function.versions, version)
    return replace(function, versions=versions, versions_published=number)


def find_version(function: ManagedFunction, qualifier: str) -> ManagedFunction | None:
    """Find what a qualifier stands for: a number, an alias, or `$LATEST`, as an empty one does.

    A version that a project names and nobody published is `$LATEST` under another name.
    """
    if qualifier in {"", LATEST}:
        return function
    number = function.aliases.get(qualifier, qualifier)
    published = next((one for one in function.versions if one.version == number), None)
    if published is None and qualifier in function.aliases:
        return function
    return published


def is_current(function: ManagedFunction, version: ManagedFunction) -> bool:
    """Tell whether a version is the function as it is now."""
    return _content(version) == _content(function)


def _without_shared(function: ManagedFunction) -> ManagedFunction:
    return replace(
        function,
        alias_descriptions={},
        alias_weights={},
        aliases={},
        described=None,
        event_invoke_configs=(),
        permissions=(),
        provisioned_concurrent_executions=0,
        reserved_concurrent_executions=None,
        tags={},
        versions=(),
        versions_published=0,
    )


def _content(function: ManagedFunction) -> ManagedFunction:
    """Leave out what tells nothing about what would run."""
    bare = _without_shared(function)
    return replace(bare, description="", last_modified=0, revision_id="", version=LATEST)
