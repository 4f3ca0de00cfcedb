"""Lambda functions: made, changed, told and deleted. Source: LAM-CTL-01, LAM-CTL-02.

There is one version of each function, `$LATEST`: publishing another one is not offered, and no
alias points to one. Code comes as a zip file in the request; what lies in S3 or in a container
registry does not get here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from routekey.arn import function_arn
from routekey.clock import format_iso
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, make
from routekey.endpoints.control_plane.refusals import (
    InvalidParameterValueException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.quotas import FUNCTION_TIMEOUT_SECONDS_MAX
from routekey.resources.function import Code, PackageType
from routekey.resources.managed import ManagedFunction

LATEST: Final = "$LATEST"
_PAGE_ITEMS: Final = 50
"""Lambda's page, and its largest."""
_MEMORY_MB: Final = range(128, 10_241)
_ELSEWHERE: Final = ("s3_bucket", "s3_key", "image_uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Code that has been kept."""

    path: str
    sha256: str
    """Base64."""
    size: int


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
    package = _read_package(request, request["code"])
    function = make(
        ManagedFunction,
        _flatten(request),
        function_name=name,
        **_describe_code(package),
        last_modified=edit.now,
        revision_id=edit.new_uuid(),
    )
    return _keep(edit, function)


def update_function_code(edit: Edit, request: Members) -> Members:
    """UpdateFunctionCode."""
    function = find_function(edit, request)
    package = _read_package(request, request)
    changed = change(function, {}, **_describe_code(package))
    if request.get("dry_run"):
        return show_function(edit, changed)
    return touch_function(edit, changed)


def update_function_configuration(edit: Edit, request: Members) -> Members:
    """UpdateFunctionConfiguration."""
    members = _flatten(request)
    del members["function_name"]
    return touch_function(edit, change(find_function(edit, request), members))


def get_function(edit: Edit, request: Members) -> Members:
    """GetFunction."""
    function = find_function(edit, request)
    reserved = function.reserved_concurrent_executions
    return {
        "code": {"repository_type": "S3"},
        "concurrency": None if reserved is None else {"reserved_concurrent_executions": reserved},
        "configuration": show_function(edit, function),
        "tags": dict(function.tags) or None,
    }


def get_function_configuration(edit: Edit, request: Members) -> Members:
    """GetFunctionConfiguration."""
    return show_function(edit, find_function(edit, request))


def list_functions(edit: Edit, request: Members) -> Members:
    """ListFunctions, by name; the marker is the last name that was told."""
    marker, size = request.get("marker") or "", min(request.get("max_items", _PAGE_ITEMS), 50)
    functions = sorted(edit.all(ManagedFunction), key=lambda function: function.function_name)
    rest = [function for function in functions if function.function_name > marker]
    shown = rest[:size]
    return {
        "functions": [show_function(edit, function) for function in shown],
        "next_marker": shown[-1].function_name if len(rest) > len(shown) else None,
    }


def list_versions_by_function(edit: Edit, request: Members) -> Members:
    """ListVersionsByFunction: the one that there is."""
    return {"versions": [show_function(edit, find_function(edit, request))]}


def get_function_code_signing_config(edit: Edit, request: Members) -> Members:
    """GetFunctionCodeSigningConfig: there is none."""
    return {"function_name": find_function(edit, request).function_name}


def delete_function(edit: Edit, request: Members) -> Members:
    """DeleteFunction: with its aliases and permissions."""
    edit.remove(ManagedFunction, find_function(edit, request).function_name)
    return {}


def put_function_concurrency(edit: Edit, request: Members) -> Members:
    """PutFunctionConcurrency."""
    reserved = request["reserved_concurrent_executions"]
    function = find_function(edit, request)
    touch_function(edit, replace(function, reserved_concurrent_executions=reserved))
    return {"reserved_concurrent_executions": reserved}


def get_function_concurrency(edit: Edit, request: Members) -> Members:
    """GetFunctionConcurrency."""
    function = find_function(edit, request)
    return {"reserved_concurrent_executions": function.reserved_concurrent_executions}


def delete_function_concurrency(edit: Edit, request: Members) -> Members:
    """DeleteFunctionConcurrency."""
    function = find_function(edit, request)
    touch_function(edit, replace(function, reserved_concurrent_executions=None))
    return {}


def split_name(text: str) -> tuple[str, str]:
    """Take a name, partial ARN or ARN apart into name and qualifier, which may be empty."""
    name, _, qualifier = text.rpartition("function:")[2].partition(":")
    return name, qualifier


def find_function(edit: Edit, request: Members) -> ManagedFunction:
    """Find the function that a request names, with a qualifier that it has.

    Raises:
        ResourceNotFoundException: there is none. Source: LAM-INV-04.
    """
    name, qualifier = split_name(request["function_name"])
    qualifier = request.get("qualifier") or qualifier
    function = edit.find(ManagedFunction, name)
    if function is None or (qualifier not in {"", LATEST} and qualifier not in function.aliases):
        arn = function_arn(edit.region, edit.account_id, name, qualifier or None)
        raise ResourceNotFoundException(f"Function not found: {arn}")
    return function


def touch_function(edit: Edit, function: ManagedFunction) -> Members:
    """Keep a function that was changed, under a new revision."""
    changed = replace(function, last_modified=edit.now, revision_id=edit.new_uuid())
    return _keep(edit, changed)


def show_function(edit: Edit, function: ManagedFunction) -> Members:
    """Tell a function's configuration, as `FunctionConfiguration` has it."""
    name = function.function_name
    group = f"/aws/lambda/{name}"
    logging: Members = {"log_format": function.log_format, "log_group": group}
    if function.log_format == "JSON":
        logging["application_log_level"] = function.log_level
    return {
        "architectures": ["x86_64"],
        "code_sha256": function.code_sha256,
        "code_size": function.code_size,
        "description": function.description,
        "environment": {"variables": dict(function.environment)} if function.environment else None,
        "ephemeral_storage": {"size": 512},
        "function_arn": function_arn(edit.region, edit.account_id, name),
        "function_name": name,
        "handler": function.handler,
        "last_modified": format_iso(function.last_modified * 1000).replace("Z", "+0000"),
        "last_update_status": "Successful",
        "logging_config": logging,
        "memory_size": function.memory_size,
        "package_type": "Zip",
        "revision_id": function.revision_id,
        "role": function.role,
        "runtime": function.runtime,
        "snap_start": {"apply_on": "None", "optimization_status": "Off"},
        "state": "Active",
        "timeout": function.timeout,
        "tracing_config": {"mode": "PassThrough"},
        "version": LATEST,
    }


def _keep(edit: Edit, function: ManagedFunction) -> Members:
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


def _read_package(request: Members, code: Mapping[str, Any]) -> Package:
    """Take the code that was kept; refuse what cannot be had.

    Raises:
        InvalidParameterValueException: it is elsewhere, or missing, or a version is wanted.
    """
    if any(name in code for name in _ELSEWHERE):
        raise InvalidParameterValueException(
            "This gateway takes code as a ZipFile only: it reaches neither S3 nor a registry"
        )
    if request.get("publish"):
        raise InvalidParameterValueException(
            "This gateway keeps $LATEST only: a version cannot be published"
        )
    package = request.get("package")
    if not isinstance(package, Package):
        raise InvalidParameterValueException("Please provide a source for function code.")
    return package


def _describe_code(package: Package) -> Members:
    return {
        "code": Code(package_type=PackageType.ZIP, path=package.path),
        "code_sha256": package.sha256,
        "code_size": package.size,
    }


def _flatten(request: Members) -> Members:
    """Bring Lambda's nested members to the names that our functions have."""
    members = dict(request)
    members.pop("code", None)
    if request.get("layers"):
        raise InvalidParameterValueException("This gateway keeps no layers: put them into the zip")
    if "environment" in request:
        members["environment"] = request["environment"].get("variables", {})
    logging = request.get("logging_config", {})
    if "log_format" in logging:
        members["log_format"] = logging["log_format"]
    if "application_log_level" in logging:
        members["log_level"] = logging["application_log_level"]
    return members


OPERATIONS: Final = {
    "CreateFunction": create_function,
    "DeleteFunction": delete_function,
    "DeleteFunctionConcurrency": delete_function_concurrency,
    "GetFunction": get_function,
    "GetFunctionCodeSigningConfig": get_function_code_signing_config,
    "GetFunctionConcurrency": get_function_concurrency,
    "GetFunctionConfiguration": get_function_configuration,
    "ListFunctions": list_functions,
    "ListVersionsByFunction": list_versions_by_function,
    "PutFunctionConcurrency": put_function_concurrency,
    "UpdateFunctionCode": update_function_code,
    "UpdateFunctionConfiguration": update_function_configuration,
}
