"""APIs. Source: CP-API-01 to CP-API-09."""

from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, describe, make, page
from routekey.endpoints.control_plane.refusals import NotFoundException
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.tags import check_tags
from routekey.errors import BadRequestException, InputError
from routekey.languages.selection import compile_route_selector
from routekey.resources.domain import DomainName
from routekey.resources.managed import Deployment, ManagedApi
from routekey.resources.snapshot import execute_api_domain

_ID_LENGTH: Final = 10
_PROTOCOLS: Final = ("HTTP", "WEBSOCKET")
_KEY_SELECTIONS: Final = ("$request.header.x-api-key", "$context.authorizer.usageIdentifierKey")
_HTTP_ONLY: Final = {
    "cors_configuration": "CorsConfiguration",
    "credentials_arn": "CredentialsArn",
    "route_key": "RouteKey",
    "target": "Target",
}


def find_api(edit: Edit, request: Members) -> ManagedApi:
    """Find the API that a path names.

    Raises:
        NotFoundException: there is none. Source: CP-API-08.
    """
    api_id = request["api_id"]
    api = edit.find(ManagedApi, api_id)
    if api is None:
        raise NotFoundException(f"Invalid API identifier specified {edit.account_id}:{api_id}")
    return api


def create_api(edit: Edit, request: Members) -> Members:
    """CreateApi."""
    protocol = request.get("protocol_type")
    if protocol not in _PROTOCOLS:
        raise BadRequestException("Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]")
    if protocol == "HTTP":
        raise BadRequestException(
            "HTTP protocol Apis are not supported: this gateway serves WEBSOCKET protocol Apis only"
        )
    if "route_selection_expression" not in request:
        raise BadRequestException(
            "RouteSelectionExpression is required for WEBSOCKET protocol Apis."
        )
    api = make(ManagedApi, request, api_id=edit.new_id(_ID_LENGTH), created_date=edit.now)
    return _keep(edit, api, request)


def get_api(edit: Edit, request: Members) -> Members:
    """GetApi."""
    return _show(edit, find_api(edit, request))


def get_apis(edit: Edit, request: Members) -> Members:
    """GetApis."""
    apis = edit.all(ManagedApi)
    return page(apis, lambda api: api.api_id, lambda api: _show(edit, api), request)


def update_api(edit: Edit, request: Members) -> Members:
    """UpdateApi."""
    return _keep(edit, change(find_api(edit, request), request), request)


def delete_api(edit: Edit, request: Members) -> Members:
    """DeleteApi: with everything below it. Source: CP-API-09."""
    api = find_api(edit, request)
    for domain in edit.all(DomainName):
        if any(mapping.api_id == api.api_id for mapping in domain.mappings):
            raise BadRequestException(
                f"API {api.api_id} is mapped by the domain name {domain.domain_name}. "
                "Delete its API mappings first"
            )
    for deployment in edit.all(Deployment):
        if deployment.api.api_id == api.api_id:
            edit.remove(Deployment, deployment.key)
    edit.remove(ManagedApi, api.api_id)
    return {}


def _keep(edit: Edit, api: ManagedApi, request: Members) -> Members:
    for member, name in _HTTP_ONLY.items():
        if request.get(member):
            raise BadRequestException(f"{name} can only be set for HTTP protocol Apis")
    if api.api_key_selection_expression not in _KEY_SELECTIONS:  # CP-API-03
        raise BadRequestException(
            "Invalid API key selection expression specified. Must be one of "
            f"[{', '.join(_KEY_SELECTIONS)}]"
        )
    check_tags(api.tags)
    try:
        compile_route_selector(api.route_selection_expression)
    except InputError as error:
        raise BadRequestException(f"Invalid route selection expression: {error}") from error
    edit.put(api.api_id, api)
    return _show(edit, api)


def _show(edit: Edit, api: ManagedApi) -> Members:
    return {
        **describe(api),
        "api_endpoint": f"wss://{execute_api_domain(api.api_id, edit.region)}",  # CP-ARN-03
        "disable_schema_validation": None,  # CP-RESP-02
        "protocol_type": "WEBSOCKET",
    }


OPERATIONS: Final = {
    "CreateApi": create_api,
    "DeleteApi": delete_api,
    "GetApi": get_api,
    "GetApis": get_apis,
    "UpdateApi": update_api,
}
