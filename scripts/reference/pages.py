"""Which pages are generated, and whether those on disk are in step."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from reference import command_line, configuration, errors, limits, rules

ROOT: Final = Path(__file__).resolve().parents[2]
_FOLDER: Final = ROOT / "docs" / "reference"

PAGES: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "command-line.md": command_line.render,
        "configuration.md": configuration.render,
        "errors.md": errors.render,
        "limits.md": limits.render,
        "rule-coverage.md": lambda: rules.render(ROOT / "tests"),
    }
)


def write() -> None:
    """Write every page again."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    for name, render in PAGES.items():
        (_FOLDER / name).write_text(render(), encoding="utf-8")


def find_stale() -> list[str]:
    """Name the pages that differ from what the code says now."""
    return [name for name, render in PAGES.items() if not _is_current(_FOLDER / name, render())]


def _is_current(page: Path, text: str) -> bool:
    return page.exists() and page.read_text(encoding="utf-8") == text
