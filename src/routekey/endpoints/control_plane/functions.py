"""Lambda functions: made, changed, told and deleted. Source: LAM-CTL-01, LAM-CTL-02.

Code comes as a zip file in the request, or from S3; what lies in a container registry does not get
here.
"""

from dataclasses import replace
from typing import Final

from routekey.arn import function_arn
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.function_configuration import (
    read_configuration,
    show_function,
    show_version,
)
from routekey.endpoints.control_plane.packages import PAGE_ITEMS, read_package
from routekey.endpoints.control_plane.publishing import find_version, publish
from routekey.endpoints.control_plane.records import change, make
from routekey.endpoints.control_plane.refusals import (
    InvalidParameterValueException,
    PreconditionFailedException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.quotas import FUNCTION_TIMEOUT_SECONDS_MAX
from routekey.resources.function import LATEST
from routekey.resources.managed import ManagedFunction

_MEMORY_MB: Final = range(128, 10_241)


def create_function(edit: Edit, request: Members) -> Members:
    """CreateFunction. Its code is a `Package` under `package`."""
    name, _ = split_name(request["function_name"])
    if edit.find(ManagedFunction, name) is not None:
        raise ResourceConflictException(f"Function already exist: {name}")
    if not request.get("runtime") or not request.get("handler"):
        raise InvalidParameterValueException(
            "Runtime and Handler are mandatory parameters for functions created with deployment "
            "packages."
        )
    package = read_package(request, request["code"])
    function = make(
        ManagedFunction,
        read_configuration(edit, request),
        function_name=name,
        **package,
        last_modified=edit.now,
        revision_id=edit.new_uuid(),
    )
    if not request.get("publish"):
        return keep_function(edit, function)
    published = publish(edit, function)
    keep_function(edit, published)
    return show_function(edit, published.versions[-1])  # whose ARN has no number here


def update_function_code(edit: Edit, request: Members) -> Members:
    """UpdateFunctionCode."""
    function = find_function(edit, request)
    check_revision(request, function.revision_id)
    members = {name: request[name] for name in ("architectures",) if name in request}
    changed = change(function, members, **read_package(request, request))
    if request.get("dry_run"):
        return show_function(edit, changed)
    if not request.get("publish"):
        return touch_function(edit, changed)
    published = publish(edit, changed)
    touch_function(edit, published)
    return show_version(edit, published.versions[-1])


def update_function_configuration(edit: Edit, request: Members) -> Members:
    """UpdateFunctionConfiguration."""
    function = find_function(edit, request)
    check_revision(request, function.revision_id)
    members = read_configuration(edit, request)
    for name in ("function_name", "revision_id"):
        members.pop(name, None)
    return touch_function(edit, change(function, members))


def get_function(edit: Edit, request: Members) -> Members:
    """GetFunction."""
    function = find_function(edit, request)
    reserved = function.reserved_concurrent_executions
    version = find_version(function, read_qualifier(request))
    return {
        "code": {"repository_type": "S3", "path": version.code.path if version else None},
        "concurrency": None if reserved is None else {"reserved_concurrent_executions": reserved},
        "configuration": get_function_configuration(edit, request),
        "tags": dict(function.tags) or None,
    }


def get_function_configuration(edit: Edit, request: Members) -> Members:
    """GetFunctionConfiguration."""
    function, qualifier = find_function(edit, request), read_qualifier(request)
    version = find_version(function, qualifier)
    if version is None:
        raise AssertionError("find_function finds what has the qualifier")
    return show_function(edit, version, qualifier)


def list_functions(edit: Edit, request: Members) -> Members:
    """ListFunctions, by name; the marker is the last name that was told."""
    marker = request.get("marker") or ""
    size = min(request.get("max_items", PAGE_ITEMS), PAGE_ITEMS)
    functions = sorted(edit.all(ManagedFunction), key=lambda function: function.function_name)
    rest = [function for function in functions if function.function_name > marker]
    shown = rest[:size]
    has_versions = request.get("function_version") == "ALL"
    return {
        "functions": [
            told for function in shown for told in _tell(edit, function, has_versions=has_versions)
        ],
        "next_marker": shown[-1].function_name if len(rest) > len(shown) else None,
    }


def _tell(edit: Edit, function: ManagedFunction, *, has_versions: bool) -> list[Members]:
    """Tell a function, or all of its versions."""
    if not has_versions:
        return [show_function(edit, function)]
    return [show_version(edit, version) for version in (function, *function.versions)]


def get_function_code_signing_config(edit: Edit, request: Members) -> Members:
    """GetFunctionCodeSigningConfig: there is none."""
    return {"function_name": find_function(edit, request).function_name}


def delete_function(edit: Edit, request: Members) -> Members:
    """DeleteFunction: with its aliases and permissions, or one version of it."""
    function, qualifier = find_function(edit, request), read_qualifier(request)
    if not qualifier:
        edit.remove(ManagedFunction, function.function_name)
        return {}
    if qualifier == LATEST:
        raise InvalidParameterValueException(
            "$LATEST version cannot be deleted without deleting the function."
        )
    if qualifier in function.aliases:
        raise InvalidParameterValueException(f"{qualifier} is an alias, and not a version")
    aliases = sorted(name for name, number in function.aliases.items() if number == qualifier)
    if aliases:
        raise ResourceConflictException(
            "Unable to delete version because the following aliases reference it: "
            f"[{', '.join(aliases)}]"
        )
    left = tuple(one for one in function.versions if one.version != qualifier)
    keep_function(edit, replace(function, versions=left))
    return {}


def put_function_concurrency(edit: Edit, request: Members) -> Members:
    """PutFunctionConcurrency."""
    reserved = request["reserved_concurrent_executions"]
    function = find_function(edit, request)
    keep_function(edit, replace(function, reserved_concurrent_executions=reserved))
    return {"reserved_concurrent_executions": reserved}


def get_function_concurrency(edit: Edit, request: Members) -> Members:
    """GetFunctionConcurrency."""
    function = find_function(edit, request)
    return {"reserved_concurrent_executions": function.reserved_concurrent_executions}


def delete_function_concurrency(edit: Edit, request: Members) -> Members:
    """DeleteFunctionConcurrency."""
    function = find_function(edit, request)
    keep_function(edit, replace(function, reserved_concurrent_executions=None))
    return {}


def split_name(text: str) -> tuple[str, str]:
    """Take a name, partial ARN or ARN apart into name and qualifier, which may be empty."""
    name, _, qualifier = text.rpartition("function:")[2].partition(":")
    return name, qualifier


def read_qualifier(request: Members) -> str:
    """Take the version or alias that a request means; empty where it says none."""
    return str(request.get("qualifier") or split_name(request["function_name"])[1])


def find_function(edit: Edit, request: Members) -> ManagedFunction:
    """Find the function that a request names, with a qualifier that it has.

    Raises:
        ResourceNotFoundException: there is none. Source: LAM-INV-04.
    """
    name, qualifier = split_name(request["function_name"])[0], read_qualifier(request)
    function = edit.find(ManagedFunction, name)
    if function is None or find_version(function, qualifier) is None:
        arn = function_arn(edit.region, edit.account_id, name, qualifier or None)
        raise ResourceNotFoundException(f"Function not found: {arn}")
    return function


def check_revision(request: Members, present: str) -> None:
    """Refuse a change of something that has changed since its caller looked.

    Args:
        request: may say which revision it is about.
        present: the revision that there is.

    Raises:
        PreconditionFailedException: it is about another one.
    """
    if request.get("revision_id") not in {None, "", present}:
        raise PreconditionFailedException(
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetFunction/GetAlias API to retrieve the latest Revision Id"
        )


def touch_function(edit: Edit, function: ManagedFunction) -> Members:
    """Keep a function that was changed, under a new revision."""
    changed = replace(function, last_modified=edit.now, revision_id=edit.new_uuid())
    return keep_function(edit, changed)


def keep_function(edit: Edit, function: ManagedFunction) -> Members:
    """Keep a function, if its bounds hold. Source: LAM-LIFE-04.

    Raises:
        InvalidParameterValueException: one does not.
    """
    if not 0 < function.timeout <= FUNCTION_TIMEOUT_SECONDS_MAX:
        raise InvalidParameterValueException(
            f"Timeout has to be between 1 and {FUNCTION_TIMEOUT_SECONDS_MAX} seconds"
        )
    if function.memory_size not in _MEMORY_MB:
        raise InvalidParameterValueException(
            f"MemorySize has to be between {_MEMORY_MB[0]} and {_MEMORY_MB[-1]} MB"
        )
    edit.put(function.function_name, function)
    return show_function(edit, function)


OPERATIONS: Final = {
    "CreateFunction": create_function,
    "DeleteFunction": delete_function,
    "DeleteFunctionConcurrency": delete_function_concurrency,
    "GetFunction": get_function,
    "GetFunctionCodeSigningConfig": get_function_code_signing_config,
    "GetFunctionConcurrency": get_function_concurrency,
    "GetFunctionConfiguration": get_function_configuration,
    "ListFunctions": list_functions,
    "PutFunctionConcurrency": put_function_concurrency,
    "UpdateFunctionCode": update_function_code,
    "UpdateFunctionConfiguration": update_function_configuration,
}
