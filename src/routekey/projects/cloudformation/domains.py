"""`AWS::ApiGatewayV2::{DomainName, ApiMapping}` become domain names with their mappings.

Source: CP-CFN-01, CP-DOM-01 to CP-DOM-05.
"""

from collections import defaultdict
from collections.abc import Sequence

from routekey.projects.cloudformation.properties import read_fields
from routekey.projects.cloudformation.references import Resource
from routekey.resources.domain import ApiMapping, DomainName, DomainNameConfiguration

_PREFIX = "AWS::ApiGatewayV2::"


def build_domain_names(
    resources: Sequence[Resource], api_ids: frozenset[str]
) -> tuple[DomainName, ...]:
    """Build the domain names of a project; mappings to other APIs than `api_ids` are left out.

    Raises:
        ProjectError: a property is missing or wrong.
    """
    mappings: defaultdict[str, list[ApiMapping]] = defaultdict(list)
    for resource in resources:
        properties = resource.properties
        if resource.type == f"{_PREFIX}ApiMapping" and properties.text("ApiId") in api_ids:
            mappings[properties.text("DomainName")].append(
                read_fields(ApiMapping, properties, api_mapping_id=resource.reference())
            )
    return tuple(
        _build_domain_name(resource, mappings[resource.reference()])
        for resource in resources
        if resource.type == f"{_PREFIX}DomainName"
    )


def _build_domain_name(resource: Resource, mappings: Sequence[ApiMapping]) -> DomainName:
    properties = resource.properties
    return read_fields(
        DomainName,
        properties,
        domain_name_configurations=tuple(
            read_fields(
                DomainNameConfiguration,
                configuration,
                api_gateway_domain_name=resource.attribute("RegionalDomainName"),
                hosted_zone_id=resource.attribute("RegionalHostedZoneId"),
            )
            for configuration in properties.items("DomainNameConfigurations")
        ),
        mappings=tuple(mappings),
    )
