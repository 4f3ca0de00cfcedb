"""What a project asks of other AWS services: its tables, queues, topics and buckets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routekey.resources.api import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResource:
    """One resource of another service, as CloudFormation names and describes it."""

    type: str
    """`AWS::DynamoDB::Table` …"""
    logical_id: str
    properties: Mapping[str, object] = field(default_factory=dict)
    """JSON values, all references filled in; the name that functions use is among them."""
    reference: str = ""
    """What `Ref` gives, of a secret: its ARN, whose end is made up."""
    origin: Origin | None = None
