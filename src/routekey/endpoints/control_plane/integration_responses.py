"""Integration responses. Source: CP-INT-11, CP-INT-12."""

from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.apis import find_api
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.integrations import find_integration, keep_integration
from routekey.endpoints.control_plane.records import change, describe, drop, find, make, page, put
from routekey.endpoints.control_plane.refusals import ConflictException, NotFoundException
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import BadRequestException
from routekey.resources.api import DEFAULT, IntegrationResponse
from routekey.resources.managed import ManagedApi, ManagedIntegration

_ID: Final = "integration_response_id"
_ID_LENGTH: Final = 7


def create_integration_response(edit: Edit, request: Members) -> Members:
    """CreateIntegrationResponse."""
    api, integration = _find_integration(edit, request)
    new_id = edit.new_id(_ID_LENGTH)
    response = make(IntegrationResponse, request, integration_response_id=new_id)
    return _keep(edit, api, integration, response)


def get_integration_response(edit: Edit, request: Members) -> Members:
    """GetIntegrationResponse."""
    _, integration = _find_integration(edit, request)
    return describe(_find(integration, request))


def get_integration_responses(edit: Edit, request: Members) -> Members:
    """GetIntegrationResponses."""
    _, integration = _find_integration(edit, request)
    responses = integration.responses
    return page(responses, lambda response: response.integration_response_id, describe, request)


def update_integration_response(edit: Edit, request: Members) -> Members:
    """UpdateIntegrationResponse."""
    api, integration = _find_integration(edit, request)
    return _keep(edit, api, integration, change(_find(integration, request), request))


def delete_integration_response(edit: Edit, request: Members) -> Members:
    """DeleteIntegrationResponse."""
    api, integration = _find_integration(edit, request)
    gone = _find(integration, request).integration_response_id
    left = drop(integration.responses, _ID, gone)
    keep_integration(edit, api, replace(integration, responses=left))
    return {}


def _find_integration(edit: Edit, request: Members) -> tuple[ManagedApi, ManagedIntegration]:
    api = find_api(edit, request)
    return api, find_integration(api, request)


def _find(integration: ManagedIntegration, request: Members) -> IntegrationResponse:
    response = find(integration.responses, _ID, request[_ID])
    if response is None:
        raise NotFoundException("Invalid IntegrationResponse identifier specified")
    return response


def _keep(
    edit: Edit, api: ManagedApi, integration: ManagedIntegration, response: IntegrationResponse
) -> Members:
    key = response.integration_response_key
    is_pattern = len(key) > 1 and key.startswith("/") and key.endswith("/")
    if key != DEFAULT and not is_pattern:  # CP-INT-11
        raise BadRequestException(
            "Invalid integration response key specified. Must be $default or a regular expression "
            "between slashes"
        )
    same = find(integration.responses, "integration_response_key", key)
    if same is not None and same.integration_response_id != response.integration_response_id:
        raise ConflictException(
            f"IntegrationResponse with key {key} already exists for this Integration"
        )
    responses = put(integration.responses, response, _ID)
    keep_integration(edit, api, replace(integration, responses=responses))
    return describe(response)


OPERATIONS: Final = {
    "CreateIntegrationResponse": create_integration_response,
    "DeleteIntegrationResponse": delete_integration_response,
    "GetIntegrationResponse": get_integration_response,
    "GetIntegrationResponses": get_integration_responses,
    "UpdateIntegrationResponse": update_integration_response,
}
