"""Pictures in rows and columns, with headings and one legend."""

from __future__ import annotations

from collections.abc import Sequence

from ...elements.evidence import MapRow
from ...elements.legend import LEGEND
from ...elements.view import File
from .base import Element, Report
from .choice import Choice

_strip = Element("strip", f'<div class="scroll"><div class="strip"></div></div>{LEGEND}', is_figure=True)

Sheet = tuple[bytes, int, bool]  # a PNG, how many rows of cells are on it, and whether it is a photograph


def strip(
    shown: Sequence[Sheet] | MapRow, columns: Sequence[tuple[str, str]], alt: str, key: str, rows: Sequence[str] = (),
    width: int = 72, legend: dict[str, object] | None = None, choice: Choice | None = None,
) -> None:  # fmt: skip
    """Sheets of equal cells one below the other, or a row of maps that the browser draws, under one row of headings:
    (title, note) for each column. A strip wider than the page is scrolled.

    `rows` are names for all rows, `width` is that of a cell in CSS pixels.
    """
    sheets: Sequence[Sheet] = () if isinstance(shown, MapRow) else shown
    chooses = None if choice is None else choice.chooses
    _strip(
        key,
        {
            "sheets": [
                {"url": File(png, "image/png"), "rows": n_rows, "smooth": is_photo} for png, n_rows, is_photo in sheets
            ],
            "drawn": shown.data() if isinstance(shown, MapRow) else None,
            "columns": [list(column) for column in columns],
            "rows": list(rows) or [""] * (sum(n_rows for _, n_rows, _ in sheets) or 1),
            "width": width,
            "alt": alt,
            "figure": alt,
            "legend": legend,
            "labels": None if choice is None else list(choice.labels),
            "selected": -1 if choice is None or choice.selected is None else choice.selected,
            "chooses": None
            if chooses is None
            else {"name": chooses.name, "values": list(chooses.values), "said": chooses.is_said},
        },
        **({} if choice is None else {"chosen": Report(choice.allowed, choice.on_choose)}),
    )
