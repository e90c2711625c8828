"""The elements of the page on filters: sheets to choose from, and numbers in cells of their colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from ..drawing.color import MISSING, palette
from ..filters.figures import Page, Sheet, filter_sheet, own_sheet
from ..filters.measures import ORDERS
from ..filters.sentences import twin_problem
from ..filters.snippets import filter_weights
from ..filters.tables import Bar, Table
from ..filters.weights import chosen_kernels
from .boundary import plain
from .components import grid, legend
from .session import Selection, choose
from .session import network as load
from .takeaway import setting, take_away

_FRONTEND = Path(__file__).parent / "frontend"

_numbers = st.components.v2.component(
    "explorer.numbers",
    html="""<div class="numbers">
      <div class="tables"></div>
      <div class="legend"><div class="ramp"></div><span class="low"></span><span class="middle"></span>
        <span class="high"></span><span class="unit"></span></div>
      <button type="button" class="exact" aria-pressed="false"></button>
      <div class="bars" role="list"></div>
    </div>""",
    css=(_FRONTEND / "kernels.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "kernels.js").read_text(encoding="utf-8"),
)


def numbers(tables: Sequence[Table], key: str, bars: Sequence[Bar] = (), bars_title: str = "") -> None:
    """Tables side by side, which share one scale and its legend, each cell in its value's colour. A button shows every
    number as exactly as it is stored. Below, bars up and down from zero."""
    most = max((abs(bar.value) for bar in bars if np.isfinite(bar.value)), default=0.0)
    _numbers(
        key=key,
        data=[
            {
                "tables": [_table(table) for table in tables],
                "legend": legend(tables[0].scale, tables[0].unit),
                "bars_title": bars_title,
                "bars": [
                    {
                        "label": bar.label, "value": f"{bar.value:+{_format(most)}}", "color": bar.color,
                        "share": bar.value / most if most and np.isfinite(bar.value) else 0.0,
                    }
                    for bar in bars
                ],
            }
        ],
    )  # fmt: skip


def _table(table: Table) -> dict[str, object]:
    indices = table.scale.indices(table.values)
    colors = palette(table.scale.palette)[indices]
    form = _format(table.scale.high)
    is_dark = colors @ (0.299, 0.587, 0.114) < 140
    cells = [
        [
            {
                "short": f"{value:{form}}" if shown or not np.isnan(value) else "",
                "exact": np.format_float_positional(value, unique=True, trim="0")
                if shown or not np.isnan(value)
                else "",
                "color": "#" + bytes(color).hex() if index != MISSING else "",
                "dark": bool(dark),
                "label": shown,
            }
            for value, color, index, dark, shown in zip(*row, strict=True)
        ]
        for row in zip(table.values, colors, indices, is_dark, table.labels or _places(table), strict=True)
    ]
    return {
        "title": table.title, "rows": list(table.rows), "columns": list(table.columns), "cells": cells,
        "printed": table.is_printed,
    }  # fmt: skip


def _places(table: Table) -> list[list[str]]:
    return [[f"row {row}, column {column}" for column in table.columns] for row in table.rows]


def _format(limit: float) -> str:
    """How to write values of which the largest is `limit`: two decimals, or as many as it takes to tell them apart."""
    if limit and not 1e-3 <= limit < 1e4:
        return ".1e"
    return f".{2 if limit == 0 or limit >= 1 else 2 - math.floor(math.log10(limit))}f"


def all_filters(
    selection: Selection, layer: str, page: Page, order: str, filter: int, is_folded: bool, is_compared: bool
) -> None:
    """All filters of a layer; where that is asked for, those of its untrained twin below them."""
    network, alt = selection.network, f"Filters of {layer}"
    if is_compared:
        st.markdown("**Trained**")
    drawn = selection.trace.view(own_sheet, layer, page.shown, is_folded, not is_compared)
    sheet(drawn, page, filter, "filter", alt, "filter-sheet")
    pager(page, "filters", "filter")
    take_away(
        f"In order {ORDERS[order]}.",
        "filters",
        lambda: drawn.png,
        lambda: chosen_kernels(network, layer, page.shown, is_folded),
        filter_weights(setting(selection), layer, page.shown, is_folded),
    )
    if not is_compared:
        return
    with st.spinner("Making the untrained twin …"):
        twin = load(network.name, "random")
    st.markdown("**Its untrained twin**: the same filters by number, before training")
    if problem := twin_problem(network, twin, layer):
        st.info(plain(problem))
        return
    sheet(filter_sheet(twin, layer, page.shown, is_folded), page, filter, "filter", f"{alt}, untrained", "twin-sheet")


def sheet(drawn: Sheet, page: Page, chosen: int, sets: str, alt: str, key: str) -> None:
    """A sheet, a click on whose cells gives the widget `sets` their number, and one sentence on how to read it."""
    grid(
        drawn.png,
        drawn.labels,
        drawn.columns,
        selected=page.shown.index(chosen) if chosen in page.shown else None,
        alt=alt,
        key=key,
        on_choose=lambda i: choose(sets, page.shown[i]),
        captions=drawn.captions,
        legend=legend(drawn.scale, "weight") if drawn.scale else None,
    )
    st.caption(plain(drawn.reading))


def pager(page: Page, what: str, sets: str) -> None:
    """Which part of how many is shown, and the way to the others."""
    if page.n == len(page.shown):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "◀ Back", key=f"{sets}-back", disabled=page.previous is None, on_click=choose, args=(sets, page.previous)
        )
        st.caption(page.caption(what), width="content")
        st.button(
            "More ▶", key=f"{sets}-on", disabled=page.following is None, on_click=choose, args=(sets, page.following)
        )
