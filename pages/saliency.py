"""Where is the evidence, and how far can it be trusted?"""

import streamlit as st

from explorer.ui.attribution.concepts import in_concepts
from explorer.ui.attribution.controls import controls
from explorer.ui.attribution.gallery import many_maps
from explorer.ui.attribution.large_map import asked_first, side_by_side
from explorer.ui.attribution.report_card import report
from explorer.ui.attribution.sanity import sanity_slider
from explorer.ui.concepts.own import own_concept
from explorer.ui.elements.bar import bar
from explorer.ui.elements.pickers import needs_classes, needs_numbers
from explorer.ui.elements.views import views
from explorer.ui.frame import session
from explorer.ui.frame.boundary import plain

# No fragment here: a click in a fragment waits until what runs in it has ended, and Cancel must not wait.
selection = session.selection()
network = selection.network
first = network.cam_layer if network.has_maps else network.stages[0]
chosen = bar("Saliency", network, first)
needs_classes(network)
needs_numbers(selection.trace, "explain")
request, look = controls(selection, chosen)
views(
    {
        "Evidence": lambda: side_by_side(selection, request, look),
        "Many maps": lambda: many_maps(selection, request, look),
        "Concepts": lambda: in_concepts(selection, chosen, look),
        "A concept of yours": lambda: own_concept(selection, chosen),
        "Report card": lambda: asked_first(selection, request, report),
        "Sanity check": lambda: sanity_slider(selection, request),
    },
    "saliency_view",
)
if not network.has_maps:
    st.caption(plain(f"{network.cam_reason} Methods that explain the pixels work all the same."))
