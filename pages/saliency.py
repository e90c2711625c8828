"""Where is the evidence, and how far can it be trusted?"""

import streamlit as st

from explorer.ui.attribution.controls import controls
from explorer.ui.attribution.gallery import many_maps
from explorer.ui.attribution.large_map import side_by_side
from explorer.ui.attribution.report_card import report
from explorer.ui.attribution.sanity import sanity_slider
from explorer.ui.elements.pickers import needs_classes
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain, sentences

st.title("Saliency")
selection = session.selection()
needs_classes(selection.network)
if not selection.trace.is_finite:
    st.info(
        plain(
            "Some scores are no finite numbers, so there is nothing to explain: these weights are broken, or were not "
            "trained to the end. Choose other weights."
        )
    )
    st.stop()
if not selection.network.has_maps:
    st.caption(plain(f"{selection.network.cam_reason} Methods that explain the pixels work all the same."))

request, look = controls(selection)
attribution = side_by_side(selection, request, look)

st.header("Many maps")
with sentences():
    many_maps(selection, request, look)

if attribution is not None:
    st.header("How far can it be trusted?")
    with sentences():
        report(selection, request, attribution)

    st.header("Does it notice when the network forgets?")
    with sentences():
        sanity_slider(selection, request)
