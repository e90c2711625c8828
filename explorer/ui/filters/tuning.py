"""What a filter answers to: measured while the page waits, with a button that stops it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ...filters.curves import hue_bars, tuning_lines
from ...filters.gratings import Tuning, tuning
from ...filters.sentences import tuning_sentence
from ...filters.snippets import answers_to_colours, answers_to_stripes
from ...filters.tables import grating_table, tables_png
from ...networks.network import Network
from ..elements.chart import chart
from ..elements.numbers import numbers
from ..elements.pickers import pick_switch
from ..frame.progress import beside
from ..frame.session import Selection
from ..frame.takeaway import setting, take_away


def answers(selection: Selection, layer: str, index: int) -> None:
    """The filter's answers to stripes and to plain colours, once they are asked for."""
    network = selection.network
    if not pick_switch("Measure it with stripes and plain colours", "tuned"):
        return
    tuned = _measured(network, layer)
    if tuned is None:
        return
    table = grating_table(tuned, layer, index)
    numbers([table], "tuning-numbers")
    code = answers_to_stripes(setting(selection), layer, index)
    take_away(
        tuning_sentence(tuned, layer, index), "tuning", lambda: tables_png([table]), lambda: tuned.gratings[index], code
    )
    stripes, colours = st.columns(2, gap="medium")
    with stripes:
        chart(
            tuning_lines(tuned, index),
            f"Answer of filter {index} of {layer} by the direction of stripes. {tuning_sentence(tuned, layer, index)}",
            "tuning-curves",
            "Each line is one row of the table, by the pixels from stripe to stripe. A peak is a direction that the "
            "filter looks for; a level line looks for none.",
            lambda: tuned.gratings[index],
            code,
        )
    hues = hue_bars(tuned, index)
    if hues is not None and tuned.hues is not None:
        found = tuned.hues[index]
        with colours:
            chart(
                hues,
                f"Answers of filter {index} of {layer} to plain colours",
                "tuning-hues",
                "The answer to a picture of one colour, less that to mid-grey.",
                lambda: found,
                answers_to_colours(setting(selection), layer, index),
            )


def _measured(network: Network, layer: str) -> Tuning | None:
    """A layer's tuning; None while it is being measured. Visitors who want the same one share the work (`tuning` sees
    to that)."""
    return beside(
        "Showing it stripes and colours",
        "tuned",
        (network.key, layer),
        partial(tuning, network, layer),
    )
