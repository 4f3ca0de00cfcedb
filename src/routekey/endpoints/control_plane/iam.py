"""IAM over HTTP: AWS's query protocol, by IAM's own service model.

A form goes in (`Tags.member.1.Key=team`), XML comes out. The requests come to `POST /`, where other
services of the query protocol are asked too: the signature says which one is meant.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import quote

from botocore.model import ListShape, Shape, StructureShape
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from routekey.clock import format_iso
from routekey.endpoints.control_plane import (
    access_keys,
    account_details,
    groups,
    identities,
    identity_changes,
    policies,
    policy_entities,
)
from routekey.endpoints.control_plane.http import Door, read_body
from routekey.endpoints.control_plane.identities import GROUP, KINDS, USER, Kind
from routekey.endpoints.control_plane.identity_pages import cut_page
from routekey.endpoints.control_plane.plane import Action, ControlPlane
from routekey.endpoints.control_plane.shapes import Members, Service, load_service
from routekey.endpoints.control_plane.values import ShapeError, read, write
from routekey.endpoints.query_protocol import Members as Elements
from routekey.endpoints.query_protocol import (
    QueryAnswer,
    QueryError,
    parse_form,
    render_error,
    render_result,
)
from routekey.errors import AwsException
from routekey.ids import AccountId

logger = logging.getLogger("routekey.iam")

Endpoint = Callable[[Request], Awaitable[Response]]

_NAMESPACE: Final = "https://iam.amazonaws.com/doc/2010-05-08/"
_VERSION: Final = "2010-05-08"
_BODY_BYTES_MAX: Final = 512 * 1024
"""The longest form: a policy of 131,072 characters, percent-encoded."""
_SCOPE: Final = re.compile(r"Credential=[^,/]+/[^,/]+/[^,/]+/iam/aws4_request")
_SIGNER: Final = re.compile(r"Credential=([^,/]+)/")
_ACTIONS: Final[Mapping[str, Action]] = {
    **access_keys.OPERATIONS,
    **account_details.OPERATIONS,
    **groups.OPERATIONS,
    **identities.OPERATIONS,
    **identity_changes.OPERATIONS,
    **policies.OPERATIONS,
    **policy_entities.OPERATIONS,
}
_RENAMES: Final[Mapping[str, Kind]] = {"UpdateGroup": GROUP, "UpdateUser": USER}
_DOCUMENTS: Final = frozenset({"AssumeRolePolicyDocument", "Document", "PolicyDocument"})
"""What IAM percent-encodes in its answers."""
_CODES: Final[Mapping[str, str]] = {
    "AccessDeniedException": "AccessDenied",
    "ExpiredTokenException": "ExpiredToken",
    "IncompleteSignatureException": "IncompleteSignature",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
}
"""What services of the query protocol call the refusals of a signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityApi:
    """IAM's API on the resources of one account.

    Args:
        plane: the resources.
        door: who may ask.
        account_id: the account's.
        otherwise: answers what is signed for another service.
    """

    plane: ControlPlane
    door: Door
    account_id: AccountId
    otherwise: Endpoint

    def routes(self) -> list[Route]:
        """Make the route, for the admin application."""

        async def answer(request: Request) -> Response:
            if not _SCOPE.search(request.headers.get("authorization", "")):
                return await self.otherwise(request)
            return await self._answer(request)

        return [Route("/", answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        request_id = self.door.ids.uuid()
        try:
            given = await self._serve(request, request_id)
        except ClientDisconnect:
            return Response(status_code=400)
        except QueryError as error:
            given = render_error(error, namespace=_NAMESPACE, request_id=request_id)
        except AwsException as error:
            code = _CODES.get(error.code, error.code)
            refusal = QueryError(code, error.message or "", error.status)
            given = render_error(refusal, namespace=_NAMESPACE, request_id=request_id)
        except Exception:
            logger.exception("a request to IAM failed")
            failure = QueryError("ServiceFailure", "Internal server error", 500)
            given = render_error(failure, namespace=_NAMESPACE, request_id=request_id)
        return Response(given.body, given.status, headers=dict(given.headers))

    async def _serve(self, request: Request, request_id: str) -> QueryAnswer:
        self.door.greet(request)
        body = await read_body(request, _BODY_BYTES_MAX)
        form = parse_form(request.url.query, body)
        name = form.get("Action", "")
        action = _ACTIONS.get(name)
        if action is not None:
            form = self._name_signer(name, form, request)
        for resource in self._list_resources(name, form) if action is not None else ["*"]:
            self.door.admit(request, body, action=f"iam:{name or 'Unknown'}", resource=resource)
        if action is None or form.get("Version") != _VERSION:
            raise QueryError("InvalidAction", f"This gateway does not have the operation {name}")
        service = load_service("iam", _VERSION)
        members = read_request(service, name, form)
        answer = await self.plane.run(action, members)
        result = write_result(service, name, cut_page(answer, members))
        return render_result(name, result, namespace=_NAMESPACE, request_id=request_id)

    def _name_signer(
        self, action: str, form: Mapping[str, str], request: Request
    ) -> Mapping[str, str]:
        """Write down whose an access key is, where an operation that names nobody is about him.

        Whether he signed it at all is found out with it: he has to be allowed what is then asked.
        """
        shape = load_service("iam", _VERSION).find_input(action)
        if "UserName" not in shape.members or "UserName" in {*shape.required_members, *form}:
            return form
        key = _SIGNER.search(request.headers.get("authorization", ""))
        for user in self.plane.identities.users:
            if key is not None and key[1] in user.access_keys:
                return {**form, "UserName": user.arn.rpartition("/")[2]}
        return form

    def _list_resources(self, action: str, form: Mapping[str, str]) -> list[str]:
        """Name what is acted on, for policies: who gets another name is acted on under both."""
        resource = self._resource(action, form)
        if action not in _RENAMES:
            return [resource]
        kind = _RENAMES[action]
        existing = self.plane.find(kind.type, form.get(f"{kind.word}Name", ""))
        path = form.get("NewPath") or (existing.path if existing is not None else "/")
        name = form.get(f"New{kind.word}Name") or form.get(f"{kind.word}Name", "")
        base, _, _ = resource.partition("/")
        return [resource, f"{base}{path}{name}"]

    def _resource(self, action: str, form: Mapping[str, str]) -> str:
        """Name what is acted on, for policies; its path is a wish only when it is made."""
        prefix = f"arn:aws:iam::{self.account_id}"
        members = load_service("iam", _VERSION).find_input(action).members
        for kind in KINDS:
            member = f"{kind.word}Name"
            if member in members and (name := form.get(member)):
                existing = self.plane.find(kind.type, name)
                path = form.get("Path", "/") if existing is None else existing.path
                return f"{prefix}:{kind.word.lower()}{path}{name}"
        if action == "CreatePolicy":
            return f"{prefix}:policy{form.get('Path', '/')}{form.get('PolicyName', '')}"
        return form.get("PolicyArn", f"{prefix}:*") if "PolicyArn" in members else f"{prefix}:*"


def read_request(service: Service, name: str, form: Mapping[str, str]) -> Members:
    """Read an operation's members from a form.

    Raises:
        QueryError: one is missing, or not what it must be.
    """
    shape = service.find_input(name)
    try:
        return read(shape, cast("Members", _nest(shape, form, "") or {}))
    except ShapeError as error:
        raise QueryError("ValidationError", error.validation) from error


def write_result(service: Service, name: str, members: Members) -> Elements:
    """Write an operation's answer as XML elements."""
    shape = service.find_output(name)
    return () if shape is None else _write_structure(shape, cast("Members", write(shape, members)))


def _nest(shape: Shape, form: Mapping[str, str], prefix: str) -> Any:
    """Gather the fields of a form that belong to a shape; None where there are none."""
    if isinstance(shape, StructureShape):
        found = {
            name: value
            for name, member in shape.members.items()
            if (value := _nest(member, form, f"{prefix}.{name}" if prefix else name)) is not None
        }
        return found or None
    if isinstance(shape, ListShape):
        items: list[Any] = []
        while (item := _nest(shape.member, form, f"{prefix}.member.{len(items) + 1}")) is not None:
            items.append(item)
        return items or ([] if form.get(prefix) == "" else None)  # so SDKs write an empty list
    return form.get(prefix)


def _write_structure(shape: StructureShape, members: Members) -> Elements:
    return tuple(
        (name, _write_value(name, shape.members[name], value)) for name, value in members.items()
    )


def _write_value(name: str, shape: Shape, value: Any) -> str | Elements:
    if isinstance(shape, StructureShape):
        return _write_structure(shape, value)
    if isinstance(shape, ListShape):
        return tuple(("member", _write_value(name, shape.member, item)) for item in value)
    if name in _DOCUMENTS:
        return quote(value)
    if shape.type_name == "timestamp":
        return f"{format_iso(value * 1000)[:19]}Z"
    return value if isinstance(value, str) else json.dumps(value)
