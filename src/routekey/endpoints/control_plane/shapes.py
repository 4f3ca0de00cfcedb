"""One codec for every operation, made from AWS's own service models.

botocore ships a machine-readable description of each API: paths, members, their wire names, types
and bounds. This file finds operations and reads and writes values by it, so that an operation sees
a dict of members in snake case and gives one back, and no wire name is written down twice.

    request  →  find  →  parse (path, query, headers, body)  →  Members
    Members  →  render  →  JSON

It does not judge what a member means: what the model does not say stands with the operation.
Members that the model does not know are ignored, as AWS ignores them.

Source: CP-PROTO-01, CP-PROTO-02, CP-RESP-01.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import orjson
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape, StructureShape

from routekey.endpoints.control_plane.values import ShapeError, read, write

Members = dict[str, Any]
"""A request or an answer, by member name in snake case. What leaves a parser is `Any`; `convert`
makes a resource of it, and checks every type."""

_TEMPLATE: Final = re.compile(r"\{([^}+]+)(\+?)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """An HTTP request, as far as operations are read from it."""

    method: str
    path: str
    """As it was sent, not decoded."""
    query: str
    """As it was sent, without the question mark."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a service."""

    model: OperationModel
    path: str
    """A regular expression for the path."""
    names: tuple[str, ...]
    """What the path's parameters are called, in order."""
    query: Mapping[str, str]
    """What the query must hold, as with `?mode=import`."""

    @property
    def name(self) -> str:
        """Its name, as IAM and the documentation have it."""
        return self.model.name

    @property
    def status(self) -> int:
        """The status of its success. Source: CP-PROTO-02."""
        return int(self.model.http.get("responseCode", 200))

    def match(self, path: str) -> re.Match[str] | None:
        """Match a request's path, with a group for each parameter."""
        return _compile(self.path).fullmatch(path)

    def parse(self, request: WireRequest) -> Members:
        """Read a request that `find` gave this operation.

        Raises:
            ShapeError: the body is no JSON object, or a member is missing or not what it must be.
        """
        shape = self.model.input_shape
        if shape is None:
            return {}
        members = dict(self._read_body(shape, request.body))
        members.update(self._read_outside(shape, request))
        return read(shape, members)

    def render(self, members: Mapping[str, object]) -> bytes:
        """Write an answer; nothing where the operation answers without a body."""
        shape = self.model.output_shape
        return b"" if shape is None else orjson.dumps(write(shape, members))

    def _read_body(self, shape: StructureShape, body: bytes) -> Mapping[str, object]:
        """Collect what the body holds, by the member's name in the model."""
        payload = shape.serialization.get("payload")
        if payload is not None:
            return {str(payload): body} if body else {}
        inside = {
            _wire_name(name, member): name
            for name, member in shape.members.items()
            if "location" not in member.serialization
        }
        if not inside or not body:
            return {}
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ShapeError("Invalid request body") from error
        if not isinstance(document, dict):
            raise ShapeError("Invalid request body")
        return {inside[key]: value for key, value in document.items() if key in inside}

    def _read_outside(self, shape: StructureShape, request: WireRequest) -> dict[str, object]:
        """Collect what path, query and headers hold, by the member's name in the model."""
        match = self.match(request.path)
        if match is None:
            raise AssertionError("`find` compared the path")
        path = dict(zip(self.names, map(unquote, match.groups()), strict=True))
        query: dict[str, list[str]] = {}
        for key, value in parse_qsl(request.query, keep_blank_values=True):
            query.setdefault(key, []).append(value)
        outside: dict[str, object] = {}
        for name, member in shape.members.items():
            wire_name = _wire_name(name, member)
            match member.serialization.get("location"):
                case "uri":
                    outside[name] = path[wire_name]
                case "querystring" if wire_name in query:
                    values = query[wire_name]
                    outside[name] = values if member.type_name == "list" else values[-1]
                case "header" if wire_name.lower() in request.headers:
                    outside[name] = request.headers[wire_name.lower()]
                case _:
                    pass
        return outside


class Service:
    """The operations of one service."""

    def __init__(self, name: str, api_version: str) -> None:
        # By its place: asked for by its name, the loader reads the folders of all services first.
        description = Loader().load_data(f"{name}/{api_version}/service-2")
        self._model = ServiceModel(description, name)
        self._by_method: dict[str, list[Operation]] = {}
        for operation_name in self._model.operation_names:
            operation = _describe(self._model.operation_model(operation_name))
            self._by_method.setdefault(operation.model.http["method"], []).append(operation)
        for operations in self._by_method.values():  # a literal path wins over a parameter
            operations.sort(key=lambda one: (len(one.names), -len(one.query)))

    def find(self, request: WireRequest) -> Operation | None:
        """Find the operation of a method and path; None where there is none."""
        query = dict(parse_qsl(request.query)) if request.query else {}
        for operation in self._by_method.get(request.method, ()):
            if operation.match(request.path) and operation.query.items() <= query.items():
                return operation
        return None

    def list_paths(self, segments: int) -> list[str]:
        """List Starlette's patterns of all that operations are asked under.

        Args:
            segments: how many segments of a path tell that it belongs to this service.
        """
        heads = {
            "/".join(
                operation.model.http["requestUri"].partition("?")[0].split("/")[: segments + 1]
            )
            for operations in self._by_method.values()
            for operation in operations
        }
        return [path for head in sorted(heads) for path in (head, f"{head}/{{rest:path}}")]

    def find_input(self, operation_name: str) -> StructureShape:
        """Find the shape of an operation's request."""
        shape = self._model.operation_model(operation_name).input_shape
        if shape is None:
            raise AssertionError(f"{operation_name} takes no members")
        return shape

    def find_output(self, operation_name: str) -> StructureShape | None:
        """Find the shape of an operation's answer; None where it has none."""
        return self._model.operation_model(operation_name).output_shape


@cache  # a handful of services; the largest model takes a tenth of a second to read
def load_service(name: str, api_version: str) -> Service:
    """Read a service's model, once."""
    return Service(name, api_version)


def _describe(model: OperationModel) -> Operation:
    path, _, query = model.http["requestUri"].partition("?")
    names = tuple(name for name, _ in _TEMPLATE.findall(path))
    pattern, end = "", 0
    for match in _TEMPLATE.finditer(path):
        # An ARN in a path has slashes, and not every client encodes them.
        takes_slashes = match[2] or match[1].lower().endswith("arn")
        pattern += re.escape(path[end : match.start()]) + ("(.+)" if takes_slashes else "([^/]+)")
        end = match.end()
    pattern += re.escape(path[end:].rstrip("/")) + "/?"
    return Operation(model=model, path=pattern, names=names, query=dict(parse_qsl(query)))


@cache  # the paths of the services: compiled when they are first asked for, and not at each start
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _wire_name(name: str, member: Shape) -> str:
    return str(member.serialization.get("name", name))


def snake_case(name: str) -> str:
    """Spell a member's name as our fields do: `TimeoutInMillis`, `timeout_in_millis`."""
    return xform_name(name)
