"""Functions of an exported template, and where their code is.

A zip file is named by a path (`code/HASH.zip`), as templates have it that `aws cloudformation
package` takes; it is fetched beside the template. What a project's folder holds is the project's,
and is named by its path on this machine. Published versions, and the aliases of those, are no part.

Source: CP-CFN-02.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.export_identities import (
    describe_identities,
    encode_name,
    identity_id,
    write_resource,
    write_tags,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.function import LATEST, Code, PackageType, Permission
from routekey.resources.managed import ManagedFunction, ManagedLayer
from routekey.resources.managed_identity import ManagedRole

Template = dict[str, Any]

CODE_FOLDER: Final = "code"


def describe_functions(edit: Edit, apis: Mapping[str, str]) -> dict[str, Template]:
    """Describe every function with its layers, permissions and aliases, and every identity.

    Args:
        edit: what is kept.
        apis: the logical id of each API. It has another id elsewhere, so policies, permissions and
            variables that name one refer to it.
    """
    found = describe_identities(edit)
    roles = {role.arn(edit.account_id): identity_id(role) for role in edit.all(ManagedRole)}
    for function in edit.all(ManagedFunction):
        logical_id = f"Function{encode_name(function.function_name)}"
        for code in function.layers:
            found[_layer_id(code)] = write_resource(
                "Lambda::LayerVersion", Content=_write_code(code)
            )
        found[logical_id] = _describe_function(function, roles)
        found |= dict(_describe_access(function, logical_id))
    return {logical_id: _refer(resource, apis) for logical_id, resource in found.items()}


def _refer(value: Any, apis: Mapping[str, str]) -> Any:
    """Put references in the place of the ids of APIs."""
    if isinstance(value, dict):
        return {name: _refer(inner, apis) for name, inner in value.items()}
    if isinstance(value, list):
        return [_refer(inner, apis) for inner in value]
    if not isinstance(value, str):
        return value
    for api_id, logical_id in apis.items():
        if api_id in value:
            ref = {"Ref": logical_id}
            first, *others = (_refer(part, apis) for part in value.split(api_id))
            return {"Fn::Join": ["", [first, *(one for part in others for one in (ref, part))]]}
    return value


def find_package(edit: Edit, request: Members) -> Members:
    """Find the zip file of a function or layer by its name in a template; None is not there."""
    functions = edit.all(ManagedFunction)
    layers = (version.code for layer in edit.all(ManagedLayer) for version in layer.versions)
    codes = (
        *layers,
        *(code for one in functions for code in (one.code, *one.layers)),
    )
    paths = {
        PurePath(code.path).name: code.path
        for code in codes
        if code.package_type is PackageType.ZIP
    }
    return {"path": paths.get(request["name"])}


def _describe_function(function: ManagedFunction, roles: dict[str, str]) -> Template:
    role = roles.get(function.role)
    logging: Template = {"LogFormat": function.log_format}
    if function.log_format == "JSON":
        logging["ApplicationLogLevel"] = function.log_level
    return write_resource(
        "Lambda::Function",
        Architectures=list(function.architectures),
        Code=_write_code(function.code),
        DeadLetterConfig={"TargetArn": function.dead_letter_target}
        if function.dead_letter_target
        else None,
        Description=function.description,
        Environment={"Variables": dict(function.environment)} if function.environment else None,
        FunctionName=function.function_name,
        Handler=function.handler,
        Layers=[{"Ref": _layer_id(code)} for code in function.layers],
        LoggingConfig=logging,
        MemorySize=function.memory_size,
        ReservedConcurrentExecutions=function.reserved_concurrent_executions,
        Role=function.role if role is None else {"Fn::GetAtt": [role, "Arn"]},
        Runtime=function.runtime,
        Tags=write_tags(function.tags),
        Timeout=function.timeout,
    )


def _describe_access(function: ManagedFunction, logical_id: str) -> Iterator[tuple[str, Template]]:
    """Describe what lets others in, and under which names."""
    for alias, version in sorted(function.aliases.items()):
        if version == LATEST:
            yield (
                f"{logical_id}Alias{encode_name(alias)}",
                write_resource(
                    "Lambda::Alias",
                    Description=function.alias_descriptions.get(alias, ""),
                    FunctionName={"Ref": logical_id},
                    FunctionVersion=version,
                    Name=alias,
                ),
            )
    for number, permission in enumerate(function.permissions):
        yield f"{logical_id}Permission{number}", _describe_permission(permission, logical_id)


def _describe_permission(permission: Permission, logical_id: str) -> Template:
    name: Template = {"Ref": logical_id}
    if permission.qualifier is not None:
        name = {"Fn::Join": [":", [{"Fn::GetAtt": [logical_id, "Arn"]}, permission.qualifier]]}
    return write_resource(
        "Lambda::Permission",
        Action=permission.action,
        EventSourceToken=permission.event_source_token,
        FunctionName=name,
        FunctionUrlAuthType=permission.function_url_auth_type,
        Principal=permission.principal,
        PrincipalOrgID=permission.principal_org_id,
        SourceAccount=permission.source_account,
        SourceArn=permission.source_arn,
    )


def _write_code(code: Code) -> str | Template:
    if code.package_type is PackageType.INLINE:
        return {"ZipFile": code.text}
    if code.package_type is PackageType.ZIP:
        return f"{CODE_FOLDER}/{PurePath(code.path).name}"
    return code.path


def _layer_id(code: Code) -> str:
    return f"Layer{encode_name(code.path)}"
