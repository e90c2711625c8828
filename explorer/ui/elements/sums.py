"""A table of numbers, the last of which may have bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from .base import Element

_sums = Element("sums", "<table><thead></thead><tbody></tbody></table>", is_figure=True)


@dataclass(frozen=True)
class Row:
    """A row of a table: its cells, and the bar under the last one, a share of its width or none."""

    cells: tuple[str, ...]
    bar: float | None
    strong: bool = False


def table(columns: Sequence[str], rows: Sequence[Row], alt: str, key: str) -> None:
    """Rows of numbers under the names of their columns; on a narrow page each row is a card."""
    _sums(key, {"columns": list(columns), "alt": alt, "figure": alt, "rows": [asdict(row) for row in rows]})
