"""Projects as users write them, made small: a template, and a folder for each function."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

API_ID = "6behyoa40f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The code of one function."""

    text: str
    runtime: str = "python3.12"
    file: str = "app.py"
    handler: str = "app.handler"
    timeout: int = 20
    environment: Mapping[str, Any] | None = None
    may_push: bool = True
    """Whether its role may call `@connections`."""


def save(file: Path, text: str) -> None:
    """Save a file as editors do, in one step: no reload can see the half of it."""
    draft = file.with_name(f"{file.name}~")  # a name that nobody watches
    draft.write_text(text)
    draft.replace(file)


def node(text: str, *, file: str = "index.js", **options: Any) -> Source:
    """Write a function for Node."""
    options.setdefault("runtime", "nodejs20.x")
    return Source(text=text, file=file, handler="index.handler", **options)


def write_project(
    folder: Path,
    functions: Mapping[str, Source],
    routes: Mapping[str, str],
    *,
    two_way: tuple[str, ...] = (),
    stage: str = "dev",
) -> Path:
    """Write a project whose routes go to its functions.

    Args:
        folder: where to write it; made when missing.
        functions: by logical id.
        routes: route keys to logical ids of functions.
        two_way: keys of routes that answer with the function's result.
        stage: the stage's name.
    """
    resources: dict[str, Any] = {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "scenario",
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.action",
                "Tags": {"routekey:api-id": API_ID},
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": stage, "AutoDeploy": True},
        },
    }
    for name, source in functions.items():
        code = folder / name
        code.mkdir(parents=True, exist_ok=True)
        (code / source.file).write_text(source.text)
        resources |= _describe_function(name, source)
    for number, (key, name) in enumerate(routes.items()):
        resources |= _describe_route(f"Route{number}", key, name, is_two_way=key in two_way)
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}
    (folder / "template.json").write_text(json.dumps(template, indent=2))
    return folder


def _describe_function(name: str, source: Source) -> dict[str, Any]:
    policies: list[Any] = [
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "execute-api:ManageConnections",
                    "Resource": {"Fn::Sub": "arn:aws:execute-api:*:*:${Api}/*"},
                }
            ],
        }
    ]
    return {
        name: {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "FunctionName": name,
                "CodeUri": f"{name}/",
                "Handler": source.handler,
                "Runtime": source.runtime,
                "Timeout": source.timeout,
                "Environment": {"Variables": dict(source.environment or {})},
                "Policies": policies if source.may_push else [],
            },
        },
        f"{name}Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Ref": name},
                "Principal": "apigateway.amazonaws.com",
            },
        },
        f"{name}Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {
                    "Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31"
                    f"/functions/${{{name}.Arn}}/invocations"
                },
            },
        },
    }


def _describe_route(
    logical_id: str, key: str, function: str, *, is_two_way: bool
) -> dict[str, Any]:
    described: dict[str, Any] = {
        logical_id: {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": key,
                "Target": {"Fn::Sub": f"integrations/${{{function}Integration}}"},
            },
        }
    }
    if is_two_way:
        described[f"{logical_id}Response"] = {
            "Type": "AWS::ApiGatewayV2::RouteResponse",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteId": {"Ref": logical_id},
                "RouteResponseKey": "$default",
            },
        }
    return described
