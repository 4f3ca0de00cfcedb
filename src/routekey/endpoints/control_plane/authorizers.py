"""Authorizers. Source: CP-AUTHZ-01 to CP-AUTHZ-09."""

import re
from dataclasses import replace
from typing import Final

from routekey.arn import Arn
from routekey.endpoints.control_plane.apis import find_api
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, describe, drop, find, make, page, put
from routekey.endpoints.control_plane.refusals import (
    ConflictException,
    NotFoundException,
    TooManyRequestsException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import BadRequestException
from routekey.languages.regexes import RegexError, compile_regex
from routekey.resources.managed import ManagedApi, ManagedAuthorizer

_ID: Final = "authorizer_id"
_ID_LENGTH: Final = 6
_AUTHORIZERS_PER_API: Final = 10
_NAME: Final = "[a-zA-Z0-9._-]+"
_SOURCE: Final = re.compile(
    rf"route\.request\.(?:header|querystring)\.{_NAME}|stageVariables\.{_NAME}|context\.{_NAME}"
)
_REFUSED: Final = {
    "authorizer_result_ttl_in_seconds": "AuthorizerResultTtlInSeconds",
    "enable_simple_responses": "EnableSimpleResponses",
    "jwt_configuration": "JwtConfiguration",
}
"""Members of HTTP APIs, refused whatever they say, in this order. Source: CP-AUTHZ-04."""


def create_authorizer(edit: Edit, request: Members) -> Members:
    """CreateAuthorizer."""
    api = find_api(edit, request)
    if len(api.authorizers) >= _AUTHORIZERS_PER_API:  # CP-AUTHZ-07
        raise TooManyRequestsException(
            "Maximum number of Authorizers for this API has been reached. Please contact AWS if "
            "you need additional Authorizers."
        )
    _check_members(request, is_new=True)
    members = {"authorizer_uri": "", **_without_blanks(request)}
    authorizer = make(ManagedAuthorizer, members, authorizer_id=edit.new_id(_ID_LENGTH))
    return _keep(edit, api, authorizer)


def get_authorizer(edit: Edit, request: Members) -> Members:
    """GetAuthorizer."""
    return _show(_find(find_api(edit, request), request))


def get_authorizers(edit: Edit, request: Members) -> Members:
    """GetAuthorizers."""
    authorizers = find_api(edit, request).authorizers
    return page(authorizers, lambda authorizer: authorizer.authorizer_id, _show, request)


def update_authorizer(edit: Edit, request: Members) -> Members:
    """UpdateAuthorizer."""
    api = find_api(edit, request)
    before = _find(api, request)
    _check_members(request, is_new=False)
    return _keep(edit, api, change(before, _without_blanks(request)))


def delete_authorizer(edit: Edit, request: Members) -> Members:
    """DeleteAuthorizer: not while a route refers to it. Source: CP-AUTHZ-05."""
    api = find_api(edit, request)
    gone = _find(api, request)
    user = find(api.routes, _ID, gone.authorizer_id)
    if user is not None:
        raise ConflictException(
            f"Cannot delete authorizer '{gone.name}', is referenced in route: {user.route_key}"
        )
    edit.put(api.api_id, replace(api, authorizers=drop(api.authorizers, _ID, gone.authorizer_id)))
    return {}


def _find(api: ManagedApi, request: Members) -> ManagedAuthorizer:
    authorizer = find(api.authorizers, _ID, request[_ID])
    if authorizer is None:  # CP-AUTHZ-07
        raise NotFoundException("Invalid Authorizer identifier specified")
    return authorizer


def _check_members(request: Members, *, is_new: bool) -> None:
    """Refuse what WebSocket APIs do not have, in AWS's order. Source: CP-AUTHZ-03, CP-AUTHZ-04."""
    if request.get("authorizer_type", "REQUEST") != "REQUEST":
        raise BadRequestException(
            "Invalid authorizer type. Only REQUEST authorizer type is supported on WEBSOCKET "
            "protocol Apis."
        )
    version = request.get("authorizer_payload_format_version")
    if version is not None and (is_new or version):
        raise _refusal("AuthorizerPayloadFormatVersion")
    for name, wire_name in _REFUSED.items():
        if name in request:
            raise _refusal(wire_name)
    role = request.get("authorizer_credentials_arn")
    if role is not None and (is_new or role) and not _is_role(role):
        raise BadRequestException("Invalid role ARN")
    for source in _without_blanks(request).get("identity_source", ()):
        if not _SOURCE.fullmatch(source):
            raise BadRequestException(
                f"Invalid request identity source expression: {source}. The sources must be "
                "separated by comma, and each source must be either a request parameter, matching "
                "'route.request.querystring|header.[a-zA-Z0-9._-]+', or a stage variable, matching "
                "'stageVariables.[a-zA-Z0-9._-]+', or a context parameter, matching "
                "'context.[a-zA-Z0-9._-]+'"
            )
    _check_validation(request.get("identity_validation_expression"), is_new=is_new)


def _check_validation(expression: str | None, *, is_new: bool) -> None:
    """Hold the validation expression, which nothing uses. Source: CP-AUTHZ-08."""
    if expression is None:
        return
    if not expression and is_new:
        raise BadRequestException("IdentityValidationExpression must not be empty.")
    try:
        compile_regex(expression)
    except RegexError as error:
        raise BadRequestException(f"Invalid validation expression: {expression}") from error


def _without_blanks(request: Members) -> Members:
    """Take empty sources for none at all. Source: CP-AUTHZ-02."""
    if "identity_source" not in request:
        return request
    sources = [source for source in request["identity_source"] if source]
    return {**request, "identity_source": sources}


def _is_role(text: str) -> bool:
    arn = Arn.parse(text)
    return arn is not None and arn.service == "iam" and arn.resource.startswith("role/")


def _refusal(name: str) -> BadRequestException:
    return BadRequestException(f"{name} cannot be set for WEBSOCKET protocol Apis.")


def _keep(edit: Edit, api: ManagedApi, authorizer: ManagedAuthorizer) -> Members:
    if not authorizer.authorizer_uri:
        raise BadRequestException("Authorizer uri is required")
    same = find(api.authorizers, "name", authorizer.name)
    if same is not None and same.authorizer_id != authorizer.authorizer_id:
        raise BadRequestException(
            f"Authorizer name must be unique. Authorizer {authorizer.name} already exists in this "
            "RestApi."
        )
    edit.put(api.api_id, replace(api, authorizers=put(api.authorizers, authorizer, _ID)))
    return _show(authorizer)


def _show(authorizer: ManagedAuthorizer) -> Members:
    return {**describe(authorizer), "authorizer_type": "REQUEST"}


OPERATIONS: Final = {
    "CreateAuthorizer": create_authorizer,
    "DeleteAuthorizer": delete_authorizer,
    "GetAuthorizer": get_authorizer,
    "GetAuthorizers": get_authorizers,
    "UpdateAuthorizer": update_authorizer,
}
