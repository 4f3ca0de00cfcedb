"""Custom domain names, and which API and stage answers under each of their paths.

Source: CP-DOM-01 to CP-DOM-07.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routekey.ids import ApiId, StageName


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainNameConfiguration:
    """How a domain name is reached."""

    api_gateway_domain_name: str = ""
    """The name that a DNS record points at."""
    certificate_arn: str | None = None
    certificate_name: str | None = None
    certificate_upload_date: int | None = None
    """Seconds since 1970."""
    domain_name_status: str = "AVAILABLE"
    endpoint_type: str = "REGIONAL"
    hosted_zone_id: str = ""
    ip_address_type: str = "ipv4"
    ownership_verification_certificate_arn: str | None = None
    security_policy: str = "TLS_1_2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiMapping:
    """A stage under a domain name. Source: CP-DOM-03, CP-DOM-05."""

    api_mapping_id: str
    api_id: ApiId
    stage: StageName
    api_mapping_key: str = ""
    """The first segment of the path; empty for the domain's root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainName:
    """A domain name with its mappings."""

    domain_name: str
    domain_name_configurations: tuple[DomainNameConfiguration, ...] = ()
    routing_mode: str = "API_MAPPING_ONLY"
    tags: Mapping[str, str] = field(default_factory=dict)
    mappings: tuple[ApiMapping, ...] = ()
