"""A function's configuration: what requests say of it, and what answers tell.

Lambda nests what belongs together (`VpcConfig`, `LoggingConfig`); our functions have it side by
side. What running a function here does not need is kept and told, so that tools that compare find
no difference.

Source: LAM-CTL-01, LAM-CTL-02, LAM-ENV-02, LAM-ENV-03, LAM-ENV-06.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from routekey.arn import function_arn, runtime_arn
from routekey.clock import format_iso
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.layers import find_layer_version
from routekey.endpoints.control_plane.refusals import InvalidParameterValueException
from routekey.endpoints.control_plane.shapes import Members, load_service
from routekey.resources.function_variables import (
    NAME_PATTERN,
    RESERVED,
    are_too_long,
    find_malformed,
    write_variables,
)
from routekey.resources.managed import LayerReference, ManagedFunction

_LAYERS_MAX: Final = 5
_NESTED: Final = {
    "dead_letter_config": {"target_arn": "dead_letter_target"},
    "ephemeral_storage": {"size": "ephemeral_storage_mb"},
    "logging_config": {
        "application_log_level": "log_level",
        "log_format": "log_format",
        "log_group": "log_group",
        "system_log_level": "system_log_level",
    },
    "snap_start": {"apply_on": "snap_start_apply_on"},
    "tracing_config": {"mode": "tracing_mode"},
    "vpc_config": {
        "ipv6_allowed_for_dual_stack": "is_ipv6_allowed",
        "security_group_ids": "security_group_ids",
        "subnet_ids": "subnet_ids",
    },
}
"""By Lambda's member, its inner members and what we call them."""


def read_configuration(edit: Edit, request: Members) -> Members:
    """Bring Lambda's nested members to the names that our functions have."""
    _check_runtime(request.get("runtime"))
    members = dict(request)
    members.pop("code", None)
    if "layers" in request:
        members |= _read_layers(edit, request["layers"])
    if "environment" in request:
        members["environment"] = _check_variables(request["environment"].get("variables", {}))
    for name, inner_names in _NESTED.items():
        inside = request.get(name, {})
        members |= {
            ours: inside[theirs] for theirs, ours in inner_names.items() if theirs in inside
        }
    return members


def _check_runtime(runtime: str | None) -> None:
    """Refuse a runtime that Lambda never had."""
    shape = load_service("lambda", "2015-03-31").find_input("CreateFunction").members["Runtime"]
    known: Sequence[str] = shape.metadata["enum"]
    if runtime and runtime not in known:
        raise InvalidParameterValueException(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: [{', '.join(known)}] or be a valid ARN"
        )


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


def show_version(edit: Edit, version: ManagedFunction) -> Members:
    """Tell a version's configuration, whose ARN ends with its number."""
    return show_function(edit, version, version.version)


def show_function(edit: Edit, function: ManagedFunction, qualifier: str = "") -> Members:
    """Tell a function's configuration, as `FunctionConfiguration` has it."""
    name, target = function.function_name, function.dead_letter_target
    layers = [{"arn": one.arn, "code_size": one.code_size} for one in function.layer_references]
    return {
        "architectures": list(function.architectures),
        "code_sha256": function.code_sha256,
        "code_size": function.code_size,
        "dead_letter_config": None if target is None else {"target_arn": target},
        "description": function.description,
        "environment": {"variables": dict(function.environment)} if function.environment else None,
        "ephemeral_storage": {"size": function.ephemeral_storage_mb},
        "file_system_configs": [dict(one) for one in function.file_system_configs] or None,
        "function_arn": function_arn(edit.region, edit.account_id, name, qualifier or None),
        "function_name": name,
        "handler": function.handler,
        "kms_key_arn": function.kms_key_arn or None,
        "last_modified": format_iso(function.last_modified * 1000).replace("Z", "+0000"),
        "last_update_status": "Successful",
        "layers": layers or None,
        "logging_config": _show_logging(function),
        "memory_size": function.memory_size,
        "package_type": "Zip",
        "revision_id": function.revision_id,
        "role": function.role,
        "runtime": function.runtime,
        "runtime_version_config": {
            "runtime_version_arn": runtime_arn(edit.region, function.runtime)
        },
        "snap_start": {"apply_on": function.snap_start_apply_on, "optimization_status": "Off"},
        "state": "Active",
        "timeout": function.timeout,
        "tracing_config": {"mode": function.tracing_mode},
        "version": function.version,
        "vpc_config": _show_vpc(function),
    }


def _show_logging(function: ManagedFunction) -> Members:
    logging: Members = {
        "log_format": function.log_format,
        "log_group": function.log_group or f"/aws/lambda/{function.function_name}",
    }
    if function.log_format == "JSON":
        logging["application_log_level"] = function.log_level
        logging["system_log_level"] = function.system_log_level
    return logging


def _show_vpc(function: ManagedFunction) -> Members | None:
    if not function.subnet_ids:
        return None
    return {
        "ipv6_allowed_for_dual_stack": function.is_ipv6_allowed,
        "security_group_ids": list(function.security_group_ids),
        "subnet_ids": list(function.subnet_ids),
    }
