"""Tags of IAM users, roles and policies.

Keys are told as they were given; those that differ only in upper and lower case are one key.

Source: IAM User Guide, "Tags for IAM resources", "Rules for tagging in IAM and AWS STS".
"""

from collections.abc import Mapping
from typing import Final

from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.query_protocol import QueryError

_TAGS_MAX: Final = 50


def add_tags(tags: Mapping[str, str], request: Members) -> Mapping[str, str]:
    """Add those of a request, if it has any, to those that are there.

    Raises:
        QueryError: they are too many, or a key is there twice.
    """
    added: list[dict[str, str]] = request.get("tags", [])
    new = {tag["key"]: tag["value"] for tag in added}
    lower = {key.lower() for key in new}
    if len(lower) < len(added):
        raise QueryError(
            "InvalidInput",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        )
    both = {key: tags[key] for key in tags if key in new or key.lower() not in lower} | new
    if len(both) > _TAGS_MAX:
        raise QueryError(
            "LimitExceeded", f"The number of tags has reached the maximum limit: {_TAGS_MAX}", 409
        )
    return both


def remove_tags(tags: Mapping[str, str], request: Members) -> Mapping[str, str]:
    """Remove those that a request names; keys that are not there do no harm."""
    gone = frozenset(key.lower() for key in request["tag_keys"])
    return {key: value for key, value in tags.items() if key.lower() not in gone}


def show_tags(tags: Mapping[str, str]) -> list[Members]:
    """Tell of tags."""
    return [{"key": key, "value": value} for key, value in tags.items()]
