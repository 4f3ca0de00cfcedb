"""The control plane over HTTP: who asks, which operation, and AWS's answer.

Source: CP-PROTO-01 to CP-PROTO-04, SEC-DOOR-01.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from routekey.clock import Clock
from routekey.endpoints.control_plane.plane import Action, ControlPlane
from routekey.endpoints.control_plane.refusals import (
    LambdaException,
    RequestEntityTooLargeException,
    UnknownOperationException,
)
from routekey.endpoints.control_plane.shapes import Members, Operation, Service, WireRequest
from routekey.endpoints.control_plane.values import ShapeError
from routekey.errors import AwsException, BadRequestException, UnrecognizedClientException
from routekey.gateway.identity import NOTHING_ELSE, Circumstances, authorize, identify
from routekey.gateway.ports import Credentials
from routekey.gateway.trust import API_GATEWAY
from routekey.ids import Ids
from routekey.languages.iam import Context
from routekey.languages.sigv4 import SignedRequest, read_signature
from routekey.resources.api import CALLER
from routekey.resources.identity import Principal

logger = logging.getLogger("routekey.control_plane")

BODY_BYTES_MAX: Final = 10 * 1024 * 1024
"""API Gateway's payloads are no larger, and no request of its control plane comes near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may come in: the same for every service of the admin listener."""

    region: str
    credentials: Credentials
    stranger: Principal | None
    """Who somebody on this machine is whose key is not known; None refuses him."""
    clock: Clock
    ids: Ids

    def greet(self, request: Request) -> None:
        """Refuse who shows no key, or one that nobody has, before his body is read and kept.

        Raises:
            AwsException: he is not known.
        """
        key = read_signature(sign_form(request, b"")).access_key_id
        if self.stranger is None and self.credentials.find(key) is None:
            raise UnrecognizedClientException

    def admit(
        self, request: Request, body: bytes, *, action: str, resource: str, service: str = ""
    ) -> Principal:
        """Tell who signed a request, if he may do this.

        Args:
            request: the request.
            body: its body.
            action: what he wants to do.
            resource: with what.
            service: for which service he signs; empty is that of the action.

        Raises:
            AwsException: he is not known, or no policy lets him.
        """
        signed = sign_form(request, body)
        circumstances = self._circumstances(request, signed)
        principal = identify(
            signed,
            circumstances,
            self.credentials,
            service=service or action.partition(":")[0],
            is_any_region=True,  # a client of another region reaches this one by its endpoint
            stranger=self.stranger,
        )
        authorize(principal, action, resource, circumstances)
        return principal

    def check_role(self, principal: Principal, request: Request, role: str, service: str) -> None:
        """Let a caller name a role that a service will act in: who may not could give it his code.

        Raises:
            AwsException: no policy lets him pass it on.
        """
        passed = {"iam:PassedToService": service}
        self.check(principal, request, "iam:PassRole", role, context=passed)

    def check(
        self,
        principal: Principal,
        request: Request,
        action: str,
        resource: str,
        *,
        context: Context = NOTHING_ELSE,
    ) -> None:
        """Let a caller do what his request does besides.

        Raises:
            AwsException: no policy lets him.
        """
        circumstances = self._circumstances(request, sign_form(request, b""))
        authorize(principal, action, resource, circumstances, context=context)

    def _circumstances(self, request: Request, signed: SignedRequest) -> Circumstances:
        return Circumstances(
            source_ip=request.client.host if request.client else "",
            now_ms=self.clock.now_ms(),
            region=self.region,
            is_secure=request.url.scheme == "https",
            headers=signed.headers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedService:
    """A service's shapes, with an action for each operation that is served."""

    service: Service
    actions: Mapping[str, Action]
    prefix: str
    """What an ARN of it leaves away from the path: `/v2`."""


def serve(
    paths: Sequence[str], served: ServedService, plane: ControlPlane, door: Door
) -> list[Route]:
    """Make the routes of a service.

    Args:
        paths: Starlette's patterns of what belongs to it.
        served: its operations.
        plane: what they act on.
        door: who may ask.
    """

    async def answer(request: Request) -> Response:
        request_id = door.ids.uuid()
        try:
            return await _answer(request, request_id)
        except ClientDisconnect:
            return Response(status_code=400)
        except AwsException as error:
            return render_refusal(error, request_id)
        except Exception:
            logger.exception("a request to the control plane failed")
            return render_failure(request_id)

    async def _answer(request: Request, request_id: str) -> Response:
        door.greet(request)
        body = await read_body(request, BODY_BYTES_MAX)
        wire = to_wire(request, body)
        path = wire.path.removeprefix(served.prefix)
        resource = name_resource(door.region, path)
        caller = door.admit(request, body, action=f"apigateway:{wire.method}", resource=resource)
        operation = served.service.find(wire)
        action = served.actions.get(operation.name) if operation is not None else None
        if operation is None or action is None:
            name = f"{wire.method} {wire.path}" if operation is None else operation.name
            raise UnknownOperationException(f"This gateway does not have the operation {name}")
        members = _parse(operation, wire)
        for role in _list_roles(members):
            door.check_role(caller, request, role, API_GATEWAY)
        result = await plane.run(action, members)
        status = _STATUS.get(operation.name, operation.status)
        content = operation.render(result)
        return respond(content, status, request_id)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return [Route(path, answer, methods=methods) for path in paths]


def _parse(operation: Operation, wire: WireRequest) -> Members:
    try:
        return operation.parse(wire)
    except ShapeError as error:
        raise BadRequestException(str(error)) from error


def _list_roles(members: Members) -> list[str]:
    """List the roles in which API Gateway is to act."""
    return [role for name in _ROLES if (role := members.get(name)) and role != CALLER]


_ROLES: Final = ("authorizer_credentials_arn", "credentials_arn")
_TAGS: Final = "/tags/"
_OURS: Final = re.compile(r"\Aarn:[^:]*:apigateway:[^:]*:")
_STATUS: Final = {"UpdateRoute": 201}
"""Where live AWS differs from its own model. Source: CP-PROTO-02."""


def name_resource(region: str, path: str) -> str:
    """Name what a path stands for, as policies do. Source: CP-ARN-01.

    One resource has one name, however its path is spelled: else a policy that denies `/apis/a`
    would not see `/apis/%61`. What bears tags is named by its own ARN, encoded, with our region:
    it is found whatever region its caller writes.
    """
    plain = unquote(path).rstrip("/")
    if plain.startswith(_TAGS):
        arn = _OURS.sub(f"arn:aws:apigateway:{region}:", plain.removeprefix(_TAGS))
        plain = _TAGS + quote(arn, safe="")
    return f"arn:aws:apigateway:{region}::{plain}"


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Read a body, so long at most.

    Raises:
        RequestEntityTooLargeException: it is longer.
    """
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > bytes_max:
            raise RequestEntityTooLargeException(f"The body has more than {bytes_max} bytes")
    return bytes(chunks)


def to_wire(request: Request, body: bytes) -> WireRequest:
    """Take what operations are read from; the path stays as it was sent."""
    return WireRequest(
        method=request.method,
        path=request.scope["raw_path"].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers=dict(request.headers),
        body=body,
    )


def sign_form(request: Request, body: bytes) -> SignedRequest:
    """Take what a signature covers."""
    return SignedRequest(
        method=request.method,
        path=request.scope["raw_path"].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers=[
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.scope["headers"]
        ],
        body=body,
    )


def respond(content: bytes, status: int, request_id: str) -> Response:
    """Answer with JSON, or with nothing."""
    headers = {"x-amzn-RequestId": request_id}
    media_type = "application/json" if content else None
    return Response(content, status, headers, media_type)


def render_refusal(error: AwsException, request_id: str) -> Response:
    """Render an error as rest-json has it. Source: CP-PROTO-03."""
    body = {error.message_key: error.message or ""}
    if isinstance(error, LambdaException):
        body |= error.more
    content = orjson.dumps(body)
    response = respond(content, error.status, request_id)
    response.headers["x-amzn-ErrorType"] = error.code
    return response


def render_failure(request_id: str) -> Response:
    """Answer for a failure of our own; the log has the reason."""
    response = respond(orjson.dumps({"message": "Internal server error"}), 500, request_id)
    response.headers["x-amzn-ErrorType"] = "InternalServerErrorException"
    return response
