"""The way from the picture to the answer, on the first page."""

from __future__ import annotations

from itertools import pairwise

import streamlit as st

from ...drawing.picture import photo
from ...networks.cost import is_quick
from ...overview.flow import flow
from ...overview.journey import Journey, columns, journey
from ...overview.sentences import band_sentence, map_phrase, numbers_phrase, stage_phrase
from ...trace import Trace
from ...wording import by, percent, plural
from ..elements.journey import Answer, Band, Bars, Column, Node, journey_band
from ..elements.overlay import Photo
from ..elements.pickers import PAGES, class_names, follow_class, open_layer
from ..frame import session
from ..frame.boundary import fragment
from ..frame.session import choose

_PASSES = 4  # that the flows take
_WANTED, _OPEN, _NUMBERS = "flows-wanted", "journey-open", "journey-numbers"


@fragment
def hero() -> None:
    """The band. What flows between its maps takes a few passes."""
    selection = session.selection()
    trace, network = selection.trace, selection.network
    follow_class(network)
    if opened := st.session_state.pop(_OPEN, None):
        open_layer(*opened)
    if st.session_state.pop(_NUMBERS, False):
        st.switch_page(PAGES / "classifier.py")
    found = trace.view(journey)
    # where it takes long, not before somebody points at the band: a report of its own could meet a change of page
    asked = selection.image.digest, network.key, trace.target
    is_known = found.cam_png is None or is_quick(network, _PASSES) or st.session_state.get(_WANTED) == asked
    names = class_names(network)
    journey_band(
        band(trace, Photo(trace.view(photo), trace.prepared.size).url("journey"), is_known),
        "journey",
        lambda i, j: choose(_OPEN, (found.stages[i].layer, found.stages[i].maps[j].channel)),
        lambda _: choose(_NUMBERS, True),
        lambda index: choose("class", names[index]),
        lambda: choose(_WANTED, asked),
    )


def band(trace: Trace, photo_url: str, is_known: bool) -> Band:
    """The band of a recorded pass, with what flows between its maps where it `is_known`."""
    network, found = trace.network, trace.view(journey)
    return Band(
        photo_url,
        "The picture as the network received it",
        found.cam_png,
        [
            Column(
                stage_phrase(network, stage.layer),
                f"{plural(stage.shape[0], 'map')}, {by(stage.shape[1:])}",
                [
                    Node(shown.png, f"Open channel {shown.channel} of {stage.layer}", map_phrase(stage, shown))
                    for shown in stage.maps
                ],
            )
            for stage in found.stages
        ],
        [
            Bars(
                numbers_phrase(network, row.layer),
                plural(row.n, "number"),
                row.bars.tolist(),
                f"Open the classifier, which reads {row.layer}",
            )
            for row in found.numbers
        ],
        [Answer(p.index, p.category, p.probability, percent(p.probability)) for p in trace.top(5)],
        -1 if trace.target is None else trace.target,
        _flows(trace, found) if is_known else None,
        band_sentence(trace, is_known),
    )


def _flows(trace: Trace, found: Journey) -> list[list[list[float]]]:
    """How thick the lines are, from each column of the band to the next, the picture and the answers included."""
    answers = [[p.probability for p in trace.top(5)]]
    if not found.stages:
        return [[[1.0]], answers] if found.numbers else [answers]
    adds = [[shown.adds or 0.0 for shown in stage.maps] for stage in found.stages]
    between = [] if found.cam_png is None else [part.tolist() for part in trace.view(flow, columns(found))]
    between += [[[0.0] * len(after)] * len(before) for before, after in pairwise(adds)][len(between) :]
    last = [[value] for value in adds[-1]]
    if found.numbers:
        return [[adds[0]], *between, last, answers]
    explained = [[value * (p.index == trace.target) for p in trace.top(5)] for (value,) in last]
    return [[adds[0]], *between, explained]
