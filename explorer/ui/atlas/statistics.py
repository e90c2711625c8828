"""What there is to see of an atlas without pictures."""

from __future__ import annotations

import streamlit as st

from ...atlas import Atlas, snippets
from ...atlas.map_figures import statistics_lines
from ...atlas.map_sentences import statistics_sentence
from ...atlas.shelf import VARIABLE
from ..elements.chart import chart


def statistics(atlas: Atlas) -> None:
    """That there is no map, and why; and what the channels of each layer do on average."""
    st.info(
        "This atlas holds statistics alone: its pictures may not be passed on, so there is no map of them. For one, "
        f"make an atlas of pictures of your own, in the folder that {VARIABLE} names."
    )
    bars, sentence = statistics_lines(atlas), statistics_sentence(atlas)
    chart(
        bars, f"{bars.title}. {sentence}", "atlas-statistics", sentence, lambda: bars.lines[0].values,
        snippets.statistics(atlas),
    )  # fmt: skip
