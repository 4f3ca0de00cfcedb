"""VPC links: kept and told, and without effect, as there is no VPC here (DP-UNK-32)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcLink:
    """A VPC link. Source: CP-VPC-01."""

    vpc_link_id: str
    name: str
    subnet_ids: tuple[str, ...]
    created_date: int
    """Seconds since 1970."""
    security_group_ids: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    vpc_link_status: str = "AVAILABLE"
    vpc_link_version: str = "V2"
