"""A picture of equal cells, one of them chosen or each of them switched."""

from __future__ import annotations

from collections.abc import Sequence

from ...elements.legend import LEGEND
from ...elements.view import File
from .base import Element, Report
from .choice import Choice

_grid = Element("grid", f'<div class="cells"></div>{LEGEND}', is_figure=True)


def grid(
    png: bytes, columns: int, choice: Choice, alt: str, key: str, captions: Sequence[str] | None = None,
    legend: dict[str, object] | None = None,
) -> None:  # fmt: skip
    """A picture of equal cells in rows, one of them chosen by mouse, touch or arrow keys, or each switched by itself.
    Captions stand above the cells, beside them where a cell is a long row; of pale cells they say why."""
    _grid(
        key,
        {
            "url": File(png, "image/png"),
            # a PNG says its width and height after its eight bytes of signature and the first chunk's eight
            "size": [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)],
            "labels": list(choice.labels),
            "captions": None if captions is None else list(captions),
            "columns": columns,
            "selected": -1 if choice.selected is None else choice.selected,
            "pressed": None if choice.pressed is None else list(choice.pressed),
            "pale": sorted(choice.pale),
            "alt": alt,
            "figure": alt,
            "legend": legend,
        },
        chosen=Report(choice.allowed, choice.on_choose),
    )
