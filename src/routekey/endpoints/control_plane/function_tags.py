"""Tags of functions, which Lambda names by their ARN. Source: LAM-CTL-01."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from routekey.arn import Arn
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.functions import find_function, keep_function
from routekey.endpoints.control_plane.refusals import InvalidParameterValueException
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.control_plane.tags import check_tags
from routekey.resources.managed import ManagedFunction


def list_tags(edit: Edit, request: Members) -> Members:
    """ListTags."""
    return {"tags": dict(_find(edit, request).tags)}


def tag_resource(edit: Edit, request: Members) -> Members:
    """TagResource: adds to what there is."""
    function = _find(edit, request)
    return _keep(edit, function, {**function.tags, **request["tags"]})


def untag_resource(edit: Edit, request: Members) -> Members:
    """UntagResource: keys that are not there do no harm."""
    function, gone = _find(edit, request), frozenset(request["tag_keys"])
    return _keep(edit, function, {k: v for k, v in function.tags.items() if k not in gone})


def _find(edit: Edit, request: Members) -> ManagedFunction:
    arn = Arn.parse(request["resource"])
    if arn is None or arn.service != "lambda":
        raise InvalidParameterValueException(
            f"Value '{request['resource']}' at 'resource' is not the ARN of a function"
        )
    return find_function(edit, {"function_name": request["resource"]})


def _keep(edit: Edit, function: ManagedFunction, tags: Mapping[str, str]) -> Members:
    check_tags(tags)
    keep_function(edit, replace(function, tags=tags))
    return {}


OPERATIONS: Final = {
    "ListTags": list_tags,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
}
