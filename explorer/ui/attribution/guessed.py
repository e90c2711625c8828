"""ROAD on the report card: what becomes of the answer where pixels are guessed, and the guessed pictures."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ...faithfulness import snippets
from ...faithfulness.figures import guessed_png, road_lines
from ...faithfulness.imputation import SHARES
from ...faithfulness.report import ReportCard
from ...faithfulness.sentences import removed_sentence, road_sentence
from ...wording import percent, round_percent
from ..elements.chart import chart
from ..elements.choice import Choice
from ..elements.pickers import picture
from ..elements.points import Points
from ..frame.boundary import fragment, plain
from ..frame.session import Selection, choose
from ..frame.takeaway import setting
from .requests import MapRequest, in_code
from .score import score

_KEY = "report-guessed"


@fragment
def guessed(selection: Selection, request: MapRequest, card: ReportCard) -> None:
    """Both lines, and the picture with the share of the pixels guessed that the slider is at."""
    category, found = selection.network.categories[card.target], card.road
    shares = [round_percent(share) for share in (0.0, *SHARES)]
    share = st.select_slider("Pixels guessed", shares, shares[2], key=_KEY, persist_state="session")
    at = shares.index(share)
    left, right = st.columns(2, gap="medium")
    lines = road_lines(card, category)
    with left:
        chart(
            lines,
            f"Probability of {category} with pixels guessed. {road_sentence(card)}",
            "report-road",
            f"{road_sentence(card)} {removed_sentence(card)}",
            lambda: [found.highest_first, found.lowest_first],
            snippets.guessed_pixels(setting(selection), in_code(request, selection.network), card.target),
            Points(
                Choice(shares, at, lambda i: choose(_KEY, shares[i])),
                "Choose a point to see the picture there.",
                is_marked=True,
            ),
        )
    highest, lowest = (float(np.asarray(line.values)[at]) / 100 for line in lines.lines)
    with right:
        picture(guessed_png(card, at), alt=f"The picture with the {share} of the pixels ranked highest guessed")
        st.caption(
            plain(
                f"{share} of the pixels, those that the map ranks highest, are the mean of their neighbours: "
                f"“{category}” {percent(highest)}. With as many of the lowest, {percent(lowest)}."
            )
        )
        score("road", f"{found.score:.3f}")
