"""Functions and roles of a service, as the framework makes them.

Source: CP-SF-04; Serverless Framework documentation, "Functions", "IAM", "Packaging".
"""

from collections.abc import Mapping
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.document import Value
from routekey.projects.serverless_framework.variables import Variables
from routekey.projects.serverless_framework.websockets import function_id, logical_name

ROLE = "IamRoleLambdaExecution"
_RUNTIME = "nodejs20.x"  # the framework's own default, where the provider names none
_MEMORY_SIZE = 1024
_TIMEOUT = 6
_LOGS: Final[dict[str, Value]] = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:PutLogEvents"],
    "Resource": "*",
}
TRUST: Final[Value] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com"]},
            "Action": ["sts:AssumeRole"],
        }
    ],
}
"""Who may take a function's role: Lambda."""
_CONNECTIONS: Final[dict[str, Value]] = {
    "Effect": "Allow",
    "Action": ["execute-api:ManageConnections"],
    "Resource": [{"Fn::Sub": "arn:${AWS::Partition}:execute-api:*:*:*/@connections/*"}],
}


def function_resources(
    variables: Variables,
    key: str,
    function: Mapping[str, Value],
    stack_name: str,
    preloaded: dict[str, Value],
) -> dict[str, Value]:
    """Make the resource of one function, and its own role where it has statements of its own."""
    provider = _Provider(variables)
    properties: dict[str, Value] = {
        "FunctionName": function.get("name") or f"{stack_name}-{key}",
        "Handler": function.get("handler"),
        "Runtime": function.get("runtime") or provider.get("runtime") or _RUNTIME,
        "MemorySize": function.get("memorySize") or provider.get("memorySize") or _MEMORY_SIZE,
        "Timeout": function.get("timeout") or provider.get("timeout") or _TIMEOUT,
        "Description": function.get("description"),
        "ReservedConcurrentExecutions": function.get("reservedConcurrency"),
        "Layers": function.get("layers") or provider.get("layers"),
        "Code": _artifact(variables, function),
        "DeadLetterConfig": _dead_letters(function.get("onError")),
        "Role": _role(function, provider),
        "Environment": {
            "Variables": _map(provider.get("environment"))
            | preloaded
            | _map(function.get("environment"))
        },
    }
    if function.get("image") is not None:
        properties |= {"PackageType": "Image", "Code": {"ImageUri": "image"}}
    resources: dict[str, Value] = {
        function_id(key): {
            "Type": "AWS::Lambda::Function",
            "Properties": {name: value for name, value in properties.items() if value is not None},
            "Metadata": {"BuildProperties": _build_properties(variables)},
        }
    }
    if "iamRoleStatements" in function:
        name = f"{logical_name(key)}IamRoleLambdaExecution"
        statements = _list(function["iamRoleStatements"])
        if function.get("iamRoleStatementsInherit"):
            statements = provider.statements() + statements
        resources[name] = _role_resource(None, [_LOGS, *statements], [])
        function_properties = _map(_map(resources[function_id(key)]).get("Properties"))
        function_properties["Role"] = {"Fn::GetAtt": [name, "Arn"]}
    return resources


def role_resources(
    variables: Variables,
    functions: Mapping[str, Mapping[str, Value]],
    stack_name: str,
    region: str,
) -> dict[str, Value]:
    """Make the role that functions share, and the layers of the service."""
    provider = _Provider(variables)
    resources: dict[str, Value] = {}
    if functions and provider.own_role() is None:
        statements: list[Value] = [_LOGS, *provider.statements()]
        if any(_has_websocket(function) for function in functions.values()):
            statements.append(_CONNECTIONS)
        name = f"{stack_name}-{region}-lambdaRole"
        resources[ROLE] = _role_resource(name, statements, provider.managed_policies())
    for key, layer in _map(variables.value("layers")).items():
        resources[f"{logical_name(key)}LambdaLayer"] = {
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {"LayerName": key, "Content": _map(layer).get("path", ".")},
        }
    return resources


class _Provider:
    """The section `provider`, with IAM in its old and its new place."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables

    def get(self, *path: str) -> Value:
        return self._variables.value("provider", *path)

    def own_role(self) -> Value:
        """Tell the role that the service brings; None where the framework makes one."""
        role = self.get("iam", "role")
        if isinstance(role, dict) and not role.keys() & {
            "Fn::GetAtt",
            "Fn::Sub",
            "Fn::Join",
            "Ref",
        }:
            role = None
        return role or self.get("role")

    def statements(self) -> list[Value]:
        inner = (
            []
            if isinstance(self.get("iam", "role"), str)
            else _list(self.get("iam", "role", "statements"))
        )
        return inner + _list(self.get("iamRoleStatements"))

    def managed_policies(self) -> list[Value]:
        return _list(self.get("iam", "role", "managedPolicies")) + _list(
            self.get("iamManagedPolicies")
        )


def _role(function: Mapping[str, Value], provider: _Provider) -> Value:
    role = function.get("role") or provider.own_role()
    if role is None:
        return {"Fn::GetAtt": [ROLE, "Arn"]}
    if isinstance(role, str) and not role.startswith("arn:"):
        return {"Fn::GetAtt": [role, "Arn"]}
    return role


def _dead_letters(target: Value) -> Value:
    return None if target is None else {"TargetArn": target}


def _artifact(variables: Variables, function: Mapping[str, Value]) -> Value:
    """Tell where the code is: an archive that was packed before, or the service's folder."""
    own = _map(function.get("package")).get("artifact")
    return own or variables.value("package", "artifact") or "."


def _build_properties(variables: Variables) -> Value:
    """Read the settings of esbuild: the framework's own, or those of serverless-esbuild."""
    try:
        settings = variables.value("build", "esbuild") or variables.value("custom", "esbuild")
    except ProjectError:
        return {}  # a program that needs what nobody has installed: it is built as usual
    properties: dict[str, Value] = {
        name[:1].upper() + name[1:]: value
        for name, value in _map(settings).items()
        if value is not None
    }
    outside = _list(properties.get("External")) + _list(properties.pop("Exclude", None))
    if outside:
        properties["External"] = outside
    return properties


def _role_resource(name: str | None, statements: list[Value], managed: list[Value]) -> Value:
    properties: dict[str, Value] = {
        "AssumeRolePolicyDocument": TRUST,
        "ManagedPolicyArns": managed,
        "Policies": [
            {
                "PolicyName": "lambda",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
            }
        ],
    }
    if name is not None:
        properties["RoleName"] = name
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _has_websocket(function: Mapping[str, Value]) -> bool:
    return any(
        isinstance(event, dict) and "websocket" in event for event in _list(function.get("events"))
    )


def _map(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [] if value is None else [value]
