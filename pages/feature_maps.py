"""What does each layer make of the picture? All its channels, and one of them up close."""

import streamlit as st

from explorer.feature_maps.sentences import layer_sentence
from explorer.ui.elements.bar import bar
from explorer.ui.elements.views import views
from explorer.ui.feature_maps.mosaic import channels
from explorer.ui.feature_maps.views import before_and_after, several_pictures, statistics, through_depth
from explorer.ui.frame import session
from explorer.ui.frame.boundary import fragment, plain


@fragment
def one_layer() -> None:
    """Pick a layer, a channel, and one of the ways to look at them."""
    selection = session.selection()
    network = selection.network
    chosen = bar("Feature maps", network, network.stages[0])
    views(
        {
            "All channels": lambda: channels(chosen.layer),
            "Statistics": lambda: statistics(chosen.layer),
            "Before and after": lambda: before_and_after(chosen.layer, chosen.channel),
            "Several pictures": lambda: several_pictures(chosen.layer, chosen.channel),
            "Through depth": lambda: through_depth(chosen.layer, chosen.channel),
        },
        "view",
    )
    st.markdown(plain(layer_sentence(selection.trace, chosen.layer)))


if not session.selection().network.has_maps:
    st.info(plain(session.selection().network.cam_reason))
one_layer()
