"""A chart on a page."""

from __future__ import annotations

import streamlit as st

from ...drawing.charts import CAMERA, Bars, Lines, figure


def chart(shown: Lines | Bars, alt: str, key: str) -> None:
    """The chart as wide as its place, in the colours of the theme; of buttons it has only that which saves it."""
    st.plotly_chart(figure(shown, st.context.theme.type or "light"), key=key, config=CAMERA, alt=alt)
