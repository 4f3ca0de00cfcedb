"""API mappings: which stage answers under which path of a domain. Source: CP-DOM-03, -04."""

import re
from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.apis import find_api
from routekey.endpoints.control_plane.domain_names import find_domain_name
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, describe, drop, find, make, page, put
from routekey.endpoints.control_plane.refusals import ConflictException, NotFoundException
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.stages import find_stage
from routekey.errors import BadRequestException
from routekey.resources.domain import ApiMapping, DomainName

_ID: Final = "api_mapping_id"
_ID_LENGTH: Final = 6
_KEY: Final = re.compile(r"[A-Za-z0-9$\-_.+!*'()]{0,300}")


def create_api_mapping(edit: Edit, request: Members) -> Members:
    """CreateApiMapping."""
    domain = find_domain_name(edit, request)
    mapping = make(ApiMapping, request, api_mapping_id=edit.new_id(_ID_LENGTH))
    return _keep(edit, domain, mapping)


def get_api_mapping(edit: Edit, request: Members) -> Members:
    """GetApiMapping."""
    return describe(_find(find_domain_name(edit, request), request))


def get_api_mappings(edit: Edit, request: Members) -> Members:
    """GetApiMappings."""
    mappings = find_domain_name(edit, request).mappings
    return page(mappings, lambda mapping: mapping.api_mapping_id, describe, request)


def update_api_mapping(edit: Edit, request: Members) -> Members:
    """UpdateApiMapping."""
    domain = find_domain_name(edit, request)
    return _keep(edit, domain, change(_find(domain, request), request))


def delete_api_mapping(edit: Edit, request: Members) -> Members:
    """DeleteApiMapping."""
    domain = find_domain_name(edit, request)
    left = drop(domain.mappings, _ID, _find(domain, request).api_mapping_id)
    edit.put(domain.domain_name, replace(domain, mappings=left))
    return {}


def _find(domain: DomainName, request: Members) -> ApiMapping:
    mapping = find(domain.mappings, _ID, request[_ID])
    if mapping is None:
        raise NotFoundException("The api mapping resource specified in the request was not found.")
    return mapping


def _keep(edit: Edit, domain: DomainName, mapping: ApiMapping) -> Members:
    key = mapping.api_mapping_key
    _check_key(key)
    api = find_api(edit, {"api_id": mapping.api_id})
    find_stage(api, {"stage_name": mapping.stage})
    same = find(domain.mappings, "api_mapping_key", key)
    if same is not None and same.api_mapping_id != mapping.api_mapping_id:
        raise ConflictException("ApiMapping key already exists for this domain name")
    edit.put(domain.domain_name, replace(domain, mappings=put(domain.mappings, mapping, _ID)))
    return describe(mapping)


def _check_key(key: str) -> None:
    """Refuse a key that no mapping has. Source: CP-DOM-03."""
    if key.startswith("/") or "//" in key:
        raise BadRequestException(
            "API mapping key should not start with a '/' or have consecutive '/'s."
        )
    if key.endswith("/"):
        raise BadRequestException("API mapping key should not end with a '/'.")
    if not _KEY.fullmatch(key):
        raise BadRequestException(
            "API mapping key should be up to 300 characters of a-zA-Z0-9$-_.+!*'()"
        )


OPERATIONS: Final = {
    "CreateApiMapping": create_api_mapping,
    "DeleteApiMapping": delete_api_mapping,
    "GetApiMapping": get_api_mapping,
    "GetApiMappings": get_api_mappings,
    "UpdateApiMapping": update_api_mapping,
}
