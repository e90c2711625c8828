"""Sheets of filters to choose from, and what pages ask in numbers and switches."""

from __future__ import annotations

import streamlit as st

from ..figures.kernels import Page, Sheet, filter_sheet, own_sheet
from ..filters import ORDERS, chosen_kernels, twin_problem
from ..snippets import filter_weights
from .boundary import plain
from .elements.choice import Choice
from .elements.grid import grid
from .elements.legend import legend
from .session import Selection, choose
from .session import network as load
from .takeaway import setting, take_away


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


def pick_number(label: str, numbers: range, key: str) -> int:
    """One of consecutive numbers, kept in the link; the first is the default."""
    return int(
        st.number_input(
            f"{label}, {numbers[0]} to {numbers[-1]}",
            numbers[0],
            numbers[-1],
            key=key,
            bind="query-params",
            persist_state="session",
        )
    )


def pick_switch(label: str, key: str, why_not: str | None = None) -> bool:
    """Something that can be switched on, kept in the link; where it makes no sense, the label says why."""
    shown = label if why_not is None else f"{label}: {why_not}"
    on = st.toggle(
        shown, key=key, bind="query-params", persist_state="session", disabled=why_not is not None, width="content"
    )
    return on and why_not is None
