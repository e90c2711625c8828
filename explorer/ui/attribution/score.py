"""One score of a map, as the report card says it."""

from __future__ import annotations

import streamlit as st

from ...faithfulness.cards import SCORE_CARDS
from ..frame.boundary import plain


def score(key: str, value: str, note: str = "") -> None:
    """A score; what it proves and what it does not opens at its question mark."""
    card = SCORE_CARDS[key]
    better = f" ({card.better} is better)" if card.better else ""
    why = f"{plain(card.proves)}\n\n**But:** {plain(f'{card.proves_not} ({card.paper})')}"
    st.markdown(f"**{card.title}: {value}**{better}", help=why)
    if note:
        st.caption(plain(note))
