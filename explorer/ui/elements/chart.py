"""A chart on a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from ...drawing.charts import config, figure
from ...drawing.series import Chart, Scatter, numbers
from ..frame.takeaway import take_away
from .points import Points, points_of


def chart(
    shown: Chart, alt: str, name: str, sentence: str, array: Callable[[], Any], code: str, points: Points | None = None
) -> None:
    """The chart as wide as its place, in the colours of the theme, with what can be taken away of it.

    Pointing tells a value; the numbers are there to read as well. What is marked is no part of the figure: a figure
    that changes is drawn anew, and whoever had looked closer would have to do so again.
    """
    key = f"{name}-chart"
    with st.container(gap="xsmall"):
        live_chart(shown, alt, key)
        if points is not None:
            points_of(key, points, f"{name}-points")
    take_away(sentence, name, None, array, code, partial(numbers, shown))


def live_chart(shown: Chart, alt: str, key: str) -> None:
    """The chart alone, of numbers that are still to come."""
    drawn = figure(shown, st.context.theme.type or "light")
    st.plotly_chart(drawn, key=key, config=config(shown), alt=alt)


def chosen_dots(shown: Scatter, alt: str, key: str) -> list[int]:
    """The points alone, and the numbers of those around which somebody has drawn; none as long as nobody has."""
    drawn = figure(shown, st.context.theme.type or "light")
    event: Any = st.plotly_chart(
        drawn, key=key, config=config(shown), alt=alt, on_select="rerun", selection_mode=("lasso", "box")
    )
    return sorted({int(point["customdata"][0]) for point in event.selection.points if point.get("customdata")})
