"""A picture of equal cells, one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence

from .base import Element, Report
from .choice import Choice
from .legend import LEGEND
from .media import file_url

_grid = Element("grid", f'<div class="grid"><img><div class="cells"></div></div>{LEGEND}')


def grid(
    png: bytes, columns: int, choice: Choice, alt: str, key: str, captions: Sequence[str] | None = None,
    legend: dict[str, object] | None = None,
) -> None:  # fmt: skip
    """A picture of equal cells in rows, one of them chosen by mouse, touch or arrow keys."""
    _grid(
        key,
        {
            "url": file_url(png, "image/png", key),
            "labels": list(choice.labels),
            "captions": None if captions is None else list(captions),
            "columns": columns,
            "selected": -1 if choice.selected is None else choice.selected,
            "alt": alt,
            "legend": legend,
        },
        chosen=Report(choice.allowed, choice.on_choose),
    )
