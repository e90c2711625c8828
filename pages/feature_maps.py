"""What does each layer make of the picture? All its channels, and one of them up close."""

import streamlit as st

from explorer.feature_maps.sentences import layer_sentence
from explorer.ui.elements.pickers import pick_layer
from explorer.ui.feature_maps.mosaic import channels
from explorer.ui.feature_maps.views import before_and_after, several_pictures, statistics, through_depth
from explorer.ui.frame import session
from explorer.ui.frame.boundary import fragment, plain


@fragment
def one_layer() -> None:
    """Pick a layer, and one of the ways to look at it; only that one is worked out."""
    selection = session.selection()
    layer = pick_layer(selection.network)
    st.markdown(plain(layer_sentence(selection.trace, layer)))
    views = {
        "All channels": channels,
        "Statistics": statistics,
        "Before and after": before_and_after,
        "Several pictures": several_pictures,
        "Through depth": through_depth,
    }
    tabs = st.tabs(list(views), key="view", on_change="rerun", bind="query-params")
    for tab, draw in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                draw(layer)


st.title("Feature maps")
if not session.selection().network.has_maps:
    st.info(plain(session.selection().network.cam_reason))
one_layer()
