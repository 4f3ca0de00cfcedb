"""`routekey.toml`: an API, its functions and its tables, for people who have no other description.

It becomes a CloudFormation template, as the Serverless Framework makes one. The file may hold the
program's settings as well; their sections mean nothing here. Reference: docs/how-to.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from routekey.errors import ProjectError
from routekey.projects.document import Document, Lines, Place, Value, read_text
from routekey.projects.serverless_framework.functions import TRUST

NAME: Final = "routekey.toml"
_API: Final = frozenset(("id", "name", "region", "route_selection_expression", "stage"))
_FUNCTION: Final = {
    "code": "Code",
    "environment": "Environment",
    "handler": "Handler",
    "memory_size": "MemorySize",
    "runtime": "Runtime",
    "timeout": "Timeout",
}
_ROUTE: Final = frozenset(("key", "authorizer", "reply"))
_TARGETS: Final = frozenset(("function", "url", "answer"))
_AUTHORIZER: Final = frozenset(("function", "identity_sources"))
_TABLE: Final = frozenset(("key", "sort_key"))
_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_PLAIN: Final = re.compile(r"[^A-Za-z0-9]")
_INVOKE: Final = (
    "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${%s.Arn}/invocations"
)
_REMEDY: Final = "docs/how-to/run-your-project.md shows the whole file"


def describes_project(path: Path) -> bool:
    """Tell whether a file describes a project, and not only settings.

    Raises:
        ProjectError: it is not TOML.
    """
    return "route" in _parse(path, read_text(path))


def read_routekey_file(path: Path) -> tuple[Document, str | None]:
    """Read a file as a CloudFormation template.

    Returns:
        The template, and the region that it names.

    Raises:
        ProjectError: it is not TOML, or has a part that means nothing; with the line.
    """
    text = read_text(path)
    described = _Described(
        _parse(path, text), Document(file=str(path), value={}, lines=_mark(text))
    )
    region = described.api.get("region")
    return described.template(), region if isinstance(region, str) else None


def _parse(path: Path, text: str) -> dict[str, Value]:
    try:
        parsed: dict[str, Value] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else None
        raise ProjectError(f"not valid TOML: {error}", file=str(path), line=line) from error
    return parsed


def _mark(text: str) -> Lines:
    """Note the line of each header: a table by its name, one of an array by its number."""
    sections: dict[str, dict[str | int, Lines]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header is not None:
            section, _, name = header[2].partition(".")
            inner = sections.setdefault(section, {})
            key = len(inner) if header[1] == "[[" else name.strip("\"' ")
            inner.setdefault(key, Lines(number))
    return Lines(1, {name: Lines(1, inner) for name, inner in sections.items()})


class _Described:
    """What the file says, made into resources one section after the other."""

    def __init__(self, content: Mapping[str, Value], document: Document) -> None:
        self._content = content
        self._document = document
        self._resources: dict[str, Value] = {}
        self._lines: dict[str | int, Lines] = {}
        self.api = _table(content.get("api", {}), _API, document.place("api"))

    def template(self) -> Document:
        """Make the template."""
        self._add_api()
        for name, place, table in self._named("function"):
            self._add_function(name, table, place)
        for name, place, table in self._named("authorizer"):
            self._add_authorizer(name, table, place)
        for name, place, table in self._named("table"):
            self._add_table(name, table, place)
        routes = self._content.get("route")
        for index, route in enumerate(routes if isinstance(routes, list) else [routes]):
            self._add_route(index, route, self._document.place("route", index))
        lines = Lines(1, {"Resources": Lines(1, self._lines)})
        template: dict[str, Value] = {"Resources": self._resources}
        return Document(file=self._document.file, value=template, lines=lines)

    def _named(self, section: str) -> Iterator[tuple[str, Place, Value]]:
        tables = self._content.get(section, {})
        if not isinstance(tables, dict):
            raise self._document.place(section).error(
                f"{section} is a table of tables: [{section}.name]", _REMEDY
            )
        for name, table in tables.items():
            yield name, self._document.place(section, name, resource=name), table

    def _add(self, logical_id: str, type_: str, place: Place, **properties: Value) -> None:
        given: Value = {name: value for name, value in properties.items() if value is not None}
        self._resources[logical_id] = {"Type": f"AWS::{type_}", "Properties": given}
        self._lines[logical_id] = Lines(place.line or 1)

    def _add_api(self) -> None:
        place, api = self._document.place("api"), self.api
        expression = api.get("route_selection_expression", "$request.body.action")
        self._add(
            "Api",
            "ApiGatewayV2::Api",
            place,
            Name=api.get("name", Path(self._document.file).parent.name),
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression=expression,
            Tags={"routekey:api-id": api.get("id")} if "id" in api else None,
        )
        stage = api.get("stage", "dev")
        self._add(
            "Stage", "ApiGatewayV2::Stage", place, ApiId=_API_ID, StageName=stage, AutoDeploy=True
        )

    def _add_function(self, name: str, value: Value, place: Place) -> None:
        table = _table(value, frozenset(_FUNCTION), place)
        for needed in ("handler", "runtime"):
            if needed not in table:
                raise place.error(f"the function has no {needed}", _REMEDY)
        properties: dict[str, Value] = {_FUNCTION[key]: item for key, item in table.items()}
        properties["Environment"] = {"Variables": table.get("environment", {})}
        properties.setdefault("Code", ".")
        id_ = _id("Function", name)
        self._add(
            f"{id_}Role",
            "IAM::Role",
            place,
            AssumeRolePolicyDocument=TRUST,
            Policies=[_RIGHTS],
        )
        role: Value = {"Fn::GetAtt": [f"{id_}Role", "Arn"]}
        self._add(id_, "Lambda::Function", place, FunctionName=name, Role=role, **properties)
        self._add(
            f"{id_}Permission",
            "Lambda::Permission",
            place,
            Action="lambda:InvokeFunction",
            FunctionName={"Ref": id_},
            Principal="apigateway.amazonaws.com",
        )

    def _add_authorizer(self, name: str, value: Value, place: Place) -> None:
        table = _table(value, _AUTHORIZER, place)
        self._add(
            _id("Authorizer", name),
            "ApiGatewayV2::Authorizer",
            place,
            ApiId=_API_ID,
            Name=name,
            AuthorizerType="REQUEST",
            AuthorizerUri=self._invocation(table.get("function"), place),
            IdentitySource=table.get("identity_sources"),
        )

    def _add_table(self, name: str, value: Value, place: Place) -> None:
        table = _table(value, _TABLE, place)
        if "key" not in table:
            raise place.error("the table has no key", _REMEDY)
        keys = [(table[each], kind) for each, kind in _KEY_TYPES.items() if each in table]
        self._add(
            _id("Table", name),
            "DynamoDB::Table",
            place,
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        )

    def _add_route(self, index: int, value: Value, place: Place) -> None:
        table = _table(value, _ROUTE | _TARGETS, place)
        targets = table.keys() & _TARGETS
        if "key" not in table or len(targets) != 1:
            raise place.error("a route has a key, and one of function, url and answer", _REMEDY)
        integration, route = f"Integration{index}", f"Route{index}"
        self._add_integration(integration, table, place)
        is_two_way = table.get("reply", "answer" in table)
        authorizer = table.get("authorizer")
        if authorizer is not None:
            self._require("authorizer", authorizer, place)
        self._add(
            route,
            "ApiGatewayV2::Route",
            place,
            ApiId=_API_ID,
            RouteKey=table["key"],
            Target={"Fn::Sub": f"integrations/${{{integration}}}"},
            RouteResponseSelectionExpression="$default" if is_two_way else None,
            AuthorizationType="CUSTOM" if authorizer else None,
            AuthorizerId={"Ref": _id("Authorizer", str(authorizer))} if authorizer else None,
        )
        if is_two_way:
            owner: dict[str, Value] = {"ApiId": _API_ID, "RouteId": {"Ref": route}}
            kind = "ApiGatewayV2::RouteResponse"
            self._add(f"{route}Response", kind, place, RouteResponseKey="$default", **owner)

    def _add_integration(self, id_: str, table: Mapping[str, Value], place: Place) -> None:
        kind = "ApiGatewayV2::Integration"
        if "function" in table:
            uri = self._invocation(table["function"], place)
            self._add(
                id_, kind, place, ApiId=_API_ID, IntegrationType="AWS_PROXY", IntegrationUri=uri
            )
        elif "url" in table:
            self._add(
                id_,
                kind,
                place,
                ApiId=_API_ID,
                IntegrationType="HTTP_PROXY",
                IntegrationMethod="POST",
                IntegrationUri=table["url"],
            )
        else:
            self._add(
                id_,
                kind,
                place,
                ApiId=_API_ID,
                IntegrationType="MOCK",
                TemplateSelectionExpression="200",
                RequestTemplates={"200": '{"statusCode": 200}'},
            )
            self._add(
                f"{id_}Response",
                "ApiGatewayV2::IntegrationResponse",
                place,
                ApiId=_API_ID,
                IntegrationId={"Ref": id_},
                IntegrationResponseKey="$default",
                TemplateSelectionExpression="200",
                ResponseTemplates={"200": table["answer"]},
            )

    def _invocation(self, function: Value, place: Place) -> Value:
        self._require("function", function, place)
        return {"Fn::Sub": _INVOKE % _id("Function", str(function))}

    def _require(self, section: str, name: Value, place: Place) -> None:
        tables = self._content.get(section)
        if not isinstance(tables, dict) or name not in tables:
            raise place.error(f"there is no [{section}.{name}]", _REMEDY)


_API_ID: Final[Value] = {"Ref": "Api"}
_KEY_TYPES: Final = {"key": "HASH", "sort_key": "RANGE"}
_RIGHTS: Final[Value] = {
    "PolicyName": "routekey",
    "PolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "execute-api:ManageConnections",
                "Resource": {
                    "Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"
                },
            },
            {"Effect": "Allow", "Action": ["dynamodb:*", "logs:*"], "Resource": "*"},
        ],
    },
}
"""What every function may do: push to the API's connections, and use the tables."""


def _table(value: Value, known: frozenset[str], place: Place) -> dict[str, Value]:
    """Check that something is a table with no key that means nothing."""
    if not isinstance(value, dict):
        raise place.error(f"{place.path[-1]} is a table", _REMEDY)
    for name in value:
        if name not in known:
            raise place.error(f"{name} means nothing here", f"Known are {', '.join(sorted(known))}")
    return value


def _id(kind: str, name: str) -> str:
    return kind + _PLAIN.sub(lambda found: f"x{ord(found[0]):x}", name)
