"""Custom domain names. Source: CP-DOM-01 to CP-DOM-07."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, describe, make, page
from routekey.endpoints.control_plane.refusals import ConflictException, NotFoundException
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.tags import check_tags
from routekey.errors import BadRequestException
from routekey.resources.domain import DomainName, DomainNameConfiguration

_NAME: Final = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_HOSTED_ZONE_ID: Final = "Z2FDTNDATAQYW2"
"""Clients put it into a DNS record; there is one zone for every domain here."""


def create_domain_name(edit: Edit, request: Members) -> Members:
    """CreateDomainName."""
    name = request["domain_name"]
    if not _NAME.fullmatch(name):
        raise BadRequestException(f"Invalid domain name identifier specified: {name}")
    if edit.find(DomainName, name) is not None:
        raise ConflictException("The domain name resource already exists.")  # CP-DOM-04
    _refuse_mutual_tls(request)
    target = f"d-{edit.new_id(10)}.execute-api.{edit.region}.amazonaws.com"
    return _keep(edit, make(DomainName, request), target)


def get_domain_name(edit: Edit, request: Members) -> Members:
    """GetDomainName."""
    return _show(edit, find_domain_name(edit, request))


def get_domain_names(edit: Edit, request: Members) -> Members:
    """GetDomainNames."""
    names = edit.all(DomainName)
    return page(names, lambda one: one.domain_name, lambda one: _show(edit, one), request)


def update_domain_name(edit: Edit, request: Members) -> Members:
    """UpdateDomainName."""
    before = find_domain_name(edit, request)
    _refuse_mutual_tls(request)
    target = before.domain_name_configurations[0].api_gateway_domain_name
    return _keep(edit, change(before, request), target)


def delete_domain_name(edit: Edit, request: Members) -> Members:
    """DeleteDomainName: with its mappings."""
    edit.remove(DomainName, find_domain_name(edit, request).domain_name)
    return {}


def find_domain_name(edit: Edit, request: Members) -> DomainName:
    """Find the domain name that a path names.

    Raises:
        NotFoundException: there is none. Source: CP-DOM-04.
    """
    domain = edit.find(DomainName, request["domain_name"])
    if domain is None:
        raise NotFoundException("The domain name resource specified in the request was not found.")
    return domain


def _refuse_mutual_tls(request: Members) -> None:
    if request.get("mutual_tls_authentication", {}).get("truststore_uri"):  # CP-DOM-06
        raise BadRequestException(
            "Mutual TLS domain name association is not supported for Websocket APIs."
        )


def _keep(edit: Edit, domain: DomainName, target: str) -> Members:
    configurations = _complete(domain.domain_name_configurations, target)
    if any(one.endpoint_type != "REGIONAL" for one in configurations):  # CP-DOM-01
        raise BadRequestException("Invalid endpoint type specified. Must be REGIONAL")
    check_tags(domain.tags)
    domain = replace(domain, domain_name_configurations=configurations)
    edit.put(domain.domain_name, domain)
    return _show(edit, domain)


def _complete(
    given: Sequence[DomainNameConfiguration], target: str
) -> tuple[DomainNameConfiguration, ...]:
    """Fill in what the service sets. Source: CP-DOM-02."""
    return tuple(
        replace(one, api_gateway_domain_name=target, hosted_zone_id=_HOSTED_ZONE_ID)
        for one in given or (DomainNameConfiguration(),)
    )


def _show(edit: Edit, domain: DomainName) -> Members:
    members = describe(domain)
    members.pop("mappings", None)
    return {
        **members,
        "api_mapping_selection_expression": "$request.basepath",
        "domain_name_arn": edit.arn(f"domainnames/{domain.domain_name}"),
    }


OPERATIONS: Final = {
    "CreateDomainName": create_domain_name,
    "DeleteDomainName": delete_domain_name,
    "GetDomainName": get_domain_name,
    "GetDomainNames": get_domain_names,
    "UpdateDomainName": update_domain_name,
}
