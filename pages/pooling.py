"""What does pooling keep, what does it throw away, and would another kind do?"""

import streamlit as st

from explorer.ui.elements.pickers import needs_classes, title_with_small
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain, sentences
from explorer.ui.pooling.exchange import exchange, moving
from explorer.ui.pooling.lab import lab
from explorer.ui.pooling.window import one_layer, pick_pooling

network = session.selection().network
title_with_small("Pooling", network, "For a first look: a small network, which pools on the way, not at its end alone.")
st.caption(
    "Pooling makes maps smaller: of each window only one number is left. All numbers here are the network’s own, on "
    "this picture."
)

layer = pick_pooling(network)
if layer is not None:
    one_layer(layer)

st.header("Pooling lab")
st.caption("Any map, pooled in every way. Choose the map and the window.")
lab(layer)

needs_classes(network)  # what follows is about its answers
if layer is not None:
    st.header("Another pooling in its place")
    st.caption(
        f"The same picture, but with another kind of pooling at {plain(layer)}: same windows, same size. Only what "
        "comes after it runs again."
    )
    with sentences():
        exchange(layer)

    st.header("Does it mind where things are?")
    st.caption("The picture moves to the right, pixel by pixel, and the network answers each time.")
    moving(layer)
