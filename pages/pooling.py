"""What does pooling keep, what does it throw away, and would another kind do?"""

import streamlit as st

from explorer.pooling.layers import first_pooling, nearest_pooling
from explorer.ui.elements.bar import bar
from explorer.ui.elements.pickers import needs_classes
from explorer.ui.elements.views import views
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain
from explorer.ui.pooling.exchange import exchange, moving
from explorer.ui.pooling.lab import lab
from explorer.ui.pooling.window import what_is_kept, window

# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
network = session.selection().network
first = first_pooling(network)
if first is None:
    chosen = bar("Pooling", network, network.stages[0])
    st.info(
        plain(
            f"{network.title} has no pooling layer. What pooling does can be tried on "
            f"{'any of its maps' if network.has_maps else 'the picture itself'}, below."
        )
    )
    lab(None)
else:
    chosen = bar("Pooling", network, first, nearest_pooling)
    layer, channel = chosen.layer, chosen.channel
    named = {
        "One window": lambda: window(layer, channel),
        "What is kept": lambda: what_is_kept(layer, channel),
        "Pooling lab": lambda: lab(layer),
    }
    if not network.no_classes:  # what follows is about its answers
        named["Another kind here"] = lambda: exchange(layer)
        named["A picture that moves"] = lambda: moving(layer)
    views(named, "pooling_view")
needs_classes(network)
