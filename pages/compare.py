"""Networks, weights and pictures beside each other: what differs, what agrees, and why two pictures are alike."""

import streamlit as st

from explorer.ui.compare.choices import pick_look, pick_panes
from explorer.ui.compare.further import difference, in_numbers, similar
from explorer.ui.compare.panes import side_by_side
from explorer.ui.elements.bar import bar
from explorer.ui.elements.views import views
from explorer.ui.frame import session

# No fragment here: a click in one pane changes what the others are compared with.
selection = session.selection()
network = selection.network
chosen = bar("Compare", network, network.cam_layer if network.has_maps else network.stages[0], is_compare=True)
look = pick_look()
panes = pick_panes(selection, chosen, look)
side_by_side(panes, look)
views(
    {
        "In numbers": lambda: in_numbers(panes, look),
        "Difference": lambda: difference(panes, look),
        "Why are two pictures similar?": lambda: similar(panes, look),
    },
    "compare_view",
)
st.caption(
    "Pane 1 is what the sidebar and the row above say; each other pane has its own choices, and is linked to it."
)
