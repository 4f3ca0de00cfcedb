"""What both readers of a `routekey.toml` agree on: the settings' and the project's."""

from typing import Final

FILE_SECTIONS: Final = frozenset(("api", "authorizer", "function", "route", "table"))
"""What describes a project in the file; all else there is settings."""
