"""What a visitor's link asks for, as long as nobody has chosen otherwise; and what stands in links at all."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st
from streamlit.errors import StreamlitAPIException

_KEY = "link"
SEEN = "seen last"  # the page, and what its address said
# what is chosen for all pages at once; some of it by parts of a page that tell the address later
COMMON = ("network", "weights", "set", "picture", "sample", "class", "layer", "channel")
_BOXES = ("class", "layer")  # of these, those that not all pages have, and that begin empty
# what links of earlier versions call it; what one page alone chose is now chosen for all
RENAMED = {"filter": "channel", "evidence_layer": "layer", "pooling": "layer"}


@dataclass
class Link:
    """What a visitor came with, on the page that was shown last, and what of it was not to be had: a sentence, what is
    shown instead, and among what."""

    asked: dict[str, str]
    page: str
    unmet: dict[str, tuple[str, object, list[str]]] = field(default_factory=dict)


def arrive(page: str) -> None:
    """Keep what the visitor's link asks for; before the first widget is drawn, which may drop it.

    A box of the bar is another widget on each page. Streamlit hands its first choice on when the next page has been
    drawn once, without it; and a page that is opened by the script loses its address. So the address is told what is
    chosen.
    """
    if _KEY not in st.session_state:
        for old, new in RENAMED.items():
            if old in st.query_params and new not in st.query_params:
                st.query_params[new] = st.query_params.pop(old)
                st.rerun()  # widgets read what the address says when a run begins
        st.session_state[_KEY] = Link(st.query_params.to_dict(), page)
        return
    link: Link = st.session_state[_KEY]
    if page == link.page:
        return
    link.page = page
    _, before = st.session_state.get(SEEN, ("", {}))  # the other boxes have a usual choice, which no link says
    keys = [key for key in (*_BOXES, *before) if key in COMMON and key not in (*st.query_params, "channel")]
    chosen = {key: st.session_state.get(key, link.asked.get(key)) for key in keys}
    lost = {key: value for key, value in chosen.items() if isinstance(value, str)}
    if not lost:
        return
    try:
        st.query_params.update(lost)
    except StreamlitAPIException:  # the boxes of the page before hold it, where the script opened this one
        for key, value in lost.items():
            st.session_state[key] = value  # the address says it after the next choice
    else:
        st.rerun()  # before a box is drawn, which would begin empty


def came_with() -> Link | None:
    """The visitor's link; None in a part of a page alone, as in a test."""
    found: Link | None = st.session_state.get(_KEY)
    return found


def asked_for(key: str) -> str | None:
    """What the visitor's link asks of the widget of that key, before it is drawn for the first time."""
    link = came_with()
    return None if link is None else link.asked.get(key)


def answer(key: str) -> str | None:
    """What the link asks for under a key, once: from now on it asks for nothing there."""
    link = came_with()
    return None if link is None else link.asked.pop(key, None)
