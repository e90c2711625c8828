"""One score of a map, as the report card says it."""

from __future__ import annotations

import streamlit as st

from ...faithfulness.cards import SCORE_CARDS
from ..frame.boundary import plain


def score(key: str, value: str, note: str = "") -> None:
    """A score, with what it proves and what it does not under it."""
    card = SCORE_CARDS[key]
    better = f" ({card.better} is better)" if card.better else ""
    st.markdown(f"**{card.title}: {value}**{better}")
    st.caption(f"{plain(f'{note} {card.proves}'.strip())}  \n**But:** {plain(f'{card.proves_not} ({card.paper})')}")
