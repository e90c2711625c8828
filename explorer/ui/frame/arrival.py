"""What a visitor's link asks for, as long as nobody has chosen otherwise; and what stands in links at all."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

_KEY = "link"
# what is chosen for all pages at once; some of it by parts of a page that tell the address later
COMMON = ("network", "weights", "set", "picture", "sample", "class", "layer", "channel")
# what links of earlier versions call it; what one page alone chose is now chosen for all
RENAMED = {"filter": "channel", "evidence_layer": "layer", "pooling": "layer"}


@dataclass
class Link:
    """What a visitor came with, and what of it was not to be had: a sentence, what is shown instead, and among what."""

    asked: dict[str, str]
    unmet: dict[str, tuple[str, object, list[str]]] = field(default_factory=dict)


def arrive() -> None:
    """Keep what the visitor's link asks for; before the first widget is drawn, which may drop it."""
    if _KEY not in st.session_state:
        for old, new in RENAMED.items():
            if old in st.query_params and new not in st.query_params:
                st.query_params[new] = st.query_params.pop(old)
                st.rerun()  # widgets read what the address says when a run begins
        st.session_state[_KEY] = Link(st.query_params.to_dict())


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
