"""A `routekey.toml` holds settings and a project side by side."""

from dataclasses import fields

from routekey.config import Config
from routekey.resources.project_file import FILE_SECTIONS


def test_no_section_is_both() -> None:
    assert not FILE_SECTIONS & {section.name for section in fields(Config)}
