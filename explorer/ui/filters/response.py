"""Where in the picture a filter answers."""

from __future__ import annotations

import streamlit as st

from ...drawing.picture import photo, slide
from ...drawing.placing import note
from ...elements.overlay import Photo
from ...elements.viewer import Shown, layer_data
from ...feature_maps import snippets
from ...feature_maps.figures import channel_view
from ..elements.pickers import pick_stretched
from ..elements.viewer import channel_up_close
from ..frame.session import Selection
from ..frame.takeaway import setting, take_away


def response_of(selection: Selection, layer: str, index: int) -> None:
    """The map that the filter has made, over the picture; whichever is chosen on the page is seen at once."""
    trace, network = selection.trace, selection.network
    figure, truly = st.container(), network.places(layer)
    places = None if pick_stretched(network, layer) else truly
    now, unit = (
        Shown(index, "number", "channel", places),
        f"Response of filter {{channel}}, no unit{note(truly, places)}",
    )
    data = layer_data(trace, layer, now, (unit, unit))
    alt = f"Response of filter {{channel}} of {layer}"
    with figure:
        channel_up_close(Photo(trace.view(photo), trace.prepared.size), data, now, alt, "filter-response")
    response = channel_view(trace, layer, "channel", index)
    take_away(
        "Where in the picture the filter answers, as it was recorded. Point at a cell for its value.",
        "response",
        lambda: slide(response.values, response.scale),
        lambda: response.values,
        snippets.channel_map(setting(selection), layer, index),
    )
