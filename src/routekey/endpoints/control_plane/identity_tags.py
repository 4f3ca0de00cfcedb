"""Tags of IAM users, roles and policies.

Keys are told as they were given; those that differ only in upper and lower case are one key.

Source: IAM User Guide, "Tags for IAM resources", "Rules for tagging in IAM and AWS STS".
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.query_protocol import QueryError

_TAGS_MAX: Final = 50
_TEXT: Final = re.compile(r"[\w\s.:/=+\-@]*")
_PATTERNS: Final = {"key": r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", "value": r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"}
"""As the service model writes them, in the dialect of another language."""


def add_tags(tags: Mapping[str, str], request: Members) -> Mapping[str, str]:
    """Add those of a request, if it has any, to those that are there.

    Raises:
        QueryError: they are too many, a key is there twice, or a text has what tags have not.
    """
    added: list[dict[str, str]] = request.get("tags", [])
    _check_count("tags", added)
    for tag in added:
        _check_text(tag)
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
    """Remove those that a request names; keys that are not there do no harm.

    Raises:
        QueryError: they are too many.
    """
    _check_count("tagKeys", request["tag_keys"])
    gone = frozenset(key.lower() for key in request["tag_keys"])
    return {key: value for key, value in tags.items() if key.lower() not in gone}


def show_tags(tags: Mapping[str, str]) -> list[Members]:
    """Tell of tags."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def _check_count(member: str, items: Sequence[object]) -> None:
    if len(items) > _TAGS_MAX:
        raise QueryError(
            "ValidationError",
            f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_TAGS_MAX}",
        )


def _check_text(tag: Mapping[str, str]) -> None:
    for member, text in tag.items():
        if not _TEXT.fullmatch(text):
            raise QueryError(
                "ValidationError",
                f"1 validation error detected: Value '{text}' at 'tags.{member}' failed to satisfy "
                f"constraint: Member must satisfy regular expression pattern: {_PATTERNS[member]}",
            )
