"""Tags of functions and event source mappings, named by their ARN. Source: LAM-CTL-01."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from routekey.arn import Arn
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.event_source_mappings import find_event_source
from routekey.endpoints.control_plane.functions import find_function, keep_function
from routekey.endpoints.control_plane.refusals import InvalidParameterValueException
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.tags import check_tags
from routekey.resources.managed import ManagedEventSource, ManagedFunction

Tagged: TypeAlias = ManagedFunction | ManagedEventSource


def list_tags(edit: Edit, request: Members) -> Members:
    """ListTags."""
    return {"tags": dict(_find(edit, request).tags)}


def tag_resource(edit: Edit, request: Members) -> Members:
    """TagResource: adds to what there is."""
    tagged = _find(edit, request)
    return _keep(edit, tagged, {**tagged.tags, **request["tags"]})


def untag_resource(edit: Edit, request: Members) -> Members:
    """UntagResource: keys that are not there do no harm."""
    tagged, gone = _find(edit, request), frozenset(request["tag_keys"])
    return _keep(edit, tagged, {k: v for k, v in tagged.tags.items() if k not in gone})


def _find(edit: Edit, request: Members) -> Tagged:
    name = request["resource"]
    arn = Arn.parse(name)
    if arn is None or arn.service != "lambda":
        raise InvalidParameterValueException(
            f"Value '{name}' at 'resource' is not the ARN of a function or event source mapping"
        )
    kind, _, uuid = arn.resource.partition(":")
    if kind == "event-source-mapping":
        return find_event_source(edit, {"uuid": uuid})
    return find_function(edit, {"function_name": name})


def _keep(edit: Edit, tagged: Tagged, tags: Mapping[str, str]) -> Members:
    check_tags(tags)
    if isinstance(tagged, ManagedFunction):
        keep_function(edit, replace(tagged, tags=tags))
    else:
        edit.put(tagged.uuid, replace(tagged, tags=tags))
    return {}


OPERATIONS: Final = {
    "ListTags": list_tags,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
}
