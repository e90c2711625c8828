"""Pictures in rows and columns, with headings and one legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from .components import file_url

_FRONTEND = Path(__file__).parent / "frontend"

_strip = st.components.v2.component(
    "explorer.strip",
    html="""<div class="scroll"><div class="strip"></div></div><div class="legend"><div class="ramp"></div>
      <span class="low"></span><span class="middle"></span><span class="high"></span>
      <span class="unit"></span></div>""",
    css=(_FRONTEND / "strip.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "strip.js").read_text(encoding="utf-8"),
)

Sheet = tuple[bytes, int, bool]  # a PNG, how many rows of cells are on it, and whether it is a photograph


def strip(
    sheets: Sequence[Sheet], columns: Sequence[tuple[str, str]], alt: str, key: str, rows: Sequence[str] = (),
    width: int = 72, legend: dict[str, object] | None = None, labels: Sequence[str | None] | None = None,
    selected: int | None = None, on_choose: Callable[[int], None] | None = None,
) -> None:  # fmt: skip
    """Sheets of equal cells one below the other, under one row of headings: (title, note) for each column. A strip
    wider than the page is scrolled.

    `rows` are names for all rows, `width` is that of a cell in CSS pixels. With `labels`, one for every cell, row by
    row, cells can be chosen; None is a cell that cannot. Then `on_choose(cell)` is called.
    """

    def report() -> None:
        chosen = st.session_state[key].get("chosen")
        if on_choose is not None and chosen is not None:
            on_choose(int(chosen))

    _strip(
        key=key,
        data=[{
            "sheets": [
                {"url": file_url(png, "image/png", f"{key}-{i}"), "rows": n_rows, "smooth": is_photo}
                for i, (png, n_rows, is_photo) in enumerate(sheets)
            ],
            "columns": [list(column) for column in columns],
            "rows": list(rows) or [""] * sum(n_rows for _, n_rows, _ in sheets),
            "width": width,
            "alt": alt,
            "legend": legend,
            "labels": None if labels is None else list(labels),
            "selected": -1 if selected is None else selected,
        }],
        on_chosen_change=report,
    )  # fmt: skip
