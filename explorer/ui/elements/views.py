"""The ways to look at one thing, as tabs of which one is worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from ...words.openings import OPENINGS
from ..frame.opening import say_opening


def views(named: Mapping[str, Callable[[], None]], key: str) -> None:
    """A tab for each; only the open one, which is kept in the link under `key`, is drawn, with
    what it is about. Each page has a key of its own: a tab of one page is none of another."""
    tabs = st.tabs(list(named), key=key, on_change="rerun", bind="query-params")
    for tab, (title, draw) in zip(tabs, named.items(), strict=True):
        if tab.open:
            with tab:
                draw()
                say_opening(OPENINGS[key, title], f"{key}-about")
