"""`AWS::Lambda::*` resources become functions, with their code on this machine.

Source: CP-CFN-02, CP-INT-05.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from routekey.arn import Arn
from routekey.projects.cloudformation.code import find_code
from routekey.projects.cloudformation.properties import Properties, read_fields
from routekey.projects.cloudformation.references import Resource
from routekey.projects.notices import Notices
from routekey.resources.function import Code, Function, Permission

_PREFIX = "AWS::Lambda::"
FUNCTION = f"{_PREFIX}Function"


def build_functions(resources: Sequence[Resource], notices: Notices) -> tuple[Function, ...]:
    """Build the functions of a project.

    A function whose code is not on this machine is left out, with a notice.

    Raises:
        ProjectError: a property is missing or wrong, or code that should be here is not.
    """
    by_kind: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in resources:
        by_kind[resource.type.removeprefix(_PREFIX)].append(resource)
    layers = _build_layers(by_kind["LayerVersion"], notices)
    permissions = _build_permissions(by_kind["Permission"])
    aliases = _build_aliases(by_kind["Alias"])
    provisioned = _read_provisioned([*by_kind["Alias"], *by_kind["Version"]])
    functions = []
    for resource in by_kind["Function"]:
        code = find_code(resource, notices)
        if code is not None:
            function = _build_function(resource, code, layers, permissions, aliases, notices)
            number = provisioned[function.function_name]
            functions.append(replace(function, provisioned_concurrent_executions=number))
    return tuple(functions)


def _build_function(
    resource: Resource,
    code: Code,
    layers: Mapping[str, Code | None],
    permissions: Mapping[str, Sequence[Permission]],
    aliases: Mapping[str, Mapping[str, str]],
    notices: Notices,
) -> Function:
    properties = resource.properties
    name = resource.name()
    logging = properties.inner("LoggingConfig")
    return read_fields(
        Function,
        properties,
        function_name=name,
        code=code,
        environment=properties.inner("Environment").text_map("Variables"),
        layers=_find_layers(resource, layers, notices),
        log_format=logging.text("LogFormat", "Text"),
        log_level=logging.text("ApplicationLogLevel", "INFO"),
        permissions=tuple(permissions.get(name, ())),
        aliases=aliases.get(name, {}),
        dead_letter_target=_read_dead_letter_target(properties, notices),
        origin=resource.place.origin(),
    )


def _read_dead_letter_target(properties: Properties, notices: Notices) -> str | None:
    config = properties.inner("DeadLetterConfig")
    text = config.optional_text("TargetArn")
    if text is None:
        return None
    arn = Arn.parse(text)
    if arn is None or arn.service not in {"sns", "sqs"}:
        notices.add(f"its dead-letter target {text} is not served here", config.place)
        return None
    return text


def _find_layers(
    resource: Resource, layers: Mapping[str, Code | None], notices: Notices
) -> tuple[Code, ...]:
    found = []
    for arn in resource.properties.texts("Layers"):
        if arn not in layers:
            place = resource.properties.place / "Layers"
            notices.add(
                f"the layer {arn} is not on this machine and is left out. What functions import "
                "from it, name in their requirements.txt or package.json",
                replace(place, resource=None),  # once, however many functions have it
            )
        elif (code := layers[arn]) is not None:
            found.append(code)
    return tuple(found)


def _build_layers(resources: Sequence[Resource], notices: Notices) -> dict[str, Code | None]:
    return {resource.reference(): find_code(resource, notices) for resource in resources}


def _build_permissions(resources: Sequence[Resource]) -> Mapping[str, Sequence[Permission]]:
    permissions: defaultdict[str, list[Permission]] = defaultdict(list)
    for resource in resources:
        name, qualifier = split_function_name(resource.properties.text("FunctionName"))
        permissions[name].append(
            read_fields(
                Permission,
                resource.properties,
                statement_id=resource.logical_id,
                qualifier=qualifier,
            )
        )
    return permissions


def _build_aliases(resources: Sequence[Resource]) -> Mapping[str, Mapping[str, str]]:
    aliases: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for resource in resources:
        name, _ = split_function_name(resource.properties.text("FunctionName"))
        aliases[name][resource.name()] = resource.properties.text("FunctionVersion", "1")
    return aliases


def _read_provisioned(resources: Sequence[Resource]) -> Counter[str]:
    """Add up what the aliases and versions of each function want ready: all are `$LATEST` here."""
    provisioned: Counter[str] = Counter()
    for resource in resources:
        config = resource.properties.inner("ProvisionedConcurrencyConfig")
        if "ProvisionedConcurrentExecutions" not in config:
            continue
        text = config.text("ProvisionedConcurrentExecutions")
        if not text.isdecimal() or int(text) < 1:
            place = config.place / "ProvisionedConcurrentExecutions"
            raise place.error(f"{text!r} is no provisioned concurrency", "Use a number from 1")
        name, _ = split_function_name(resource.properties.text("FunctionName"))
        provisioned[name] += int(text)
    return provisioned


def split_function_name(text: str) -> tuple[str, str | None]:
    """Take a function's name and qualifier out of an ARN, a partial ARN or a name."""
    name, _, qualifier = text.rpartition("function:")[2].partition(":")
    return name, qualifier or None
