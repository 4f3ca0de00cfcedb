"""Tags: of APIs, stages, domain names, VPC links, API keys and usage plans. Source: CP-TAG-01.

Both of API Gateway's services have these operations, and both tag all of its resources.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import find, put
from routekey.endpoints.control_plane.refusals import NotFoundException
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import BadRequestException
from routekey.resources.domain import DomainName
from routekey.resources.managed import ManagedApi, ManagedStage
from routekey.resources.usage import ApiKey, UsagePlan
from routekey.resources.vpc_link import VpcLink

_TAGS_MAX: Final = 50
_KEY_CHARACTERS_MAX: Final = 128
_VALUE_CHARACTERS_MAX: Final = 256
_ARN: Final = re.compile(
    r"arn:[a-z-]+:apigateway:[a-z0-9-]*::/"
    r"(?P<kind>apikeys|apis|domainnames|usageplans|vpclinks)/(?P<key>[^/]+)(?:/stages/(?P<stage>[^/]+))?"
)
Tagged: TypeAlias = ApiKey | DomainName | ManagedApi | UsagePlan | VpcLink

_KINDS: Final[Mapping[str, type[Tagged]]] = {
    "apikeys": ApiKey,
    "apis": ManagedApi,
    "domainnames": DomainName,
    "usageplans": UsagePlan,
    "vpclinks": VpcLink,
}


def get_tags(edit: Edit, request: Members) -> Members:
    """GetTags."""
    resource, stage = _find(edit, request["resource_arn"])
    return {"tags": dict(resource.tags if stage is None else stage.tags)}


def tag_resource(edit: Edit, request: Members) -> Members:
    """TagResource: adds to what there is."""
    _change(edit, request["resource_arn"], request.get("tags", {}), frozenset())
    return {}


def untag_resource(edit: Edit, request: Members) -> Members:
    """UntagResource: keys that are not there do no harm."""
    _change(edit, request["resource_arn"], {}, frozenset(request["tag_keys"]))
    return {}


def check_tags(tags: Mapping[str, str]) -> None:
    """Hold tags against their bounds.

    Raises:
        BadRequestException: too many, too long, or of AWS's own.
    """
    if len(tags) > _TAGS_MAX:
        raise BadRequestException(f"The number of tags exceeds the limit of {_TAGS_MAX}")
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise BadRequestException("Tag keys starting with 'aws:' are reserved for system use")
        if not 0 < len(key) <= _KEY_CHARACTERS_MAX or len(value) > _VALUE_CHARACTERS_MAX:
            raise BadRequestException(
                f"A tag key has 1 to {_KEY_CHARACTERS_MAX} characters and a value up to "
                f"{_VALUE_CHARACTERS_MAX}: {key[:_KEY_CHARACTERS_MAX]}"
            )


def _find(edit: Edit, arn: str) -> tuple[Tagged, ManagedStage | None]:
    match = _ARN.fullmatch(arn)
    resource = None if match is None else edit.find(_KINDS[match["kind"]], match["key"])
    if match is None or resource is None:
        raise NotFoundException("Invalid resource identifier specified")
    if match["stage"] is None:
        return resource, None
    stage = None
    if isinstance(resource, ManagedApi):
        stage = find(resource.stages, "stage_name", match["stage"])
    if stage is None:
        raise NotFoundException("Invalid stage identifier specified")
    return resource, stage


def _change(edit: Edit, arn: str, added: Mapping[str, str], removed: frozenset[str]) -> None:
    resource, stage = _find(edit, arn)
    before = resource.tags if stage is None else stage.tags
    tags = {key: value for key, value in {**before, **added}.items() if key not in removed}
    check_tags(tags)
    match resource:
        case ManagedApi() if stage is not None:
            stages = put(resource.stages, replace(stage, tags=tags), "stage_name")
            edit.put(resource.api_id, replace(resource, stages=stages))
        case ManagedApi():
            edit.put(resource.api_id, replace(resource, tags=tags))
        case DomainName():
            edit.put(resource.domain_name, replace(resource, tags=tags))
        case ApiKey() | UsagePlan():
            edit.put(resource.id, replace(resource, tags=tags))
        case VpcLink():
            edit.put(resource.vpc_link_id, replace(resource, tags=tags))


OPERATIONS: Final = {
    "GetTags": get_tags,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
}
