"""Markdown that stays one row a line, so that a diff shows one change."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Draw a table; cells may hold Markdown, and a `|` in one is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_escape, cells))} |\n" for cells in lines)


def page(title: str, maker: str, *parts: str) -> str:
    """Put a page together: its title, who writes it, and its parts."""
    note = f"<!-- Written by scripts/docs from {maker}: change that, not this page. -->"
    return "\n".join([f"# {title}\n", f"{note}\n", *parts])


def _escape(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")
