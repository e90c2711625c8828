"""Sheets of filters to choose from."""

from __future__ import annotations

import streamlit as st

from ...filters.figures import Page, input_sheet
from ...filters.files import input_file, own_sheet_file, sheet_file
from ...filters.measures import ORDERS
from ...filters.sentences import twin_problem
from ...filters.snippets import filter_weights
from ...filters.weights import chosen_kernels, is_silenced
from ..elements.kernels import filter_kernels, input_kernels
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
    file = selection.trace.view(own_sheet_file, layer, page.shown, is_folded, not is_compared)
    is_drawn_folded = is_folded and not is_silenced(network, layer, page.shown)
    filter_kernels(file, page.shown, index, alt, "filter-sheet", lambda chosen: choose("channel", chosen))
    st.caption(plain(file.sheet.reading))
    pager(page, "filters", "channel")
    take_away(
        f"In order {ORDERS[order]}.",
        "filters",
        lambda: file.sheet.png,
        lambda: chosen_kernels(network, layer, page.shown, is_drawn_folded),
        filter_weights(setting(selection), layer, page.shown, is_drawn_folded),
    )
    if not is_compared:
        return
    with st.spinner("Making the untrained twin …"):
        twin = load(network.name, "random")
    st.markdown("**Its untrained twin**: the same filters by number, before training")
    if problem := twin_problem(network, twin, layer):
        st.info(plain(problem))
        return
    before = sheet_file(twin, layer, page.shown, is_folded, None)
    filter_kernels(
        before, page.shown, index, f"{alt}, untrained", "twin-sheet", lambda chosen: choose("channel", chosen)
    )
    st.caption(plain(before.sheet.reading))


def all_inputs(
    selection: Selection, layer: str, filters: Page, index: int, inputs: Page, one: int, is_folded: bool
) -> None:
    """The kernels of the chosen filter for each of these inputs; those of the others on its page are at hand."""
    file = selection.trace.view(input_file, layer, filters.shown, index, inputs.shown, is_folded)
    sheet = input_sheet(selection.network, layer, index, inputs.shown, is_folded)
    alt = f"Kernels of filter {{channel}} of {layer}"
    input_kernels(file, sheet, (index, one), alt, "input-sheet", lambda chosen: choose("input", chosen))
    st.caption(plain(sheet.reading))


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
