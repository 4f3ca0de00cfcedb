"""Lambda functions: made, changed, told and deleted. Source: LAM-CTL-01, LAM-CTL-02.

Code comes as a zip file in the request; what lies in S3 or in a container registry does not get
here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from routekey.arn import function_arn
from routekey.clock import format_iso
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.layers import find_layer_version
from routekey.endpoints.control_plane.packages import PAGE_ITEMS, read_package
from routekey.endpoints.control_plane.publishing import find_version, publish
from routekey.endpoints.control_plane.records import change, make
from routekey.endpoints.control_plane.refusals import (
    InvalidParameterValueException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.quotas import FUNCTION_TIMEOUT_SECONDS_MAX
from routekey.resources.function import LATEST
from routekey.resources.function_variables import (
    NAME_PATTERN,
    RESERVED,
    are_too_long,
    find_malformed,
    write_variables,
)
from routekey.resources.managed import LayerReference, ManagedFunction

_MEMORY_MB: Final = range(128, 10_241)
_LAYERS_MAX: Final = 5


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
        _flatten(edit, request),
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
    changed = change(function, {}, **read_package(request, request))
    if request.get("dry_run"):
        return show_function(edit, changed)
    if not request.get("publish"):
        return touch_function(edit, changed)
    published = publish(edit, changed)
    touch_function(edit, published)
    return show_version(edit, published.versions[-1])


def update_function_configuration(edit: Edit, request: Members) -> Members:
    """UpdateFunctionConfiguration."""
    members = _flatten(edit, request)
    del members["function_name"]
    return touch_function(edit, change(find_function(edit, request), members))


def get_function(edit: Edit, request: Members) -> Members:
    """GetFunction."""
    function = find_function(edit, request)
    reserved = function.reserved_concurrent_executions
    return {
        "code": {"repository_type": "S3"},
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
    return {
        "functions": [show_function(edit, function) for function in shown],
        "next_marker": shown[-1].function_name if len(rest) > len(shown) else None,
    }


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


def touch_function(edit: Edit, function: ManagedFunction) -> Members:
    """Keep a function that was changed, under a new revision."""
    changed = replace(function, last_modified=edit.now, revision_id=edit.new_uuid())
    return keep_function(edit, changed)


def show_version(edit: Edit, version: ManagedFunction) -> Members:
    """Tell a version's configuration, whose ARN ends with its number."""
    return show_function(edit, version, version.version)


def show_function(edit: Edit, function: ManagedFunction, qualifier: str = "") -> Members:
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
        "function_arn": function_arn(edit.region, edit.account_id, name, qualifier or None),
        "function_name": name,
        "handler": function.handler,
        "layers": [
            {"arn": one.arn, "code_size": one.code_size} for one in function.layer_references
        ]
        or None,
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
        "version": function.version,
    }


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


def _flatten(edit: Edit, request: Members) -> Members:
    """Bring Lambda's nested members to the names that our functions have."""
    members = dict(request)
    members.pop("code", None)
    if "layers" in request:
        members |= _read_layers(edit, request["layers"])
    if "environment" in request:
        members["environment"] = _check_variables(request["environment"].get("variables", {}))
    logging = request.get("logging_config", {})
    if "log_format" in logging:
        members["log_format"] = logging["log_format"]
    if "application_log_level" in logging:
        members["log_level"] = logging["application_log_level"]
    return members


def _read_layers(edit: Edit, arns: Sequence[str]) -> Members:
    """Take the layers that a function names. Source: LAM-ENV-06, LAM-CTL-02."""
    if len(arns) > _LAYERS_MAX:
        raise InvalidParameterValueException(f"Cannot reference more than {_LAYERS_MAX} layers.")
    versions = [find_layer_version(edit, arn) for arn in arns]
    return {
        "layers": tuple(version.code for version in versions),
        "layer_references": tuple(
            LayerReference(arn=arn, code_size=version.code_size)
            for arn, version in zip(arns, versions, strict=True)
        ),
    }


def _check_variables(variables: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse variables that Lambda does not take. Source: LAM-ENV-02, LAM-ENV-03."""
    unable = "Lambda was unable to configure your environment variables because the environment "
    if reserved := sorted(RESERVED & variables.keys()):
        raise InvalidParameterValueException(
            f"{unable}variables you have provided contains reserved keys that are currently not "
            f"supported for modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
    if find_malformed(variables):
        raise InvalidParameterValueException(
            "1 validation error detected: Value at 'environment.variables' failed to satisfy "
            "constraint: Map keys must satisfy constraint: [Member must satisfy regular expression "
            f"pattern: {NAME_PATTERN}]"
        )
    if are_too_long(variables):
        raise InvalidParameterValueException(
            f"{unable}variables you have provided exceeded the 4KB limit. String measured: "
            f"{write_variables(variables)}"
        )
    return variables


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
