"""The way from the picture to the answer, on the first page."""

from __future__ import annotations

import streamlit as st

from ...drawing.picture import photo
from ...elements.band import band
from ...elements.overlay import Photo
from ...networks.cost import is_quick
from ...overview.journey import journey
from ...targets import class_names
from ..elements.journey import journey_band
from ..elements.pickers import follow_class, open_layer
from ..frame import session
from ..frame.boundary import fragment
from ..frame.link import go_to
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
        go_to("classifier")
    found = trace.view(journey)
    # where it takes long, not before somebody points at the band: a report of its own could meet a change of page
    asked = selection.image.digest, network.key, trace.target
    is_known = found.cam_png is None or is_quick(network, _PASSES) or st.session_state.get(_WANTED) == asked
    names = class_names(network)
    journey_band(
        band(trace, Photo(trace.view(photo), trace.prepared.size).file, is_known),
        "journey",
        lambda i, j: choose(_OPEN, (found.stages[i].layer, found.stages[i].maps[j].channel)),
        lambda _: choose(_NUMBERS, True),
        lambda index: choose("class", names[index]),
        lambda: choose(_WANTED, asked),
    )
