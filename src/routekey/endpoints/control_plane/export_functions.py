"""Functions of an exported template, and where their code is.

A zip file is named by a path (`code/HASH.zip`), as templates have it that `aws cloudformation
package` takes; it is fetched beside the template. What a project's folder holds is the project's,
and is named by its path on this machine. A function goes as it is now: a published version is part
of it where it is the same, and what is older stays here, with its aliases.

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
from routekey.endpoints.control_plane.functions import split_name
from routekey.endpoints.control_plane.publishing import find_version, is_current
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.function import LATEST, Code, PackageType, Permission
from routekey.resources.managed import ManagedEventSource, ManagedFunction, ManagedLayer
from routekey.resources.managed_identity import ManagedRole

Template = dict[str, Any]

CODE_FOLDER: Final = "code"


def describe_functions(edit: Edit, apis: Mapping[str, str]) -> dict[str, Template]:
    """Describe functions with their layers, permissions, aliases and sources, and identities.

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
    for source in edit.all(ManagedEventSource):
        name, qualifier = split_name(source.function_name)
        if edit.find(ManagedFunction, name) is not None:
            function_name = _refer_to(f"Function{encode_name(name)}", qualifier)
            resource = _describe_source(source, function_name)
            found[f"EventSource{encode_name(source.uuid)}"] = resource
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
    """Describe what lets others in, and under which names.

    A template has one code of a function: a version of it is described where it is that, and an
    alias of an older one is left out.
    """
    published, name = f"{logical_id}Version", {"Ref": logical_id}
    for alias, number in sorted(function.aliases.items()):
        version = find_version(function, alias)
        if version is None or not is_current(function, version):
            continue
        if number != LATEST:
            description = version.description
            yield (
                published,
                write_resource("Lambda::Version", Description=description, FunctionName=name),
            )
        yield (
            f"{logical_id}Alias{encode_name(alias)}",
            write_resource(
                "Lambda::Alias",
                Description=function.alias_descriptions.get(alias, ""),
                FunctionName=name,
                FunctionVersion=LATEST
                if number == LATEST
                else {"Fn::GetAtt": [published, "Version"]},
                Name=alias,
            ),
        )
    for index, permission in enumerate(function.permissions):
        yield f"{logical_id}Permission{index}", _describe_permission(permission, logical_id)


def _describe_source(source: ManagedEventSource, function_name: Template) -> Template:
    is_stream = ":dynamodb:" in source.event_source_arn
    filters = [{"Pattern": pattern} for pattern in source.filter_patterns]
    return write_resource(
        "Lambda::EventSourceMapping",
        BatchSize=source.batch_size,
        Enabled=source.is_enabled,
        EventSourceArn=source.event_source_arn,
        FilterCriteria={"Filters": filters} if filters else None,
        FunctionName=function_name,
        FunctionResponseTypes=["ReportBatchItemFailures"] if source.is_partial else [],
        StartingPosition=source.starting_position if is_stream else None,
    )


def _refer_to(logical_id: str, qualifier: str | None) -> Template:
    """Refer to a function, or to a version or alias of it."""
    if not qualifier:
        return {"Ref": logical_id}
    return {"Fn::Join": [":", [{"Fn::GetAtt": [logical_id, "Arn"]}, qualifier]]}


def _describe_permission(permission: Permission, logical_id: str) -> Template:
    return write_resource(
        "Lambda::Permission",
        Action=permission.action,
        EventSourceToken=permission.event_source_token,
        FunctionName=_refer_to(logical_id, permission.qualifier),
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
