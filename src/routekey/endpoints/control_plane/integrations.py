"""Integrations. Source: CP-INT-01 to CP-INT-14."""

from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.apis import find_api
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, describe, drop, find, make, page, put
from routekey.endpoints.control_plane.refusals import (
    ConflictException,
    NotFoundException,
    TooManyRequestsException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import BadRequestException, InputError
from routekey.quotas import INTEGRATION_TIMEOUT_MS_MAX, INTEGRATION_TIMEOUT_MS_MIN
from routekey.resources.api import IntegrationType
from routekey.resources.integration_plan import compile_plan
from routekey.resources.managed import ManagedApi, ManagedIntegration

_ID: Final = "integration_id"
_ID_LENGTH: Final = 7
_INTEGRATIONS_PER_API: Final = 300
_URI_CHARACTERS_MAX: Final = 2048
_METHODS: Final = frozenset({"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_RESPONSE_SELECTIONS: Final = {
    IntegrationType.AWS: "$integration.response.body.errorMessage",
    IntegrationType.HTTP: "${integration.response.statuscode}",
    IntegrationType.MOCK: "${integration.response.statuscode}",
}
"""By what an integration response is chosen; nobody sets it. Source: CP-INT-02, CP-OPS-02."""


def create_integration(edit: Edit, request: Members) -> Members:
    """CreateIntegration."""
    api = find_api(edit, request)
    if len(api.integrations) >= _INTEGRATIONS_PER_API:  # CP-INT-14
        raise TooManyRequestsException(
            "Maximum number of Integrations for this API has been reached. Please contact AWS if "
            "you need additional Integrations."
        )
    members = _flatten(request)
    if "integration_method" not in members:
        members["integration_method"] = _default_method(members["integration_type"])
    integration = make(ManagedIntegration, members, integration_id=edit.new_id(_ID_LENGTH))
    return _keep(edit, api, integration)


def get_integration(edit: Edit, request: Members) -> Members:
    """GetIntegration."""
    return _show(find_integration(find_api(edit, request), request))


def get_integrations(edit: Edit, request: Members) -> Members:
    """GetIntegrations."""
    integrations = find_api(edit, request).integrations
    return page(integrations, lambda integration: integration.integration_id, _show, request)


def update_integration(edit: Edit, request: Members) -> Members:
    """UpdateIntegration. A request parameter that is set to nothing is removed."""
    api = find_api(edit, request)
    before = find_integration(api, request)
    changes = _flatten(request)
    if "request_parameters" in changes:
        merged = {**before.request_parameters, **changes["request_parameters"]}
        changes["request_parameters"] = {name: value for name, value in merged.items() if value}
    return _keep(edit, api, change(before, changes))


def delete_integration(edit: Edit, request: Members) -> Members:
    """DeleteIntegration: not while a route targets it. Source: CP-INT-13."""
    api = find_api(edit, request)
    gone = find_integration(api, request).integration_id
    users = sorted(route.route_id for route in api.routes if route.integration_id == gone)
    if users:
        raise ConflictException(
            "Cannot delete Integration because it is referenced by the following Routes with Ids: "
            f"[{', '.join(users)}]"
        )
    edit.put(api.api_id, replace(api, integrations=drop(api.integrations, _ID, gone)))
    return {}


def find_integration(api: ManagedApi, request: Members) -> ManagedIntegration:
    """Find the integration that a path names.

    Raises:
        NotFoundException: there is none. Source: CP-INT-12.
    """
    integration = find(api.integrations, _ID, request[_ID])
    if integration is None:
        raise NotFoundException("Invalid Integration identifier specified")
    return integration


def keep_integration(edit: Edit, api: ManagedApi, integration: ManagedIntegration) -> None:
    """Keep an integration in its API.

    Raises:
        BadRequestException: a template, parameter or pattern of it does not compile.
    """
    try:
        compile_plan(integration)
    except InputError as error:
        raise BadRequestException(f"Invalid integration: {error}") from error
    edit.put(api.api_id, replace(api, integrations=put(api.integrations, integration, _ID)))


def _keep(edit: Edit, api: ManagedApi, integration: ManagedIntegration) -> Members:
    timeout = integration.timeout_in_millis
    if not INTEGRATION_TIMEOUT_MS_MIN <= timeout <= INTEGRATION_TIMEOUT_MS_MAX:  # CP-INT-03
        raise BadRequestException(
            f"Timeout should be between {INTEGRATION_TIMEOUT_MS_MIN} ms and "
            f"{INTEGRATION_TIMEOUT_MS_MAX} ms"
        )
    kind, method = integration.integration_type, integration.integration_method
    if kind is not IntegrationType.MOCK and method not in _METHODS:  # CP-INT-04
        problem = (
            "Invalid integration method specified" if method else "Integration method is required"
        )
        raise BadRequestException(f"{problem}. Must be one of [{', '.join(sorted(_METHODS))}]")
    if len(integration.integration_uri) > _URI_CHARACTERS_MAX:
        raise BadRequestException(
            f"Invalid integration URI specified: it has more than {_URI_CHARACTERS_MAX} characters"
        )
    keep_integration(edit, api, integration)
    return _show(integration)


def _default_method(integration_type: str) -> str:
    """Lambda proxies come without a method (CDK, SAM), and MOCK has none. Source: CP-INT-04."""
    return "POST" if integration_type == IntegrationType.AWS_PROXY else ""


def _flatten(request: Members) -> Members:
    """Take the one member out of `tlsConfig`."""
    members = dict(request)
    if (tls := members.pop("tls_config", None)) is not None:
        members["tls_server_name_to_verify"] = tls.get("server_name_to_verify")
    return members


def _show(integration: ManagedIntegration) -> Members:
    members = describe(integration)
    members["integration_response_selection_expression"] = _RESPONSE_SELECTIONS.get(
        integration.integration_type
    )
    if (name := integration.tls_server_name_to_verify) is not None:
        members["tls_config"] = {"server_name_to_verify": name}
    return members


OPERATIONS: Final = {
    "CreateIntegration": create_integration,
    "DeleteIntegration": delete_integration,
    "GetIntegration": get_integration,
    "GetIntegrations": get_integrations,
    "UpdateIntegration": update_integration,
}
