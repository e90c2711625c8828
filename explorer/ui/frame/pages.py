"""The table of pages: in which group each stands in the menu, and what it is called there."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import cache

import streamlit as st

from ...places import pages
from .teacher import PAGE as SERVER
from .teacher import is_teacher

FIRST = "overview"
WEIGHTS = "weights"
LESSONS = "lessons"
# they must be there above all where the sidebar's choice is not, or choose for themselves
WITHOUT_SELECTION = (WEIGHTS, SERVER, LESSONS)
LED_BACK = (FIRST, "feature_maps")  # they show gradients at all stages, or at the first, as soon as they are opened

# file: title, by group, in the order of the menu
GROUPS: dict[str, dict[str, str]] = {
    "See": {FIRST: "Overview", LESSONS: "Lessons", "feature_maps": "Feature maps"},
    "Inside": {"architecture": "Architecture", "filters": "Filters", "switchboard": "Switchboard"},
    "Every number": {"convolution": "Convolution", "pooling": "Pooling", "classifier": "Classifier"},
    "Evidence": {"saliency": "Saliency", "challenges": "Challenges", "compare": "Compare"},
    "What it learned": {"units": "Units", "synthesis": "Synthesis", "atlas": "Atlas"},
    "Put to use": {"applications": "Applications", "transfer": "Transfer", "scratch": "From scratch"},
    "Set-up": {WEIGHTS: "Weights"},
}
TEACHERS = {"Set-up": {SERVER: "This server"}}  # in the menu of whoever started the server alone


def titles() -> dict[str, str]:
    """What each page of the menu is called, by its file."""
    return {file: title for group in GROUPS.values() for file, title in group.items()}


def table() -> Mapping[str, list[st.Page]]:
    """The pages by group; each run's own, since Streamlit notes in one of them that it may be run."""
    return {group: [copy(page) for page in found] for group, found in _table().items()}


@cache
def _table() -> Mapping[str, list[st.Page]]:
    """The same, whose files are looked for once."""
    return {
        group: [
            st.Page(pages() / f"{file}.py", title=title, default=file == FIRST)
            for file, title in (titles | TEACHERS.get(group, {})).items()
        ]
        for group, titles in GROUPS.items()
    }


def menu(table: Mapping[str, list[st.Page]]) -> None:
    """The pages in their groups. Not Streamlit's own menu, which stands above what was chosen, whatever its length, and
    whose groups are no list to a screen reader."""
    with st.container(gap=None, key="menu"):
        for group, found in table.items():
            st.caption(group)
            for page in found:
                if page.url_path in TEACHERS.get(group, {}) and not is_teacher():
                    continue
                st.page_link(page, width="stretch")
