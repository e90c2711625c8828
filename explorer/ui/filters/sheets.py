"""Sheets of filters to choose from."""

from __future__ import annotations

import streamlit as st

from ...filters.figures import Page, Sheet, filter_sheet, own_sheet
from ...filters.measures import ORDERS
from ...filters.sentences import twin_problem
from ...filters.snippets import filter_weights
from ...filters.weights import chosen_kernels
from ..elements.choice import Choice
from ..elements.grid import grid
from ..elements.legend import legend
from ..frame.boundary import plain
from ..frame.session import Selection, choose
from ..frame.session import network as load
from ..frame.takeaway import setting, take_away


def all_filters(
    selection: Selection, layer: str, page: Page, order: str, index: int, is_folded: bool, is_compared: bool
) -> None:
    """All filters of a layer; where that is asked for, those of its untrained twin below them."""
    network, alt = selection.network, f"Filters of {layer}"
    if is_compared:
        st.markdown("**Trained**")
    drawn = selection.trace.view(own_sheet, layer, page.shown, is_folded, not is_compared)
    sheet(drawn, page, index, "filter", alt, "filter-sheet")
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
    sheet(filter_sheet(twin, layer, page.shown, is_folded), page, index, "filter", f"{alt}, untrained", "twin-sheet")


def sheet(drawn: Sheet, page: Page, chosen: int, sets: str, alt: str, key: str) -> None:
    """A sheet, a click on whose cells gives the widget `sets` their number, and one sentence on how to read it."""
    grid(
        drawn.png,
        drawn.columns,
        Choice(
            drawn.labels,
            page.shown.index(chosen) if chosen in page.shown else None,
            lambda i: choose(sets, page.shown[i]),
        ),
        alt=alt,
        key=key,
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
